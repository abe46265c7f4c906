// SPDX-License-Identifier: Apache-2.0
#include "core/keeps/keeps_json.h"

#include <charconv>
#include <limits>

namespace kastellan::js {
namespace {

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

Out toJson(const ForwardedPort &port)
{
    return {{"protocol", port.protocol}, {"host", port.host}, {"guest", port.guest}};
}

Out toJson(const MachineImage &image)
{
    return {{"kernel", image.kernel}, {"initrd", image.initrd}, {"command_line", image.commandLine}, {"disk", image.disk}};
}

ForwardedPort portFrom(const In &value, const std::string &where, Status &status)
{
    Object object(value, where);
    ForwardedPort port;
    port.protocol = object.text("protocol");
    port.host = static_cast<std::uint16_t>(object.integer("host", 1, 65535));
    port.guest = static_cast<std::uint16_t>(object.integer("guest", 1, 65535));
    if (object.status() && port.protocol != "tcp" && port.protocol != "udp")
        object.wrong("protocol", "it is neither tcp nor udp");
    status = object.status();
    return port;
}

Result<MachineImage> imageFrom(const In &value, const std::string &where)
{
    Object object(value, where);
    MachineImage image;
    image.kernel = object.textOr("kernel");
    image.initrd = object.textOr("initrd");
    image.commandLine = object.textOr("command_line");
    image.disk = object.textOr("disk");
    KASTELLAN_TRY(object.status());
    return image;
}

} // namespace

Out toJson(const MachineRequest &request)
{
    Out ports = Out::array();
    for (const auto &port : request.ports)
        ports.push_back(toJson(port));
    return {
        {"technology", request.technology},
        {"rehearse", request.rehearse},
        {"unattested", request.unattested},
        {"vcpus", request.vcpus},
        {"memory_mib", request.memoryMiB},
        {"cpu_model", request.cpuModel},
        {"network", request.network},
        {"ports", std::move(ports)},
        {"image", request.image},
        {"firmware", request.firmware},
        {"whole", request.whole ? toJson(*request.whole) : Out(nullptr)},
        {"domain_xml", request.domainXml},
        {"boot_seconds", request.bootSeconds},
        // A guest policy has 64 bits, and a number of JSON may lose some.
        {"policy", request.policy ? Out(std::to_string(*request.policy)) : Out(nullptr)},
        {"id_block", request.idBlock},
        {"id_auth", request.idAuth},
        {"author_key", request.authorKey},
        {"vlek", request.vlek},
        {"workarounds", request.workarounds},
    };
}

Result<MachineRequest> machineRequestFrom(const In &value, const std::string &where)
{
    Object object(value, where);
    MachineRequest request;
    request.technology = object.textOr("technology");
    request.rehearse = object.flagOr("rehearse", false);
    request.unattested = object.flagOr("unattested", false);
    request.vcpus = static_cast<unsigned>(object.integerOr("vcpus", 1, 1, std::numeric_limits<int>::max()));
    request.memoryMiB = static_cast<std::uint64_t>(object.integerOr("memory_mib", 0, 0, most));
    request.cpuModel = object.textOr("cpu_model");
    request.network = object.textOr("network", "none");
    object.each("ports", [&](const In &item, const std::string &place) -> Status {
        Status status;
        request.ports.push_back(portFrom(item, place, status));
        return status;
    });
    request.image = object.textOr("image");
    request.firmware = object.textOr("firmware");
    if (const In *whole = object.find("whole"); whole && !whole->is_null()) {
        auto image = imageFrom(*whole, object.place("whole"));
        if (image)
            request.whole = std::move(*image);
        else
            object.also(std::unexpected(image.error()));
    }
    request.domainXml = object.textOr("domain_xml");
    request.bootSeconds = static_cast<unsigned>(object.integerOr("boot_seconds", request.bootSeconds, 1, 86400));
    if (const In *policy = object.find("policy"); policy && !policy->is_null()) {
        const std::string text = object.text("policy");
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (object.status() && (error != std::errc() || end != text.data() + text.size()))
            object.wrong("policy", "it is no number");
        request.policy = number;
    }
    request.idBlock = object.textOr("id_block");
    request.idAuth = object.textOr("id_auth");
    request.authorKey = object.flagOr("author_key", false);
    request.vlek = object.flagOr("vlek", false);
    request.workarounds = object.textOr("workarounds");
    KASTELLAN_TRY(object.status());
    return request;
}

Out toJson(const MachinePlan &plan)
{
    return {
        {"technology", plan.technology},
        {"cpu_model", plan.cpuModel},
        {"memory_mib", plan.memoryMiB},
        {"domain_xml", plan.domainXml},
        {"request", toJson(plan.request)},
    };
}

Result<MachinePlan> machinePlanFrom(const In &value, const std::string &where)
{
    Object object(value, where);
    MachinePlan plan;
    plan.technology = object.text("technology");
    plan.cpuModel = object.textOr("cpu_model");
    plan.memoryMiB = static_cast<std::uint64_t>(object.integerOr("memory_mib", 0, 0, most));
    plan.domainXml = object.textOr("domain_xml");
    const In *request = object.find("request");
    if (!request)
        object.wrong("request", "it is missing");
    KASTELLAN_TRY(object.status());
    KASTELLAN_ASSIGN(plan.request, machineRequestFrom(*request, object.place("request")));
    return plan;
}

} // namespace kastellan::js
