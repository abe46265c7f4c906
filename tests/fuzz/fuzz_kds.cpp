// SPDX-License-Identifier: Apache-2.0
// Any bytes as what comes from a key server, and as what a person says of one. Nothing passes that is not signed by AMD.
#include "sev-backend/kds/key_server.h"

#include <cstdlib>

using namespace kastellan;
using namespace kastellan::sev;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    constexpr std::int64_t now = 1800000000;
    const ByteView bytes(data, size);
    const std::string_view text = asText(bytes);
    static_cast<void>(kds::parseTcb(text, Product::Milan));
    static_cast<void>(kds::parseTcb(text, Product::Turin));
    static_cast<void>(kds::parseProduct(text));
    static_cast<void>(kds::sevAuthoritiesPath(text));
    static_cast<void>(kds::vcekPath(Product::Turin, bytes, TcbVersion(TcbLayout::Turin)));
    if (const auto server = kds::parseServer(text); server && server->url.find_first_of("\r\n @?") != std::string::npos)
        std::abort();
    if (const auto wait = kds::parseRetryAfter(text, now); wait && (wait->count() < 0 || wait->count() > 86'400'000))
        std::abort();
    // A fuzzer has no key of AMD's: whatever is accepted has to be one of the files that AMD published.
    if (kds::readAuthorities(bytes, Product::Milan, kds::Kind::Vcek, "emulated:none", now))
        std::abort();
    static_cast<void>(kds::readSevAuthorities(bytes, "milan"));
    static_cast<void>(kds::checkCek(bytes));
    return 0;
}
