// SPDX-License-Identifier: Apache-2.0
// The key server answers 404 for everything that it does not have; which cause is likely can be told from the question.
#include "sev-backend/kds/key_server.h"

#include <algorithm>

namespace kastellan::sev::kds {

Error vcekNotFound(const std::string &url, Product product, ByteView chip, const TcbVersion &tcb, bool fromReport)
{
    Error error{ErrorKind::Negative, "fetch a VCEK", url, "the key server has no such certificate (404). ", {}};
    const auto zeroFrom = [chip](std::size_t at) {
        return chip.size() > at && std::ranges::all_of(chip.subspan(at), [](std::uint8_t byte) { return byte == 0; });
    };
    const bool noLevels = tcb.bytes().isZero();
    if (chipIdSize(product) == 64 && zeroFrom(8)) {
        error.why += "Likely cause: the chip id has 8 bytes and then zeros, which is the form of a Turin's, and this asked for a "
            + std::string(name(product)) + ". A Turin is asked for by its 8 bytes and with fmcSPL.";
        error.remedy = "Give --product Turin and its TCB with fmc=.";
    } else if (noLevels) {
        error.why += "Likely cause: the TCB is all zeros. Certificates exist for the TCB that the platform reports (reported_tcb).";
        error.remedy = "Take the TCB from a report of the platform (--report), or from 'snphost show tcb', the reported one.";
    } else if (fromReport) {
        error.why +=
            "Likely cause: chip id and TCB are those of the report, so the processor is likely not a production part (an engineering "
            "sample has no certificates), or the report is not of a "
            + std::string(name(product)) + ".";
        error.remedy =
            "Check with the host's vendor that the processor is a production part. If the host can hand out certificates (extended "
            "report), use those.";
    } else {
        error.why += "Likely cause: the TCB was never valid for this chip (" + tcb.text()
            + "): it has to be the reported TCB, not the current one. Else the chip id is another product's, or the processor is not a "
              "production part.";
        error.remedy = "Give a report of the platform instead (--report FILE): it has the right chip id and TCB.";
    }
    return error;
}

Error otherNotFound(const std::string &url)
{
    return {ErrorKind::Environment, "ask the key server", url, "it does not have that (404)",
        "Check --product, and whether the mirror, if one is used, has everything that AMD's server has."};
}

} // namespace kastellan::sev::kds
