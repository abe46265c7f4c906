// SPDX-License-Identifier: Apache-2.0
// go-sev-guest's sevsnp.Attestation in protocol buffers' wire form (protobuf.dev, "Encoding"), and the bare sevsnp.Report.
#include "sev-backend/abi/report.h"
#include "sev-backend/intake/parts.h"

#include <algorithm>

namespace kastellan::sev::intake {
namespace {

/// One field of a message.
struct Field {
    unsigned number = 0;
    bool isBytes = false;
    std::uint64_t value = 0;
    ByteView bytes;
    std::size_t offset = 0; ///< of the bytes
};

/// Reads a message field by field, never past its end. Groups and field number 0 are errors.
class WireReader {
public:
    explicit WireReader(ByteView bytes)
        : m_bytes(bytes)
    {
    }
    [[nodiscard]] bool atEnd() const { return m_at == m_bytes.size(); }
    std::optional<Field> next()
    {
        const auto tag = varint();
        if (!tag || *tag >> 3 == 0 || *tag >> 3 > 0x1fffffff)
            return std::nullopt;
        Field field;
        field.number = static_cast<unsigned>(*tag >> 3);
        const auto fixed = [&](std::size_t size) {
            if (m_bytes.size() - m_at < size)
                return false;
            for (std::size_t i = 0; i < size; ++i)
                field.value |= std::uint64_t{m_bytes[m_at + i]} << (8 * i);
            m_at += size;
            return true;
        };
        switch (*tag & 7) {
        case 0: {
            const auto value = varint();
            if (!value)
                return std::nullopt;
            field.value = *value;
            return field;
        }
        case 1:
            return fixed(8) ? std::optional(field) : std::nullopt;
        case 5:
            return fixed(4) ? std::optional(field) : std::nullopt;
        case 2: {
            const auto size = varint();
            if (!size || *size > m_bytes.size() - m_at)
                return std::nullopt;
            field.isBytes = true;
            field.offset = m_at;
            field.bytes = m_bytes.subspan(m_at, static_cast<std::size_t>(*size));
            m_at += static_cast<std::size_t>(*size);
            return field;
        }
        default:
            return std::nullopt;
        }
    }

private:
    std::optional<std::uint64_t> varint()
    {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64 && m_at < m_bytes.size(); shift += 7) {
            const std::uint8_t byte = m_bytes[m_at++];
            if (shift == 63 && byte > 1)
                return std::nullopt;
            value |= std::uint64_t{byte & 0x7fu} << shift;
            if (!(byte & 0x80))
                return value;
        }
        return std::nullopt;
    }
    ByteView m_bytes;
    std::size_t m_at = 0;
};

/// Where a field's bytes go in the report. `size` 0: the CPUID word.
struct Place {
    unsigned number;
    std::string_view name;
    std::size_t offset, size;
    bool isBytes;
};
constexpr Place places[] = {
    {1, "version", 0x000, 4, false},
    {2, "guest_svn", 0x004, 4, false},
    {3, "policy", 0x008, 8, false},
    {4, "family_id", 0x010, 16, true},
    {5, "image_id", 0x020, 16, true},
    {6, "vmpl", 0x030, 4, false},
    {7, "signature_algo", 0x034, 4, false},
    {8, "current_tcb", 0x038, 8, false},
    {9, "platform_info", 0x040, 8, false},
    {10, "signer_info", 0x048, 4, false},
    {11, "report_data", 0x050, 64, true},
    {12, "measurement", 0x090, 48, true},
    {13, "host_data", 0x0c0, 32, true},
    {14, "id_key_digest", 0x0e0, 48, true},
    {15, "author_key_digest", 0x110, 48, true},
    {16, "report_id", 0x140, 32, true},
    {17, "report_id_ma", 0x160, 32, true},
    {18, "reported_tcb", 0x180, 8, false},
    {19, "chip_id", 0x1a0, 64, true},
    {20, "committed_tcb", 0x1e0, 8, false},
    {21, "current_build", 0x1e8, 1, false},
    {22, "current_minor", 0x1e9, 1, false},
    {23, "current_major", 0x1ea, 1, false},
    {24, "committed_build", 0x1ec, 1, false},
    {25, "committed_minor", 0x1ed, 1, false},
    {26, "committed_major", 0x1ee, 1, false},
    {27, "launch_tcb", 0x1f0, 8, false},
    {28, "signature", 0x2a0, 512, true},
    {29, "cpuid1eax_fms", 0x188, 0, false},
    {30, "launch_mit_vector", 0x1f8, 8, false},
    {31, "current_mit_vector", 0x200, 8, false},
};
const Place *placeOf(unsigned number)
{
    const auto at = std::ranges::find(places, number, &Place::number);
    return at == std::end(places) ? nullptr : at;
}

/// A message of the report's fields, whatever they hold; nothing if it can't be read or is none.
std::optional<ProtoReport> readReport(ByteView message)
{
    ProtoReport report;
    WireReader reader(message);
    constexpr std::size_t most = 64;
    while (!reader.atEnd()) {
        const auto field = reader.next();
        if (!field || report.numbers.size() + report.bytes.size() > most)
            return std::nullopt;
        const Place *place = placeOf(field->number);
        if (!place || place->isBytes != field->isBytes)
            return std::nullopt;
        if (field->isBytes)
            report.bytes.emplace_back(field->number, toBytes(field->bytes));
        else
            report.numbers.emplace_back(field->number, field->value);
    }
    // Every report has a version, a measurement and a signature: without them these bytes are a message by chance.
    const bool has = std::ranges::any_of(report.numbers, [](const auto &entry) { return entry.first == 1; })
        && std::ranges::any_of(report.bytes, [](const auto &entry) { return entry.first == 12; })
        && std::ranges::any_of(report.bytes, [](const auto &entry) { return entry.first == 28; });
    return has ? std::optional(std::move(report)) : std::nullopt;
}

bool takeReport(Looker &looker, const Part &part, const ProtoReport &fields)
{
    const auto report = reportOf(fields);
    if (!report) {
        looker.reason("it is go-sev-guest's form of a report, and its field " + report.error().where + " is wrong: " + report.error().why);
        return false;
    }
    looker.snpReport(part.at(0, part.bytes.size()), *report, "go-sev-guest", reportWords(*report) + " in go-sev-guest's form");
    return true;
}

void lookChain(Looker &looker, const Part &part, ByteView message)
{
    WireReader reader(message);
    while (!reader.atEnd()) {
        const auto field = reader.next();
        if (!field)
            return looker.unknown(part, "its certificate chain can't be read");
        constexpr unsigned vcek = 1, ask = 2, ark = 3, vlek = 6;
        const bool certificate = field->number == vcek || field->number == ask || field->number == ark || field->number == vlek;
        if (!certificate || !field->isBytes || field->bytes.empty() || !looker.spend(part, 1, 0))
            continue;
        const Part inner = part.derived(field->bytes, "certificate " + std::to_string(field->number));
        if (!lookDer(looker, inner) && !lookPem(looker, inner))
            looker.unknown(inner, "it is no certificate that can be read");
    }
}

} // namespace

Result<Bytes> reportOf(const ProtoReport &fields)
{
    constexpr const char *what = "read a report of go-sev-guest";
    Bytes report(ReportView::size);
    for (const auto &[number, value] : fields.numbers) {
        const Place &place = *placeOf(number);
        if (place.size == 0) {
            // CPUID 1 EAX: the report holds family and model with their extensions added.
            const auto eax = static_cast<std::uint32_t>(value);
            if (value > 0xffffffff)
                return badInput(what, std::string(place.name), "it has more than 32 bits");
            report[0x188] = static_cast<std::uint8_t>(((eax >> 8) & 0xf) + ((eax >> 20) & 0xff));
            report[0x189] = static_cast<std::uint8_t>(((eax >> 4) & 0xf) | ((eax >> 12) & 0xf0));
            report[0x18a] = static_cast<std::uint8_t>(eax & 0xf);
            continue;
        }
        if (place.size < 8 && value >> (8 * place.size) != 0)
            return badInput(what, std::string(place.name), "it has more than " + std::to_string(8 * place.size) + " bits");
        for (std::size_t i = 0; i < place.size; ++i)
            report[place.offset + i] = static_cast<std::uint8_t>(value >> (8 * i));
    }
    for (const auto &[number, bytes] : fields.bytes) {
        const Place &place = *placeOf(number);
        if (bytes.size() != place.size)
            return badInput(what, std::string(place.name),
                "it has " + std::to_string(bytes.size()) + " bytes, and needs " + std::to_string(place.size));
        std::ranges::copy(bytes, report.begin() + static_cast<std::ptrdiff_t>(place.offset));
    }
    return report;
}

std::optional<unsigned> protoReportField(std::string_view name)
{
    const auto at = std::ranges::find(places, name, &Place::name);
    return at == std::end(places) ? std::nullopt : std::optional(at->number);
}

bool lookProto(Looker &looker, const Part &part)
{
    // A report, or a certificate chain, first in the message and well over the size of a head.
    constexpr std::size_t least = 512;
    if (part.bytes.size() < least)
        return false;
    if (const auto bare = readReport(part.bytes))
        return takeReport(looker, part, *bare);
    std::optional<ProtoReport> report;
    std::vector<ByteView> chains;
    WireReader reader(part.bytes);
    while (!reader.atEnd()) {
        const auto field = reader.next();
        if (!field) {
            if (report)
                looker.reason("it begins as go-sev-guest's Attestation, and can't be read to its end");
            return false;
        }
        if (field->number == 1 && field->isBytes)
            report = readReport(field->bytes);
        else if (field->number == 2 && field->isBytes && chains.size() < 4)
            chains.push_back(field->bytes);
        else if (field->number > 3)
            return false;
    }
    if (!report || !takeReport(looker, part, *report))
        return false;
    for (const auto &chain : chains)
        lookChain(looker, part, chain);
    return true;
}

} // namespace kastellan::sev::intake
