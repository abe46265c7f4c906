// SPDX-License-Identifier: Apache-2.0
// The object that protects a guest, with QEMU's own words for what it refuses (qapi/qom.json, target/i386/sev.c).
#include "sev-backend/machine/number.h"
#include "sev-backend/rehearsal/qemu_line.h"

#include <algorithm>
#include <functional>

namespace kastellan::sev {
namespace {

constexpr std::uint64_t defaultSevPolicy = 0x1, defaultSnpPolicy = 0x30000;
constexpr std::size_t idBlockSize = 96, idAuthSize = 4096;

class ObjectReading {
public:
    ObjectReading(SevObject &object, const std::string &text)
        : m_object(object)
        , m_text(text)
    {
    }

    OrRefusal<void> run()
    {
        auto values = QemuOptions::parse(m_text, "qom-type", "-object");
        if (!values)
            return refused("Invalid JSON");
        m_values = std::move(*values);
        m_object.snp = m_values.value("qom-type") == "sev-snp-guest";
        m_object.policy = m_object.snp ? defaultSnpPolicy : defaultSevPolicy;
        if (!m_values.value("id"))
            return refused("Parameter 'id' is missing");
        m_object.id = *m_values.value("id");
        if (!m_values.value("reduced-phys-bits"))
            return refused("Parameter 'reduced-phys-bits' is missing");
        for (const auto &[key, value] : m_values.all())
            if (auto status = one(key, value); !status)
                return status;
        return {};
    }

private:
    std::unexpected<Refusal> refused(std::string why) const { return refuse({"-object " + m_text + ": " + std::move(why)}); }

    OrRefusal<void> number(
        const std::string &key, const std::string &value, std::uint64_t limit, const std::function<void(std::uint64_t)> &take)
    {
        const auto read = numberFrom(value);
        if (!read || *read > limit)
            return refused("Parameter '" + key + "' expects " + (limit == UINT64_MAX ? "uint64" : "uint32_t"));
        take(*read);
        return {};
    }
    OrRefusal<void> flag(const std::string &key, const std::string &value, bool &into)
    {
        if (value != "on" && value != "off" && value != "yes" && value != "no" && value != "true" && value != "false" && value != "y"
            && value != "n")
            return refused("Parameter '" + key + "' expects 'on' or 'off'");
        into = value == "on" || value == "yes" || value == "true" || value == "y";
        return {};
    }
    OrRefusal<Bytes> decoded(const std::string &value)
    {
        auto bytes = fromBase64(value);
        if (!bytes)
            return refused("Base64 data '" + value.substr(0, 64) + "' is not valid");
        return std::move(*bytes);
    }
    std::unexpected<Refusal> length(std::size_t is, const char *relation, std::size_t wanted, const char *of = "")
    {
        return refused("parameter length" + std::string(of) + " " + (of[0] ? "" : "of ") + std::to_string(is) + " " + relation + " "
            + std::to_string(wanted));
    }

    OrRefusal<void> one(const std::string &key, const std::string &value)
    {
        if (key == "qom-type" || key == "id" || (key == "legacy-vm-type" && !m_object.snp))
            return {};
        if (key == "cbitpos")
            return number(key, value, UINT32_MAX, [this](std::uint64_t read) { m_object.cbitpos = static_cast<std::uint32_t>(read); });
        if (key == "reduced-phys-bits")
            return number(
                key, value, UINT32_MAX, [this](std::uint64_t read) { m_object.reducedPhysBits = static_cast<std::uint32_t>(read); });
        if (key == "policy")
            return number(key, value, m_object.snp ? UINT64_MAX : UINT32_MAX, [this](std::uint64_t read) { m_object.policy = read; });
        if (key == "kernel-hashes")
            return flag(key, value, m_object.kernelHashes);
        if (key == "sev-device") {
            m_object.device = value;
            return {};
        }
        return m_object.snp ? ofSnp(key, value) : ofSev(key, value);
    }

    OrRefusal<void> ofSev(const std::string &key, const std::string &value)
    {
        if (key == "dh-cert-file")
            m_object.dhCertFile = value;
        else if (key == "session-file")
            m_object.sessionFile = value;
        else if (key == "handle")
            return number(key, value, UINT32_MAX, [](std::uint64_t) {});
        else
            return refused("Parameter '" + key + "' is unexpected");
        return {};
    }

    OrRefusal<void> ofSnp(const std::string &key, const std::string &value)
    {
        if (key == "author-key-enabled")
            return flag(key, value, m_object.authorKey);
        if (key == "vcek-disabled")
            return flag(key, value, m_object.vcekDisabled);
        if (key == "debug-swap" || key == "secure-tsc" || key == "secure-avic") // of newer QEMUs; sev_machine reads them
            return {};
        if (key != "guest-visible-workarounds" && key != "id-block" && key != "id-auth" && key != "host-data")
            return refused("Parameter '" + key + "' is unexpected");
        auto bytes = decoded(value);
        if (!bytes)
            return std::unexpected(std::move(bytes).error());
        if (key == "guest-visible-workarounds") {
            if (bytes->size() != m_object.workarounds.size())
                return length(bytes->size(), "exceeds max of", m_object.workarounds.size());
            std::ranges::copy(*bytes, m_object.workarounds.begin());
        } else if (key == "id-block") {
            if (bytes->size() != idBlockSize)
                return length(bytes->size(), "not equal to", idBlockSize);
            m_object.idBlock = std::move(*bytes);
        } else if (key == "id-auth") {
            if (bytes->size() > idAuthSize)
                return length(bytes->size(), "exceeds max of", idAuthSize, ":ID_AUTH");
            m_object.idAuth = std::move(*bytes);
        } else {
            if (bytes->size() != HostData::size)
                return length(bytes->size(), "not equal to", HostData::size);
            std::ranges::copy(*bytes, m_object.hostData.bytes.begin());
        }
        return {};
    }

    SevObject &m_object;
    const std::string &m_text;
    QemuOptions m_values;
};

} // namespace

OrRefusal<SevObject> SevObject::read(const std::string &text)
{
    SevObject object;
    if (auto status = ObjectReading(object, text).run(); !status)
        return std::unexpected(std::move(status).error());
    return object;
}

} // namespace kastellan::sev
