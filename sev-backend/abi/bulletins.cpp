// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/abi/bulletins.h"

namespace kastellan::sev {
namespace {

constexpr std::string_view forgedMicrocode = "microcode signatures could be forged, so that a host could change what its processors do";
constexpr std::string_view iommuWrites = "writes of the IOMMU could reach guests' memory; the host's kernel has to be updated too";
constexpr std::string_view rmpRace = "a host could write into the RMP while it was set up, and so change guests' memory";
constexpr std::string_view esBeside =
    "SEV-ES guests beside SEV-SNP could be used against it; fixed firmware refuses SEV-ES while SEV-SNP runs";
constexpr std::string_view routing = "a host could redirect the firmware's own accesses (BreakFAST), down to the keys that sign reports";

// Who found the numbers in AMD's bulletin. Left out, for their numbers are not certain or not to be told from a report: AMD-SB-3027
// (microcode levels for each stepping), AMD-SB-3034 (its levels were withdrawn in September 2026), AMD-SB-3005, 3007, 3011 and 3015 (levels
// not found).
constexpr std::string_view ccf = "microsoft/CCF#6812", trace = "agentrust-io/trace-spec, tests (AMD-SB-3016 of 2026-04-14)",
                           piTee = "ariofrio/pi-tee, release.go (AMD-SB-3020)",
                           linuxKernel = "Linux, crypto/ccp: export firmware supported vm types (4b28f0846ef6)",
                           sentinel = "Ayoshiss/sentinel-subnet, sentinel/sevsnp/verifier.py (AMD-SB-3030 of May 2026)";

constexpr Bulletin table[] = {
    {"AMD-SB-3019", "CVE-2024-56161", forgedMicrocode, Product::Milan, TcbPart::Snp, 0x18, ccf},
    {"AMD-SB-3019", "CVE-2024-56161", forgedMicrocode, Product::Genoa, TcbPart::Snp, 0x17, ccf},
    {"AMD-SB-3020", "CVE-2025-0033", rmpRace, Product::Genoa, TcbPart::Snp, 0x1b, piTee},
    {"AMD-SB-3020", "CVE-2025-0033", rmpRace, Product::Turin, TcbPart::Snp, 0x04, piTee},
    {"AMD-SB-3023", "CVE-2025-48514", esBeside, Product::Milan, TcbPart::Snp, 0x1b, linuxKernel},
    {"AMD-SB-3023", "CVE-2025-48514", esBeside, Product::Genoa, TcbPart::Snp, 0x1b, linuxKernel},
    {"AMD-SB-3023", "CVE-2025-48514", esBeside, Product::Turin, TcbPart::Snp, 0x04, linuxKernel},
    {"AMD-SB-3016", "CVE-2023-20585", iommuWrites, Product::Milan, TcbPart::Snp, 0x1b, trace},
    {"AMD-SB-3016", "CVE-2023-20585", iommuWrites, Product::Genoa, TcbPart::Snp, 0x1b, trace},
    {"AMD-SB-3030", "CVE-2025-61971", routing, Product::Milan, TcbPart::Snp, 0x1d, sentinel},
};

} // namespace

std::span<const Bulletin> bulletins()
{
    return table;
}

} // namespace kastellan::sev
