// SPDX-License-Identifier: Apache-2.0
// What AMD's key server (KDS) is asked for (sev-formats 3; AMD publication 57230).
#pragma once

#include "sev-backend/abi/tcb.h"

#include <string>

namespace kastellan::sev::kds {

inline constexpr std::string_view amdUrl = "https://kdsintf.amd.com";
/// Where AMD publishes ASK and ARK in SEV format.
inline constexpr std::string_view amdDownloadUrl = "https://download.amd.com";

/// Whose chain or list: that of VCEKs or of VLEKs.
enum class Kind : std::uint8_t { Vcek, Vlek };

/// "/vcek/v1/Milan/<hex>?blSPL=03&…". Bergamo and Siena ask for Genoa. A chip id of another length than the product's, a masked one, or a
/// product that the key server does not know: Input errors. 64 bytes of a Turin's report are shortened when the rest is zero.
[[nodiscard]] Result<std::string> vcekPath(Product product, ByteView chip, const TcbVersion &tcb);
[[nodiscard]] Result<std::string> chainPath(Product product, Kind kind);
[[nodiscard]] Result<std::string> crlPath(Product product, Kind kind);
/// By the id that the platform's GET_ID names: 1 to 64 bytes.
[[nodiscard]] Result<std::string> cekPath(ByteView id);
/// Of "Naples", "Rome", "Milan", "Genoa", in any case.
[[nodiscard]] Result<std::string> sevAuthoritiesPath(std::string_view product);

/// "bl=3,tee=0,snp=8,ucode=115" (also with "fmc="); every level of the product's layout, each once.
[[nodiscard]] Result<TcbVersion> parseTcb(std::string_view text, Product product);
/// "Milan", "genoa", "Bergamo", "Siena", "turin"; another is an Input error that lists them.
[[nodiscard]] Result<Product> parseProduct(std::string_view text);

/// A server's address: scheme, host and port, perhaps a path, without the slash at its end. Only https and http; no user name or
/// password, no query.
struct Server {
    std::string url, host;
    bool tls = true, loopback = false;
};
[[nodiscard]] Result<Server> parseServer(std::string_view url);

} // namespace kastellan::sev::kds
