// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/expected_digest.h"

#include "core/base/file.h"
#include "core/base/text.h"

namespace kastellan::keepctl {
namespace {

constexpr const char *option = "expect-digest";
constexpr std::uint64_t fileLimit = 1024; ///< bytes: the longest form has 96 digits and a line end

std::unexpected<Error> wrong(std::string_view given, std::string why)
{
    return badInput("understand the command line", "--expect-digest " + std::string(given.substr(0, 120)), std::move(why),
        "Give 96 hex digits for SEV-SNP, 64 for SEV and SEV-ES, or @FILE; 'keepctl measure' prints them.");
}

bool isLength(std::size_t size)
{
    return size == LaunchDigest::size || size == Sha256::size;
}

Result<Bytes> digestBytes(const std::string &given)
{
    std::string text = given;
    const bool file = given.starts_with('@');
    if (file) {
        auto content = readFile(given.substr(1), fileLimit);
        if (!content)
            return std::unexpected(content.error().during("read the launch digest (--expect-digest)"));
        text = trimmed(asText(*content));
        // 48 bytes of a digest are text in no encoding but by an accident of 2^-300.
        if (isLength(content->size()) && !fromHex(text))
            return std::move(*content);
    }
    if (auto bytes = fromHex(text))
        return bytes;
    if (auto bytes = fromBase64(text))
        return bytes;
    return wrong(given, file ? "the file holds neither hex, base64 nor the bytes of a digest" : "it is neither hex nor base64");
}

} // namespace

Result<ExpectedDigest> expectedDigest(const Invocation &asked)
{
    ExpectedDigest expected;
    if (!asked.has(option))
        return expected;
    const std::string given = asked.value(option);
    KASTELLAN_ASSIGN(const Bytes bytes, digestBytes(given));
    if (!isLength(bytes.size()))
        return wrong(given,
            "it has " + std::to_string(bytes.size()) + " bytes; a launch digest has 48 (SEV-SNP, 96 hex digits) or 32 (SEV, SEV-ES)");
    if (bytes.size() == LaunchDigest::size)
        expected.snp = *LaunchDigest::from(bytes, "launch digest");
    else
        expected.sev = *Sha256::from(bytes, "launch digest");
    return expected;
}

} // namespace kastellan::keepctl
