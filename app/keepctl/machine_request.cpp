// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/machine_request.h"

#include "core/base/file.h"
#include "core/keeps/block_file.h"
#include "core/keeps/forwarded_port.h"

#include <charconv>
#include <limits>

namespace kastellan::keepctl {
namespace {

constexpr std::uint64_t domainLimit = 1 << 20;
constexpr std::uint64_t anyNumber = std::numeric_limits<std::uint32_t>::max();

/// The block in the file that an option names; without the option nothing changes.
Status blockOption(const Invocation &asked, const std::string &option, std::size_t size, std::string &block)
{
    if (asked.has(option)) {
        KASTELLAN_ASSIGN(block, readBlockFile(asked.value(option), size, "what --" + option + " names"));
    }
    return {};
}

/// "0x30000" or decimal.
Result<std::uint64_t> policyNumber(const std::string &text)
{
    const bool hex = text.starts_with("0x") || text.starts_with("0X");
    const std::string_view digits = std::string_view(text).substr(hex ? 2 : 0);
    std::uint64_t value = 0;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
    if (code != std::errc() || end != digits.data() + digits.size() || digits.empty())
        return badInput("use the option --guest-policy", text, "it is no number", "Write for instance 0x30000.");
    return value;
}

/// A relative path means another file once the loader runs elsewhere.
std::string absolute(const std::string &path)
{
    std::error_code code;
    return path.empty() ? std::string() : std::filesystem::absolute(path, code).string();
}

} // namespace

Status readMachineOptions(const Invocation &asked, MachineRequest &request)
{
    request.technology = asked.value("technology", request.technology);
    if (asked.has("kernel") || asked.has("disk") || asked.has("initrd") || asked.has("append")) {
        MachineImage &whole = request.whole ? *request.whole : request.whole.emplace();
        for (const auto &[option, file] : {std::pair("kernel", &whole.kernel), {"initrd", &whole.initrd}, {"disk", &whole.disk}})
            if (asked.has(option))
                *file = absolute(asked.value(option));
        whole.commandLine = asked.value("append", whole.commandLine);
    }
    request.rehearse = request.rehearse || asked.has("rehearse");
    request.unattested = request.unattested || asked.has("unattested");
    KASTELLAN_ASSIGN(const std::uint64_t vcpus, asked.number("vcpus", request.vcpus, anyNumber));
    request.vcpus = static_cast<unsigned>(vcpus);
    KASTELLAN_ASSIGN(request.memoryMiB, asked.number("memory", request.memoryMiB, anyNumber));
    request.cpuModel = asked.value("cpu-model", request.cpuModel);
    request.network = asked.value("network", request.network);
    if (asked.has("forward"))
        request.ports.clear();
    for (const std::string &text : asked.values("forward")) {
        KASTELLAN_ASSIGN(auto port, forwardedPortFrom(text));
        request.ports.push_back(std::move(port));
    }
    if (asked.has("image")) {
        const std::string image = asked.value("image");
        request.image = image.starts_with("docker://") ? image : absolute(image); // clusters take theirs from a registry
    }
    if (asked.has("firmware"))
        request.firmware = absolute(asked.value("firmware"));
    KASTELLAN_ASSIGN(const std::uint64_t patience, asked.number("boot-timeout", request.bootSeconds, anyNumber));
    request.bootSeconds = static_cast<unsigned>(patience);
    if (asked.has("guest-policy")) {
        KASTELLAN_ASSIGN(request.policy, policyNumber(asked.value("guest-policy")));
    }
    KASTELLAN_TRY(blockOption(asked, "id-block", idBlockSize, request.idBlock));
    KASTELLAN_TRY(blockOption(asked, "id-auth", idAuthSize, request.idAuth));
    KASTELLAN_TRY(blockOption(asked, "workarounds", workaroundsSize, request.workarounds));
    request.authorKey = request.authorKey || asked.has("author-key");
    request.vlek = request.vlek || asked.has("vlek");
    if (asked.has("domain-xml")) {
        const std::string file = asked.value("domain-xml");
        auto xml = readFile(file == "-" ? "/dev/stdin" : file, domainLimit);
        if (!xml)
            return std::unexpected(xml.error().during("read the edited domain (--domain-xml)"));
        request.domainXml = asText(*xml);
        if (request.domainXml.empty())
            return badInput("use the option --domain-xml", file, "it is empty");
    }
    return {};
}

} // namespace kastellan::keepctl
