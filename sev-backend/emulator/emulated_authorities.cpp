// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/emulator/emulated_authorities.h"

#include "sev-backend/legacy/certificate.h"

namespace kastellan::sev {

Result<std::vector<Endorsement>> emulatedAuthorities(Processor &processor)
{
    const auto both = processor.legacy().askArk();
    if (!both)
        return environment("read the emulated platform's authorities", {}, message(both.error()),
            "Remove the emulated platform's state and let it be made again.");
    KASTELLAN_ASSIGN(const auto ask, legacy::CaCertificate::parse(*both, "the emulated ASK"));
    std::vector<Endorsement> all;
    all.push_back({"ask", toBytes(ask.bytes())});
    all.push_back({"ark", toBytes(ByteView(*both).subspan(ask.size()))});
    all.push_back({"emulated-root", processor.identity().authority().ark().der()});
    return all;
}

} // namespace kastellan::sev
