// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/ear_token.h"

#include "core/keys/keys.h"
#include "core/reports/ear.h"

#include <openssl/crypto.h>

#include <ctime>

namespace kastellan::keepctl {

Result<Bytes> earToken(
    const Invocation &asked, const Appraisal &appraisal, const ReferenceValues &expected, std::string_view evidenceKind, bool cwt)
{
    EarOptions options;
    options.profile = asked.value("ear-profile") == "veraison-2023" ? EarOptions::Profile::Veraison2023 : EarOptions::Profile::Draft04;
    options.build = "kastellan " KASTELLAN_VERSION;
    options.submodule = evidenceKind == "snp-report" ? "snp" : "sev";
    options.policyIds = {policyIdOf(expected)};
    if (expected.reportData)
        options.nonce = toBytes(expected.reportData->view());
    options.issued = std::time(nullptr);
    KASTELLAN_ASSIGN(options.keyPem, asked.has("key") ? keys::privatePem(asked.value("key")) : earKeyPem());
    Result<Bytes> bytes;
    if (cwt)
        bytes = earCwt(appraisal, options);
    else if (const auto token = earJwt(appraisal, options))
        bytes = toBytes(*token + "\n");
    else
        bytes = std::unexpected(token.error());
    OPENSSL_cleanse(options.keyPem.data(), options.keyPem.size());
    return bytes;
}

} // namespace kastellan::keepctl
