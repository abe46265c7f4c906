// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/look.h"

#include "core/certificates/certificate_store.h"
#include "sev-backend/abi/tcb.h"
#include "sev-backend/readiness/checks.h"

namespace kastellan::sev {

void lookAtCertificates(Looking &looking)
{
    constexpr const char *how = "this user's certificate store";
    auto &facts = looking.facts;
    const auto found = generation(facts);
    const auto chip = facts.text("platform.chip_id"), reported = facts.text("platform.snp.tcb.reported");
    const auto bytes = reported ? fromHex(*reported) : Result<Bytes>(Bytes());
    if (!looking.options.machine.certificates || !found || !chip || !bytes || bytes->size() != TcbBytes::size) {
        facts.notLooked("certs.vcek", how, "chip and TCB of the platform are not known");
        facts.notLooked("certs.crl", how, "chip and TCB of the platform are not known");
        return;
    }
    CertificateFilter filter;
    filter.role = "vcek";
    filter.chip = chip->substr(0, 2 * chipIdSize(found->product));
    filter.tcb = TcbVersion(*TcbBytes::from(*bytes, how), layoutOf(found->product)).text();
    for (const char *key : {"certs.vcek", "certs.crl"}) {
        if (const auto there = looking.options.machine.certificates(filter))
            facts.setFlag(key, *there, how);
        else
            facts.failed(key, how, there.error().why);
        filter = {};
        filter.role = "crl";
        filter.product = name(found->product);
    }
}

} // namespace kastellan::sev
