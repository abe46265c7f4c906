// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/appraisal/descriptions.h"

#include <algorithm>
#include <format>

namespace kastellan::sev {
namespace {

namespace at = report_offset;

/// "a: set meaning; b: clear meaning" for every bit that has one.
std::string bitMeanings(std::uint64_t word, std::span<const FlagBit> bits)
{
    std::string text;
    for (const auto &bit : bits) {
        text += text.empty() ? "" : "; ";
        text += (word >> bit.bit) & 1 ? bit.set : bit.clear;
    }
    return text;
}

class Fields {
public:
    explicit Fields(const ReportView &report)
        : m_report(report)
    {
    }
    void add(std::size_t offset, std::size_t length, std::string name, std::string value, std::string meaning)
    {
        m_fields.push_back({offset, length, std::move(name), std::move(value), std::move(meaning)});
    }
    /// A field whose value is its bytes in hex.
    void bytes(std::size_t offset, std::size_t length, std::string name, std::string meaning)
    {
        add(offset, length, std::move(name), toHex(m_report.bytes().subspan(offset, length)), std::move(meaning));
    }
    void tcb(std::size_t offset, std::string name, TcbLayout layout, std::string meaning)
    {
        TcbBytes raw;
        std::ranges::copy(m_report.bytes().subspan(offset, TcbBytes::size), raw.bytes.begin());
        add(offset, TcbBytes::size, std::move(name), toHex(raw.bytes), std::move(meaning) + ": " + TcbVersion(raw, layout).text());
    }
    void firmware(std::size_t offset, std::string name, const FirmwareVersion &version, std::string meaning)
    {
        add(offset, 3, std::move(name), version.text(), std::move(meaning));
    }
    void reserved(std::size_t offset, std::size_t length)
    {
        const ByteView raw = m_report.bytes().subspan(offset, length);
        const bool clear = std::ranges::all_of(raw, [](std::uint8_t byte) { return byte == 0; });
        add(offset, length, "reserved", clear ? "0" : toHex(raw),
            clear ? "Reserved: zero, as it has to be." : "Reserved: has to be zero and is not.");
    }
    std::vector<Field> take()
    {
        std::ranges::sort(m_fields, {}, &Field::offset);
        return std::move(m_fields);
    }

private:
    const ReportView &m_report;
    std::vector<Field> m_fields;
};

std::string flagsMeaning(const ReportView &report)
{
    return std::string(report.authorKeyUsed() ? "An author key signed the ID key" : "No author key") + "; the chip's keys are "
        + (report.chipKeyMasked() ? "masked" : "not masked") + "; signed by the key: " + std::string(name(report.signingKey())) + ".";
}

void addHead(Fields &fields, const ReportView &report, TcbLayout layout)
{
    fields.add(at::version, 4, "version", std::to_string(report.version()),
        report.versionKnown() ? "Version of this layout." : "A version that is not known here: the fields may mean something else.");
    fields.add(
        at::guestSvn, 4, "guest_svn", std::to_string(report.guestSvn()), "Security version that the owner gave the guest in its ID block.");
    fields.add(at::policy, 8, "policy", report.policy().text(),
        "Guest policy: firmware " + std::to_string(report.policy().abiMajor()) + "." + std::to_string(report.policy().abiMinor())
            + " or newer; " + bitMeanings(report.policy().raw(), GuestPolicy::bits()) + ".");
    fields.bytes(at::familyId, 16, "family_id", "Family that the ID block names; zero without one.");
    fields.bytes(at::imageId, 16, "image_id", "Image that the ID block names; zero without one.");
    fields.add(at::vmpl, 4, "vmpl", std::to_string(report.vmpl()), "Privilege level inside of the guest that asked: 0 is the highest.");
    fields.add(at::signatureAlgorithm, 4, "signature_algo", std::to_string(report.signatureAlgorithm()),
        report.signatureAlgorithm() == 1 ? "ECDSA on P-384 with SHA-384." : "An algorithm that is not known.");
    fields.tcb(at::currentTcb, "current_tcb", layout, "Levels of the firmware that runs");
    fields.add(at::platformInfo, 8, "platform_info", report.platformInfo().text(),
        "How the machine is set up: " + bitMeanings(report.platformInfo().raw(), PlatformInfo::bits()) + ".");
    fields.add(at::flags, 4, "flags", std::format("{:#x}", loadLe<std::uint32_t>(report.bytes(), at::flags)), flagsMeaning(report));
}

void addBody(Fields &fields, const ReportView &report, TcbLayout layout)
{
    fields.bytes(at::reportData, 64, "report_data", "What the guest had bound into the report: session, nonce, delivered workload.");
    fields.bytes(at::measurement, 48, "measurement", "Launch digest: everything the firmware loaded before the guest began.");
    fields.bytes(at::hostData, 32, "host_data", "Fixed by the host at launch: for a keep, the SHA-256 of its owner key.");
    fields.bytes(at::idKeyDigest, 48, "id_key_digest", "SHA-384 of the key that signed the ID block; zero without one.");
    fields.bytes(at::authorKeyDigest, 48, "author_key_digest", "SHA-384 of the author key that signed the ID key; zero without one.");
    fields.bytes(at::reportId, 32, "report_id", "Identity of this guest: new at every launch.");
    fields.bytes(at::reportIdMa, 32, "report_id_ma",
        report.withoutMigrationAgent() ? "No migration agent." : "Identity of the migration agent, which can read the guest.");
    fields.tcb(at::reportedTcb, "reported_tcb", layout, "Levels that the platform answers for: the signing key is made for them");
    if (report.hasCpuid()) {
        fields.add(
            at::cpuidFamily, 1, "cpuid_fam_id", std::format("{:#x}", report.cpuidFamily()), "Family of the processor (base and extended).");
        fields.add(at::cpuidModel, 1, "cpuid_mod_id", std::format("{:#x}", report.cpuidModel()),
            "Model of the processor: " + std::string(name(productFromCpuid(report.cpuidFamily(), report.cpuidModel()))) + ".");
        fields.add(at::cpuidStepping, 1, "cpuid_step", std::format("{:#x}", report.cpuidStepping()), "Stepping of the processor.");
    }
    fields.bytes(
        at::chipId, 64, "chip_id", report.chipIdMasked() ? "Masked by the host." : "Identity of the chip: 64 bytes, on Turin the first 8.");
    fields.tcb(at::committedTcb, "committed_tcb", layout, "Levels below which the firmware can't be set back");
    fields.firmware(at::currentVersion, "current_version", report.currentVersion(), "Version of the firmware that runs.");
    fields.firmware(at::committedVersion, "committed_version", report.committedVersion(), "Version below which it can't be set back.");
    fields.tcb(at::launchTcb, "launch_tcb", layout, "Levels when the guest was launched");
    if (report.hasMitigations()) {
        fields.add(at::launchMitigations, 8, "launch_mit_vector", std::format("{:#x}", report.launchMitigations()),
            "Mitigations in force when the guest was launched.");
        fields.add(at::currentMitigations, 8, "current_mit_vector", std::format("{:#x}", report.currentMitigations()),
            "Mitigations in force now.");
    }
    fields.bytes(at::signatureR, 72, "signature_r", "First number of the signature, little-endian.");
    fields.bytes(at::signatureS, 72, "signature_s", "Second number of the signature, little-endian.");
}

} // namespace

std::vector<Field> reportFields(const ReportView &report, TcbLayout layout)
{
    Fields fields(report);
    addHead(fields, report, layout);
    addBody(fields, report, layout);
    for (const auto &range : reservedRanges(report.version()))
        fields.reserved(range.offset, range.length);
    return fields.take();
}

} // namespace kastellan::sev
