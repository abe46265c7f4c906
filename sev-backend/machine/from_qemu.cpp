// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/machine/cpu_word.h"
#include "sev-backend/machine/deriving.h"
#include "sev-backend/machine/from_machine.h"
#include "sev-backend/machine/number.h"
#include "sev-backend/machine/qemu_machine.h"
#include "sev-backend/machine/shell_words.h"

#include <filesystem>
#include <format>
#include <tuple>

namespace kastellan::sev {

namespace {

namespace fs = std::filesystem;
using Weight = Problem::Weight;

class OfQemu : Deriving {
public:
    explicit OfQemu(const QemuMachine &qemu)
        : m_qemu(qemu)
    {
    }

    DerivedLaunch run()
    {
        protection();
        firmware();
        processors();
        boot();
        if (m_qemu.accel && m_qemu.accel->values.value("accel") == "tcg")
            problem(Weight::Fault, m_qemu.accel->from(), "without KVM no memory is encrypted", "Use -accel kvm.");
        if (m_qemu.readsConfig)
            problem(Weight::Warning, "-readconfig", "options may stand in the file that it names, which is not read",
                "Give the options on the command line.");
        return std::move(m_derived);
    }

private:
    std::optional<std::string> machine(std::string_view key) const
    {
        const auto found = m_qemu.machine.find(key);
        return found == m_qemu.machine.end() ? std::nullopt : std::optional(found->second);
    }

    /// The object that encrypts memory, and whether the machine names it.
    void protection()
    {
        const auto wanted = machine("confidential-guest-support") ? machine("confidential-guest-support") : machine("memory-encryption");
        const QemuWord *object = nullptr;
        for (const QemuWord &word : m_qemu.objects) {
            const std::string type = word.values.value("qom-type").value_or("");
            if (type == "igvm-cfg")
                problem(Weight::Fault, word.from(),
                    "the machine starts from an IGVM file, whose pages are measured instead of the firmware's",
                    "This version measures OVMF images only.");
            if (type != "sev-snp-guest" && type != "sev-guest")
                continue;
            if (!object || word.values.value("id") == wanted)
                object = &word;
        }
        if (!object) {
            problem(Weight::Fault, "-object", "the machine has no sev-snp-guest or sev-guest object: its memory is not encrypted",
                "Add one, and name it in -machine confidential-guest-support=ID.");
            return;
        }
        if (!wanted || object->values.value("id") != *wanted)
            problem(Weight::Fault, object->from(),
                "no -machine confidential-guest-support=ID names this object, so memory is not encrypted",
                "Add confidential-guest-support=" + object->values.value("id").value_or("sev0") + " to -machine.");
        const bool snp = object->values.value("qom-type") == "sev-snp-guest";
        LaunchParameters &parameters = m_derived.parameters;
        parameters.policy = object->values.value("policy") ? numberFrom(*object->values.value("policy"))
                                                           : std::optional<std::uint64_t>(snp ? 0x30000 : 0x1);
        if (!parameters.policy) {
            problem(Weight::Fault, object->from(), "its policy is not a number", "Write it as 0x30000.");
            parameters.policy = snp ? 0x30000 : 0x1;
        }
        parameters.kind = snp ? GuestKind::Snp : (*parameters.policy & 0x4) ? GuestKind::SevEs : GuestKind::Sev;
        take("protection", std::string(name(*parameters.kind)), object->from());
        take("policy", std::format("{:#x}", *parameters.policy), object->values.value("policy") ? object->from() : "QEMU's default");
        if (snp ? (*parameters.policy >> 19) & 1 : !(*parameters.policy & 1))
            problem(Weight::Warning, object->from(), "its policy lets the host debug the guest: read all its memory",
                snp ? "Clear bit 19." : "Set bit 0.");
        parameters.kernelHashes = object->values.flag("kernel-hashes").value_or(false);
        features(*object, snp);
    }

    /// What some properties add to SEV_FEATURES of the VMSA.
    void features(const QemuWord &object, bool snp)
    {
        if (!snp)
            return;
        static constexpr std::pair<std::string_view, unsigned> bits[] = {{"debug-swap", 5}, {"secure-tsc", 9}, {"secure-avic", 16}};
        for (const auto &[property, bit] : bits)
            if (object.values.flag(property).value_or(false)) {
                m_derived.parameters.guestFeatures |= std::uint64_t{1} << bit;
                take("guest features", std::format("{:#x}", m_derived.parameters.guestFeatures),
                    std::string(property) + " of " + object.from());
            }
    }

    /// A file name as QEMU looks for it.
    std::string found(const std::string &name) const
    {
        std::error_code failed;
        if (name.contains('/') || fs::exists(name, failed))
            return name;
        for (const std::string &folder :
            {m_qemu.dataFolder, std::string("/usr/share/qemu"), std::string("/usr/share/OVMF"), std::string("/usr/share/ovmf")})
            if (!folder.empty() && fs::exists(fs::path(folder) / name, failed))
                return (fs::path(folder) / name).string();
        return name;
    }

    void firmware()
    {
        std::string file, from;
        bool flash = false;
        if (m_qemu.bios) {
            file = m_qemu.bios->text;
            from = m_qemu.bios->from();
        } else if (const auto named = machine("firmware")) {
            file = *named;
            from = "-machine firmware=" + *named;
        }
        const auto flashed = flashFile();
        if (flashed) {
            if (!file.empty())
                problem(Weight::Warning, from, "the machine has flash besides, and QEMU takes the flash: this file is not used",
                    "Take one of the two away.");
            flash = true;
            std::tie(file, from) = *flashed;
        }
        if (file.empty()) {
            problem(Weight::Fault, "-bios", "the machine names no firmware, and QEMU's own (SeaBIOS) can't start such a guest",
                "Add -bios OVMF.amdsev.fd, or give --ovmf.");
            return;
        }
        m_derived.parameters.ovmf = found(file);
        take("firmware", m_derived.parameters.ovmf, from);
        if (flash && m_derived.parameters.kind == GuestKind::Snp)
            problem(Weight::Fault, from, "a SEV-SNP guest can't run from flash: the firmware has to be loaded into encrypted memory",
                "Use -bios " + file + " instead, without flash.");
    }

    /// The first flash: of -machine pflash0, of -drive if=pflash, or of -pflash.
    std::optional<std::pair<std::string, std::string>> flashFile() const
    {
        if (const auto node = machine("pflash0")) {
            std::string wanted = *node;
            for (int hops = 0; hops < 8; ++hops)
                for (const QemuWord &word : m_qemu.blockdevs) {
                    if (word.values.value("node-name") != wanted)
                        continue;
                    for (const char *key : {"filename", "file.filename"})
                        if (const auto file = word.values.value(key))
                            return std::pair{*file, word.from()};
                    if (const auto below = word.values.value("file"))
                        wanted = *below;
                }
        }
        for (const QemuWord &word : m_qemu.drives)
            if (word.values.value("if") == "pflash" && word.values.value("unit").value_or("0") == "0")
                if (const auto file = word.values.value("file") ? word.values.value("file") : word.values.value("file.filename"))
                    return std::pair{*file, word.from()};
        if (m_qemu.pflash)
            return std::pair{m_qemu.pflash->text, m_qemu.pflash->from()};
        return std::nullopt;
    }

    void processors()
    {
        if (m_qemu.cpu)
            takeCpu(m_qemu.cpu->values, m_qemu.cpu->from(), m_derived);
        else
            takeDefaultCpu(m_derived);
        count();
    }

    void count()
    {
        std::map<std::string, std::uint64_t, std::less<>> numbers;
        std::string from;
        const auto read = [&](const std::string &key, const std::string &text, const std::string &where) {
            const auto number = numberFrom(text);
            if (number && *number <= mostVcpus)
                numbers[key] = *number;
            else
                problem(Weight::Fault, where, "'" + text + "' is not a number of processors", "Give --vcpus.");
        };
        for (const QemuWord &word : m_qemu.smp) {
            for (const auto &[key, text] : word.values.all())
                read(key, text, word.from());
            from = word.from();
        }
        for (const auto &[key, text] : m_qemu.machine)
            if (key.starts_with("smp.")) {
                read(key.substr(4), text, "-machine " + key);
                from = "-machine " + key + "=" + text;
            }
        std::uint64_t vcpus = 1;
        if (numbers.contains("cpus") && numbers["cpus"] > 0) {
            vcpus = numbers["cpus"];
        } else if (numbers.contains("maxcpus") && numbers["maxcpus"] > 0) {
            vcpus = numbers["maxcpus"];
            from += ", as many as maxcpus";
        } else {
            for (const auto &[key, number] : numbers)
                if (number > 0 && vcpus <= mostVcpus)
                    vcpus *= number;
            if (!from.empty())
                from += ", the product of its topology";
        }
        // Processors that are plugged in from the beginning are measured like the others.
        std::uint64_t plugged = 0;
        for (const QemuWord &word : m_qemu.devices)
            plugged += word.values.value("driver").value_or("").ends_with("-x86_64-cpu");
        if (plugged > 0) {
            from += (from.empty() ? "" : ", and ") + std::to_string(plugged) + " with -device";
            vcpus += plugged;
        }
        if (vcpus > mostVcpus) {
            problem(Weight::Fault, from, std::format("{} processors are too many", vcpus), "Give --vcpus.");
            return;
        }
        m_derived.parameters.vcpus = static_cast<unsigned>(vcpus);
        take("vCPUs", std::to_string(vcpus), from.empty() ? "QEMU's default: no -smp is given" : from);
    }

    /// An option, or the machine's property of the same name.
    std::optional<std::pair<std::string, std::string>> bootFile(const std::optional<QemuWord> &word, std::string_view key) const
    {
        if (word)
            return std::pair{word->text, word->from()};
        if (const auto value = machine(key))
            return std::pair{*value, "-machine " + std::string(key) + "=" + *value};
        return std::nullopt;
    }

    void boot()
    {
        LaunchParameters &parameters = m_derived.parameters;
        const auto kernel = bootFile(m_qemu.kernel, "kernel"), initrd = bootFile(m_qemu.initrd, "initrd"),
                   append = bootFile(m_qemu.append, "append");
        if (!kernel) {
            if (initrd || append)
                problem(Weight::Fault, (initrd ? initrd : append)->second, "an initrd or a command line without -kernel is refused by QEMU",
                    "Add -kernel.");
            if (parameters.kernelHashes)
                problem(Weight::Note, "kernel-hashes=on",
                    "there is no -kernel whose hash could be measured: what is booted from the disk is not measured",
                    "Encrypt the disk and deliver its key after attestation.");
            return;
        }
        parameters.kernel = kernel->first;
        take("kernel", kernel->first, kernel->second);
        if (initrd) {
            parameters.initrd = initrd->first;
            take("initrd", initrd->first, initrd->second);
        }
        if (append) {
            parameters.append = append->first;
            take("command line", append->first, append->second);
        }
        if (parameters.kind && !parameters.kernelHashes)
            problem(Weight::Warning, kernel->second,
                "kernel-hashes is not on: kernel, initrd and command line are not measured, and the host can replace them",
                "Add kernel-hashes=on to the memory encryption object.");
    }

    const QemuMachine &m_qemu;
};

} // namespace

Result<DerivedLaunch> fromQemuWords(const std::vector<std::string> &words, std::string_view name)
{
    KASTELLAN_ASSIGN(const QemuMachine qemu, QemuMachine::read(words, name));
    if (qemu.known == 0)
        return badInput("read QEMU's command line", std::string(name), "none of QEMU's options that decide a launch digest stands in it",
            "Give the whole line, as one argument in quotes, or a file with it as @FILE.");
    return OfQemu(qemu).run();
}

Result<DerivedLaunch> fromQemu(std::string_view commandLine, std::string_view name)
{
    KASTELLAN_ASSIGN(const auto words, shellWords(commandLine, name));
    return fromQemuWords(words, name);
}

} // namespace kastellan::sev
