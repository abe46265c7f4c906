// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/machine/qemu_machine.h"

namespace kastellan::sev {

Result<QemuMachine> QemuMachine::read(const std::vector<std::string> &words, std::string_view name)
{
    QemuMachine qemu;
    for (std::size_t i = 0; i < words.size(); ++i) {
        std::string_view option = words[i];
        if (!option.starts_with('-') || option.size() < 2)
            continue;
        option.remove_prefix(option.starts_with("--") ? 2 : 1);
        if (option == "enable-kvm") {
            qemu.kvm = true;
            ++qemu.known;
            continue;
        }
        static constexpr std::pair<std::string_view, std::string_view> withValue[] = {{"machine", "type"}, {"M", "type"},
            {"object", "qom-type"}, {"drive", ""}, {"blockdev", ""}, {"device", "driver"}, {"smp", "cpus"}, {"cpu", "model-name"},
            {"accel", "accel"}, {"bios", "plain"}, {"pflash", "plain"}, {"kernel", "plain"}, {"initrd", "plain"}, {"append", "plain"},
            {"L", "plain"}, {"readconfig", "plain"}};
        const std::pair<std::string_view, std::string_view> *found = nullptr;
        for (const auto &row : withValue)
            if (row.first == option)
                found = &row;
        if (!found)
            continue;
        if (i + 1 >= words.size())
            return badInput("read QEMU's command line", std::string(name),
                "it ends after -" + std::string(option) + ", which needs a value", "Give the whole line.");
        ++qemu.known;
        QemuWord word{"-" + std::string(option), words[++i], {}};
        if (found->second != "plain") {
            KASTELLAN_ASSIGN(word.values, QemuOptions::parse(word.text, found->second, word.from()));
        }
        if (option == "machine" || option == "M") {
            for (const auto &[key, value] : word.values.all())
                qemu.machine[key] = value;
        } else if (option == "object") {
            qemu.objects.push_back(std::move(word));
        } else if (option == "drive") {
            qemu.drives.push_back(std::move(word));
        } else if (option == "blockdev") {
            qemu.blockdevs.push_back(std::move(word));
        } else if (option == "device") {
            qemu.devices.push_back(std::move(word));
        } else if (option == "smp") {
            qemu.smp.push_back(std::move(word));
        } else if (option == "L") {
            qemu.dataFolder = word.text;
        } else if (option == "readconfig") {
            qemu.readsConfig = true;
        } else {
            auto &place = option == "cpu" ? qemu.cpu
                : option == "bios"        ? qemu.bios
                : option == "kernel"      ? qemu.kernel
                : option == "initrd"      ? qemu.initrd
                : option == "append"      ? qemu.append
                : option == "pflash"      ? qemu.pflash
                                          : qemu.accel;
            place = std::move(word);
        }
    }
    return qemu;
}

} // namespace kastellan::sev
