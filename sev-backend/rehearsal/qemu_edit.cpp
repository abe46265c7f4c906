// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/rehearsal/qemu_edit.h"

#include "core/keeps/machine.h"
#include "sev-backend/rehearsal/bounded_json.h"

#include <algorithm>
#include <map>

namespace kastellan::sev {
namespace {

using Json = nlohmann::ordered_json;

std::string keyOf(const std::string &part)
{
    return part.substr(0, part.find('='));
}

std::string escaped(std::string_view value)
{
    std::string text;
    for (const char c : value)
        text += c == ',' ? std::string(",,") : std::string(1, c);
    return text;
}

/// The words of one launch while they change: values by their place, words that go, and what is added.
class Editing {
public:
    Editing(const QemuLine &line, const QemuEdits &edits)
        : m_line(line)
        , m_edits(edits)
        , m_options(qemuOptions(line.words))
    {
    }

    std::vector<std::string> run()
    {
        monitors();
        if (m_line.sev) {
            for (const QemuOption &option : m_options)
                one(option);
            files();
            addMemory();
            if (!m_accelerated)
                add({"-accel", "tcg"});
            addFirmwarePort();
            if (m_edits.notResettable)
                add({"-action", "reboot=shutdown"});
        }
        std::vector<std::string> words;
        for (std::size_t at = 0; at < m_line.words.size(); ++at) {
            if (m_gone.contains(at))
                continue;
            const auto changed = m_changed.find(at);
            words.push_back(changed == m_changed.end() ? m_line.words[at] : changed->second);
        }
        words.insert(words.end(), m_added.begin(), m_added.end());
        return words;
    }

private:
    void add(std::initializer_list<std::string> words) { m_added.insert(m_added.end(), words); }
    void remove(const QemuOption &option)
    {
        m_gone[option.at] = true;
        if (option.value)
            m_gone[*option.value] = true;
    }

    void monitors()
    {
        for (const auto &[place, fd] : m_edits.monitors) {
            if (!place.id.empty()) {
                m_changed[place.at] = "socket,id=" + escaped(place.id) + ",fd=" + std::to_string(fd);
                continue;
            }
            const std::string id = "kastellan-qmp-" + std::to_string(fd);
            m_gone[place.at] = m_gone[place.at - 1] = true;
            add({"-chardev", "socket,id=" + id + ",fd=" + std::to_string(fd), "-mon", "chardev=" + id + ",mode=control"});
        }
    }

    void one(const QemuOption &option)
    {
        if (option.name == "enable-kvm" || option.name == "mem-prealloc" || (option.name == "mem-path" && option.value))
            return remove(option);
        if (!option.value)
            return;
        const std::string &value = m_line.words[*option.value];
        if (option.name == "machine" || option.name == "M") {
            OptionText text(value);
            for (const char *key : {"confidential-guest-support", "memory-encryption", "accel", "kernel-irqchip", "kernel_irqchip",
                     "kvm-type", "kvm-shadow-mem"})
                text.erase(key);
            if (text.text().empty())
                return remove(option);
            m_changed[*option.value] = text.text();
        } else if (option.name == "accel") {
            if (m_accelerated)
                return remove(option);
            m_accelerated = true;
            if (!value.starts_with("tcg"))
                m_changed[*option.value] = "tcg";
        } else if (option.name == "object") {
            const auto values = QemuOptions::parse(value, "qom-type", {});
            const std::string type = values ? values->value("qom-type").value_or("") : "";
            if (type == "sev-guest" || type == "sev-snp-guest")
                remove(option);
        } else if (option.name == "cpu") {
            m_changed[*option.value] = processor(value);
        }
    }

    /// The same model, without what needs KVM, and without what TCG does byte by byte.
    static std::string processor(const std::string &value)
    {
        OptionText text(value);
        for (const char *key : {"enforce", "host-cache-info", "host-phys-bits", "host-phys-bits-limit", "kvm", "migratable"})
            text.erase(key);
        std::string result = text.text();
        if (result == "host" || result.starts_with("host,"))
            result.replace(0, 4, "max");
        const auto values = QemuOptions::parse(result, "model-name", {});
        for (const char *feature : {"erms", "fsrm"})
            if (values && !values->value(feature) && !result.contains("+" + std::string(feature))
                && !result.contains("-" + std::string(feature)))
                result += "," + std::string(feature) + "=off";
        return result;
    }

    void files()
    {
        if (!m_edits.firmware.empty() && m_line.firmwareAt) {
            if (m_line.firmwareKey.empty()) {
                m_changed[*m_line.firmwareAt] = m_edits.firmware;
            } else {
                OptionText text(m_line.words[*m_line.firmwareAt]);
                text.set(m_line.firmwareKey, m_edits.firmware);
                m_changed[*m_line.firmwareAt] = text.text();
            }
        }
        if (!m_edits.kernel.empty() && m_line.kernelAt)
            m_changed[*m_line.kernelAt] = m_edits.kernel;
        if (!m_edits.initrd.empty() && m_line.initrdAt)
            m_changed[*m_line.initrdAt] = m_edits.initrd;
        if (m_edits.append && m_line.appendAt)
            m_changed[*m_line.appendAt] = *m_edits.append;
        else if (m_edits.append)
            add({"-append", *m_edits.append});
    }

    void addMemory()
    {
        if (m_edits.memory.empty())
            return;
        const std::string id = m_line.memoryId.empty() ? "kastellan-ram" : m_line.memoryId;
        const std::string object = "memory-backend-file,id=" + escaped(id) + ",mem-path=" + escaped(m_edits.memory)
            + ",share=on,size=" + std::to_string(m_line.memorySize);
        if (m_line.memoryAt) {
            m_changed[*m_line.memoryAt] = object;
        } else {
            add({"-object", object});
            add({"-machine", "memory-backend=" + id});
        }
    }

    void addFirmwarePort()
    {
        if (m_edits.firmwarePort < 0)
            return;
        // As JSON: devices that are given so, as libvirt's are, exist only after all others.
        if (!m_line.serialBus)
            add({"-device", R"({"driver":"virtio-serial-pci","id":"kastellan-serial"})"});
        add({"-chardev", std::string("socket,id=") + firmwareChardev + ",fd=" + std::to_string(m_edits.firmwarePort)});
        add({"-device",
            oneLine({{"driver", "virtserialport"}, {"chardev", firmwareChardev}, {"id", firmwareDevice}, {"name", firmwarePort}})});
    }

    const QemuLine &m_line;
    const QemuEdits &m_edits;
    std::vector<QemuOption> m_options;
    std::map<std::size_t, std::string> m_changed;
    std::map<std::size_t, bool> m_gone;
    std::vector<std::string> m_added;
    bool m_accelerated = false;
};

} // namespace

std::vector<std::string> OptionText::parts() const
{
    std::vector<std::string> all;
    std::string part;
    for (std::size_t at = 0; at < m_text.size(); ++at) {
        if (m_text[at] != ',') {
            part += m_text[at];
        } else if (at + 1 < m_text.size() && m_text[at + 1] == ',') {
            part += ",,";
            ++at;
        } else {
            all.push_back(std::move(part));
            part.clear();
        }
    }
    if (!part.empty())
        all.push_back(std::move(part));
    return all;
}

void OptionText::join(const std::vector<std::string> &parts)
{
    m_text.clear();
    for (const std::string &part : parts)
        m_text += (m_text.empty() ? "" : ",") + part;
}

void OptionText::erase(std::string_view key)
{
    if (m_text.starts_with('{')) {
        if (auto json = boundedJson(m_text); json && json->is_object()) {
            json->erase(std::string(key));
            m_text = oneLine(*json);
        }
        return;
    }
    auto all = parts();
    // A first word without a value is the type, whatever it is called.
    const auto first = all.begin() + (!all.empty() && !all.front().contains('=') ? 1 : 0);
    all.erase(std::remove_if(first, all.end(), [key](const std::string &part) { return keyOf(part) == key; }), all.end());
    join(all);
}

void OptionText::set(std::string_view key, std::string_view value)
{
    if (m_text.starts_with('{')) {
        auto json = boundedJson(m_text);
        if (!json || !json->is_object())
            return;
        Json *place = &*json;
        std::string rest(key);
        for (std::size_t dot = rest.find('.'); dot != std::string::npos && !place->contains(rest); dot = rest.find('.')) {
            const std::string head = rest.substr(0, dot);
            if (!place->contains(head) || !(*place)[head].is_object())
                break;
            place = &(*place)[head];
            rest = rest.substr(dot + 1);
        }
        (*place)[rest] = std::string(value);
        m_text = oneLine(*json);
        return;
    }
    auto all = parts();
    std::erase_if(all, [key](const std::string &part) { return part.contains('=') && keyOf(part) == key; });
    all.push_back(std::string(key) + "=" + escaped(value));
    join(all);
}

std::vector<std::string> edited(const QemuLine &line, const QemuEdits &edits)
{
    return Editing(line, edits).run();
}

} // namespace kastellan::sev
