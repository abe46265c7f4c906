// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/look.h"

#include <cstdlib>

#include <sys/stat.h>

namespace kastellan::sev {
namespace {

bool exists(const Looking &looking, std::string_view path)
{
    std::error_code code;
    return std::filesystem::exists(looking.at(path), code);
}

/// What kind of closed-off file tree this program sees: "" when it is the machine's own.
std::pair<std::string, std::string> enclosure(const Looking &looking)
{
    if (looking.options.root.empty())
        if (const char *inside = std::getenv("KASTELLAN_INSIDE"); inside && *inside)
            return {"a build root", "environment KASTELLAN_INSIDE"};
    if (exists(looking, "/.dockerenv"))
        return {"a Docker container", "/.dockerenv"};
    if (exists(looking, "/run/.containerenv"))
        return {"a Podman container", "/run/.containerenv"};
    if (const auto kind = looking.read("/run/systemd/container"); !kind.error && !kind.text.empty())
        return {"a container (" + kind.text.substr(0, 40) + ")", "/run/systemd/container"};
    if (const auto flatpak = exists(looking, "/.flatpak-info"); flatpak)
        return {"a Flatpak sandbox", "/.flatpak-info"};
    if (const auto name = looking.read("/etc/debian_chroot"); !name.error && !name.text.empty())
        return {"a chroot (" + name.text.substr(0, 40) + ")", "/etc/debian_chroot"};
    struct stat ours{}, first{};
    if (looking.options.root.empty() && ::stat("/", &ours) == 0 && ::stat("/proc/1/root/", &first) == 0
        && (ours.st_dev != first.st_dev || ours.st_ino != first.st_ino))
        return {"a chroot", "/proc/1/root is another folder"};
    return {};
}

} // namespace

void lookAtSurroundings(Looking &looking)
{
    auto &facts = looking.facts;
    const auto [kind, how] = enclosure(looking);
    if (kind.empty())
        facts.set("env.enclosure", "none", "/.dockerenv, /run/.containerenv, /run/systemd/container, /proc/1/root");
    else
        facts.set("env.enclosure", kind, how);
    auto release = looking.read("/etc/os-release");
    if (release.error)
        release = looking.read("/usr/lib/os-release");
    const auto at = ("\n" + release.text).find("\nPRETTY_NAME=");
    if (!release.error && at != std::string::npos) {
        std::string name = release.text.substr(at + 12, release.text.find('\n', at + 12) - at - 12);
        std::erase(name, '"');
        facts.set("env.system", name, "/etc/os-release");
    } else {
        facts.error("env.system", "/etc/os-release", release.error ? release.error : ENOENT);
    }
    for (const auto &[key, name] : {std::pair{"bios.vendor", "bios_vendor"}, {"bios.version", "bios_version"}, {"bios.date", "bios_date"},
             {"board.vendor", "board_vendor"}, {"board.name", "board_name"}, {"system.vendor", "sys_vendor"},
             {"system.product", "product_name"}})
        looking.fileFact(key, "/sys/class/dmi/id/" + std::string(name));
}

} // namespace kastellan::sev
