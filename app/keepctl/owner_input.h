// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keepctl/parse.h"
#include "sev-backend/legacy/owner.h"
#include "sev-backend/legacy/platform_chain.h"

namespace kastellan::keepctl {

namespace legacy = sev::legacy;

/// One of the two keys of a session; wiped when it is no longer needed.
struct TransportKey {
    std::array<std::uint8_t, 16> bytes{};
    TransportKey() = default;
    TransportKey(const TransportKey &) = default;
    TransportKey &operator=(const TransportKey &) = default;
    ~TransportKey();
};
/// A transport key of 16 bytes, raw or as text in hex or base64, from the file of an option. Without the option: an Input error.
[[nodiscard]] Result<TransportKey> transportKey(const Invocation &asked, const std::string &option);
/// Bytes in base64 or hex, or a file with them (raw or as text) as @FILE.
[[nodiscard]] Result<Bytes> bytesOrFile(const std::string &text, std::size_t size, const std::string &option);
/// Certificates of a file, or of every file of a folder that holds some.
[[nodiscard]] Status addCertificates(legacy::PlatformChain &chain, const std::string &fileOrFolder);
/// "PDH by PEK: good" for each link, to standard error.
void tellChain(const legacy::ChainVerdict &verdict);

/// What a host says of a guest that waits for its owner.
struct LaunchInfo {
    std::optional<std::uint64_t> apiMajor, apiMinor, build, policy;
    std::optional<Bytes> measurement; ///< 48 bytes
};
/// Reads "sev-api-major : 1" lines (virsh domlaunchsecinfo) or QMP's JSON, anything else passed over.
[[nodiscard]] Result<LaunchInfo> launchInfo(std::string_view text, std::string_view name);

} // namespace kastellan::keepctl
