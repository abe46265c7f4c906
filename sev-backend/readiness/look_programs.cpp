// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/look.h"

#include <cerrno>
#include <cstdlib>

#include <unistd.h>

namespace kastellan::sev {
namespace {

/// The first QEMU for x86-64 that may be executed; Red Hat's has another name and place.
std::string findQemu(const Looking &looking)
{
    std::string_view path = "/usr/local/bin:/usr/bin:/bin";
    if (const char *own = std::getenv("PATH"); own && *own && looking.options.root.empty())
        path = own;
    std::vector<std::string> places;
    while (!path.empty()) {
        const auto end = path.find(':');
        if (const auto folder = path.substr(0, end); folder.starts_with('/'))
            places.push_back(std::string(folder) + "/qemu-system-x86_64");
        path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
    }
    places.insert(places.end(), {"/usr/bin/qemu-kvm", "/usr/libexec/qemu-kvm"});
    for (const auto &place : places)
        if (::access(looking.at(place).c_str(), X_OK) == 0)
            return place;
    return {};
}

/// The part of "QEMU emulator version 10.0.13 (Debian …)" that is the version.
std::string versionIn(std::string_view text)
{
    const auto at = text.find("version ");
    if (at == std::string_view::npos)
        return {};
    text.remove_prefix(at + 8);
    return std::string(text.substr(0, text.find_first_not_of("0123456789.")));
}

/// Names of properties in the answer of "-object TYPE,help": lines "  name=<type> …".
std::string properties(std::string_view text)
{
    std::string names;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        const auto equals = line.find("=<");
        if (line.starts_with("  ") && equals != std::string_view::npos)
            names += (names.empty() ? "" : " ") + std::string(line.substr(2, equals - 2));
    }
    return names;
}

void askQemu(Looking &looking, const std::string &qemu)
{
    auto &facts = looking.facts;
    const auto &run = looking.options.machine.run;
    const auto why = [](const ProgramOutput &output) {
        if (output.error)
            return std::generic_category().message(output.error);
        if (!output.ended)
            return std::string("it did not end in time");
        return "it ended with " + std::to_string(output.status) + ": " + output.errors.substr(0, 300);
    };
    const auto version = run({qemu, "--version"});
    if (const auto number = versionIn(version.output); version.good() && !number.empty())
        facts.set("qemu.version", number, qemu + " --version");
    else
        facts.failed("qemu.version", qemu + " --version", why(version));
    const auto objects = run({qemu, "-object", "help"});
    for (const std::string type : {"sev-guest", "sev-snp-guest"}) {
        const std::string key = type == "sev-guest" ? "qemu.sev_guest" : "qemu.sev_snp_guest", how = qemu + " -object " + type + ",help";
        if (!objects.good()) {
            facts.failed(key, qemu + " -object help", why(objects));
            continue;
        }
        if (objects.output.find("\n  " + type + "\n") == std::string::npos) {
            facts.absent(key, qemu + " -object help", "this QEMU has no object '" + type + "'");
            continue;
        }
        const auto help = run({qemu, "-object", type + ",help"});
        if (help.good())
            facts.set(key, properties(help.output), how);
        else
            facts.failed(key, how, why(help));
    }
    const auto machines = run({qemu, "-machine", "help"});
    if (machines.good())
        facts.setFlag("qemu.q35", machines.output.find("q35") != std::string::npos, qemu + " -machine help");
    else
        facts.failed("qemu.q35", qemu + " -machine help", why(machines));
}

/// Whether this user may write to the socket of the system's libvirt; reading is open to everybody, and launching is not.
void lookAtSocket(Looking &looking)
{
    constexpr const char *sockets[] = {"/run/libvirt/virtqemud-sock", "/run/libvirt/libvirt-sock"};
    int number = ENOENT;
    for (const char *socket : sockets) {
        if (::access(looking.at(socket).c_str(), W_OK) == 0) {
            looking.facts.set("libvirt.socket", "yes", socket);
            return;
        }
        if (errno != ENOENT)
            number = errno;
    }
    looking.facts.error("libvirt.socket", "/run/libvirt/virtqemud-sock, /run/libvirt/libvirt-sock", number);
}

} // namespace

void lookAtPrograms(Looking &looking)
{
    auto &facts = looking.facts;
    const std::string qemu = findQemu(looking);
    if (qemu.empty())
        facts.absent("qemu.path", "qemu-system-x86_64 in PATH, /usr/libexec/qemu-kvm", "there is no QEMU for x86-64");
    else
        facts.set("qemu.path", qemu, "PATH");
    const bool ask = looking.options.probes && !qemu.empty() && looking.options.machine.run;
    if (ask)
        askQemu(looking, qemu);
    else
        for (const char *key : {"qemu.version", "qemu.sev_guest", "qemu.sev_snp_guest", "qemu.q35"}) {
            if (qemu.empty())
                facts.absent(key, "qemu-system-x86_64", "there is no QEMU for x86-64");
            else
                facts.notLooked(key, qemu, "probes were not wanted");
        }
    lookAtSocket(looking);
    if (looking.options.probes && looking.options.machine.libvirt)
        looking.options.machine.libvirt(facts);
    else
        facts.notLooked("libvirt.version", "libvirt", "probes were not wanted");
}

} // namespace kastellan::sev
