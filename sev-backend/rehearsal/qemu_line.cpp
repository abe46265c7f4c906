// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/rehearsal/qemu_line.h"

#include "sev-backend/machine/from_machine.h"
#include "sev-backend/machine/number.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>

namespace kastellan::sev {
namespace {

/// QEMU's options that have no value (qemu-options.hx), those that libvirt or people still use.
constexpr std::string_view flags[] = {"S", "s", "nodefaults", "no-user-config", "nodefconfig", "nographic", "daemonize", "enable-kvm",
    "no-reboot", "no-shutdown", "snapshot", "usb", "version", "h", "help", "no-acpi", "no-hpet", "only-migratable", "singlestep",
    "full-screen", "win2k-hack", "no-fd-bootchk", "preconfig", "xen-attach", "mem-prealloc", "no-quit", "enable-fips", "old-param",
    "semihosting", "curses", "nouserconfig", "enable-sync-profile", "xen-domid-restrict", "tdf", "portrait", "alt-grab", "ctrl-grab"};

QemuOptions options(const std::string &text, std::string_view implied)
{
    auto parsed = QemuOptions::parse(text, implied, {});
    return parsed ? std::move(*parsed) : QemuOptions();
}

std::optional<int> descriptor(const QemuOptions &values)
{
    const auto text = values.value("fd");
    int number = -1;
    if (!text)
        return std::nullopt;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (error != std::errc() || end != text->data() + text->size() || number < 0 || number > 65535)
        return std::nullopt;
    return number;
}

/// Divided as QEMU does it, and the machine's properties joined.
class Reading {
public:
    explicit Reading(QemuLine &line)
        : m_line(line)
        , m_options(qemuOptions(line.words))
    {
    }

    OrRefusal<void> run()
    {
        for (const QemuOption &option : m_options)
            if (option.value && (option.name == "machine" || option.name == "M")) {
                const QemuOptions values = options(word(option), "type");
                for (const auto &[key, value] : values.all())
                    m_machine[key] = value;
            }
        if (auto status = object(); !status)
            return status;
        monitors();
        for (const QemuOption &option : m_options)
            common(option);
        if (m_line.sev) {
            m_line.purpose = QemuLine::Purpose::Launch;
            return launch();
        }
        if (machine("type") == "none" && !m_line.monitors.empty())
            m_line.purpose = QemuLine::Purpose::Probe;
        return {};
    }

private:
    const std::string &word(const QemuOption &option) const { return m_line.words[*option.value]; }
    std::string machine(std::string_view key) const
    {
        const auto at = m_machine.find(key);
        return at == m_machine.end() ? std::string() : at->second;
    }

    OrRefusal<void> object()
    {
        const std::string wanted =
            m_machine.contains("confidential-guest-support") ? machine("confidential-guest-support") : machine("memory-encryption");
        for (const QemuOption &option : m_options) {
            if (!option.value || option.name != "object")
                continue;
            const QemuOptions values = options(word(option), "qom-type");
            const std::string type = values.value("qom-type").value_or("");
            if ((type != "sev-guest" && type != "sev-snp-guest") || values.value("id") != wanted)
                continue;
            auto read = SevObject::read(word(option));
            if (!read)
                return std::unexpected(std::move(read).error());
            m_line.sev = std::move(*read);
        }
        return {};
    }

    void monitors()
    {
        std::set<std::string> control;
        for (const QemuOption &option : m_options)
            if (option.value && option.name == "mon")
                if (const QemuOptions values = options(word(option), "chardev"); values.value("mode") == "control")
                    control.insert(values.value("chardev").value_or(""));
        for (const QemuOption &option : m_options) {
            if (!option.value)
                continue;
            MonitorPlace place{.at = *option.value, .id = {}, .fd = -1, .path = {}};
            if (option.name == "chardev") {
                const QemuOptions values = options(word(option), "backend");
                place.id = values.value("id").value_or("");
                if (!control.contains(place.id))
                    continue;
                place.fd = descriptor(values).value_or(-1);
                place.path = values.value("path").value_or("");
                place.server = values.flag("server").value_or(false);
                if (values.value("backend") != "socket" || (place.fd < 0 && (place.path.empty() || !place.server)))
                    m_line.silentMonitors = true;
                else
                    m_line.monitors.push_back(std::move(place));
            } else if (option.name == "qmp" || option.name == "qmp-pretty") {
                const QemuOptions values = options(word(option), "address");
                const std::string address = values.value("address").value_or("");
                if (address.starts_with("unix:") && values.flag("server").value_or(false)) {
                    place.path = address.substr(5);
                    m_line.monitors.push_back(std::move(place));
                } else {
                    m_line.silentMonitors = true;
                }
            }
        }
    }

    void common(const QemuOption &option)
    {
        if (option.name == "S")
            m_line.paused = true;
        else if (option.name == "daemonize")
            m_line.daemonize = true;
        if (!option.value)
            return;
        const std::string &value = word(option);
        if (option.name == "pidfile")
            m_line.pidFile = value;
        else if (option.name == "msg")
            m_line.timestamps = options(value, "timestamp").flag("timestamp").value_or(false);
        else if (option.name == "incoming")
            m_line.incoming = true;
        else if (option.name == "kernel")
            m_line.kernelAt = option.value;
        else if (option.name == "initrd")
            m_line.initrdAt = option.value;
        else if (option.name == "append")
            m_line.appendAt = option.value;
        else if (option.name == "device" && options(value, "driver").value("driver").value_or("").starts_with("virtio-serial"))
            m_line.serialBus = true;
    }

    OrRefusal<void> launch()
    {
        m_line.smm = machine("smm") == "on";
        std::vector<std::string> words{"qemu-system-x86_64"};
        words.insert(words.end(), m_line.words.begin(), m_line.words.end());
        auto derived = fromQemuWords(words, "command line");
        if (!derived)
            return refuse({derived.error().why});
        m_line.parameters = std::move(derived->parameters);
        // Options and the machine's properties of the same name are one to QEMU; only options can be given another file.
        for (const char *key : {"kernel", "initrd", "firmware", "append"})
            if (m_machine.contains(key) && std::string_view(key) != "append")
                return refuse({std::string("rehearsal: -machine ") + key + "= can't be rehearsed; use the option of that name"});
        firmware();
        return memory();
    }

    void firmware()
    {
        // A flash's file, found as sev_machine found it: through the block nodes above it.
        for (const QemuOption &option : m_options) {
            if (!option.value || m_line.parameters.ovmf.empty())
                continue;
            const std::string &value = word(option);
            if (option.name == "blockdev" || option.name == "drive") {
                const QemuOptions values = options(value, option.name == "drive" ? "" : "driver");
                for (const char *key : {"filename", "file.filename", "file"})
                    if (values.value(key) == m_line.parameters.ovmf
                        && (option.name == "blockdev" || (values.value("if") == "pflash" && values.value("unit").value_or("0") == "0"))) {
                        m_line.flash = true;
                        m_line.firmwareAt = option.value;
                        m_line.firmwareKey = key;
                        return;
                    }
            } else if (option.name == "pflash" && value == m_line.parameters.ovmf) {
                m_line.flash = true;
                m_line.firmwareAt = option.value;
                return;
            }
        }
        for (const QemuOption &option : m_options)
            if (option.value && option.name == "bios")
                m_line.firmwareAt = option.value;
    }

    OrRefusal<void> memory()
    {
        m_line.memoryId = machine("memory-backend");
        for (const QemuOption &option : m_options) {
            if (!option.value)
                continue;
            if (option.name == "numa") {
                const QemuOptions values = options(word(option), "type");
                if (values.value("type") == "node" && values.value("memdev") && values.value("nodeid").value_or("0") == "0")
                    m_line.memoryId = *values.value("memdev");
            } else if (option.name == "m" && m_line.memorySize == 0) {
                const QemuOptions values = options(word(option), "size");
                m_line.memorySize = qemuSize(values.value("size").value_or(""), std::uint64_t{1} << 20).value_or(0);
            }
        }
        if (m_line.memoryId.empty()) {
            if (m_line.memorySize == 0)
                m_line.memorySize = std::uint64_t{128} << 20; // QEMU's default
            return {};
        }
        for (const QemuOption &option : m_options) {
            if (!option.value || option.name != "object")
                continue;
            const QemuOptions values = options(word(option), "qom-type");
            if (values.value("id") != m_line.memoryId)
                continue;
            const auto size = qemuSize(values.value("size").value_or(""));
            if (!size || *size == 0)
                return refuse({"-object " + word(option) + ": rehearsal: the size of the guest's memory can't be read"});
            m_line.memoryAt = option.value;
            m_line.memorySize = *size;
            return {};
        }
        return refuse({"Memory backend '" + m_line.memoryId + "' not found"});
    }

    QemuLine &m_line;
    std::vector<QemuOption> m_options;
    std::map<std::string, std::string, std::less<>> m_machine;
};

} // namespace

std::optional<std::uint64_t> qemuSize(std::string_view text, std::uint64_t unit)
{
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || text.empty())
        return std::nullopt;
    const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
    if (!rest.empty()) {
        constexpr std::string_view units = "bkmgtpe";
        const char letter = rest.front() >= 'A' && rest.front() <= 'Z' ? static_cast<char>(rest.front() - 'A' + 'a') : rest.front();
        const std::size_t power = units.find(letter);
        if (power == std::string_view::npos || rest.size() > 1)
            return std::nullopt;
        unit = std::uint64_t{1} << (10 * power);
    }
    if (number > (std::uint64_t{1} << 62) / unit)
        return std::nullopt;
    return number * unit;
}

std::vector<QemuOption> qemuOptions(const std::vector<std::string> &words)
{
    std::vector<QemuOption> all;
    for (std::size_t at = 0; at < words.size(); ++at) {
        std::string_view name = words[at];
        if (!name.starts_with('-') || name.size() < 2)
            continue;
        name.remove_prefix(name.starts_with("--") && name.size() > 2 ? 2 : 1);
        QemuOption option{std::string(name), std::nullopt, at};
        if (std::ranges::find(flags, name) == std::end(flags) && at + 1 < words.size())
            option.value = ++at;
        all.push_back(std::move(option));
    }
    return all;
}

OrRefusal<QemuLine> QemuLine::read(std::vector<std::string> words)
{
    QemuLine line;
    line.words = std::move(words);
    if (auto status = Reading(line).run(); !status)
        return std::unexpected(std::move(status).error());
    return line;
}

} // namespace kastellan::sev
