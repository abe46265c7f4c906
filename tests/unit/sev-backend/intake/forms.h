// SPDX-License-Identifier: Apache-2.0
// The forms in which people have evidence, made of the raw bytes.
#pragma once

#include "core/base/digest.h"
#include "core/reports/zip.h"
#include "sev-backend/certificates/ghcb_table.h"

#include <algorithm>
#include <string>
#include <vector>

namespace kastellan::test {

inline Bytes joinedBytes(std::initializer_list<ByteView> parts)
{
    Bytes all;
    for (const ByteView part : parts)
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

/// A text in lines of so many characters.
inline std::string wrapped(const std::string &text, std::size_t columns)
{
    std::string lines;
    for (std::size_t at = 0; at < text.size(); at += columns)
        lines += text.substr(at, columns) + "\n";
    return lines;
}

inline std::string pem(ByteView der, const std::string &label = "CERTIFICATE")
{
    return "-----BEGIN " + label + "-----\n" + wrapped(toBase64(der), 64) + "-----END " + label + "-----\n";
}

/// MSG_REPORT_RSP: status 0, size, the report at 0x20, in a buffer of so many bytes.
inline Bytes response(ByteView report, std::size_t size = 4000)
{
    Bytes bytes(std::max(size, 0x20 + report.size()));
    storeLe<std::uint32_t>(bytes, 4, static_cast<std::uint32_t>(report.size()));
    std::copy(report.begin(), report.end(), bytes.begin() + 0x20);
    return bytes;
}

/// struct snp_guest_request_ioctl before the response.
inline Bytes ioctlBuffer(ByteView report)
{
    Bytes head(32);
    head[0] = 1;
    storeLe<std::uint64_t>(head, 8, 0x7ffd12345000);
    storeLe<std::uint64_t>(head, 16, 0x7ffd12346000);
    return joinedBytes({head, response(report)});
}

/// Azure's blob: header, report, runtime data of the kind that report data binds.
inline Bytes hclBlob(ByteView report)
{
    const std::string runtime = R"({"keys":[],"vm-configuration":{"secure-boot":true}})";
    Bytes blob(0x20);
    std::copy_n("HCLA", 4, blob.begin());
    storeLe<std::uint32_t>(blob, 4, 2);
    Bytes request(20);
    storeLe<std::uint32_t>(request, 8, 2);
    storeLe<std::uint32_t>(request, 12, 1);
    storeLe<std::uint32_t>(request, 16, static_cast<std::uint32_t>(runtime.size()));
    Bytes all = joinedBytes({blob, report, request, asBytes(runtime)});
    all.resize(2600);
    return all;
}

inline void putVarint(Bytes &out, std::uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        out.push_back(static_cast<std::uint8_t>(value | 0x80));
    out.push_back(static_cast<std::uint8_t>(value));
}
inline void putNumber(Bytes &out, unsigned field, std::uint64_t value)
{
    if (value == 0)
        return; // as every writer of proto3 does
    putVarint(out, field << 3);
    putVarint(out, value);
}
inline void putBytes(Bytes &out, unsigned field, ByteView value)
{
    putVarint(out, field << 3 | 2);
    putVarint(out, value.size());
    out.insert(out.end(), value.begin(), value.end());
}

/// The fields of go-sev-guest's sevsnp.Report: number, name, offset, size; size 0 is the CPUID word. The bytes fields are marked.
struct ProtoField {
    unsigned number;
    const char *name;
    std::size_t offset, size;
    bool bytes;
};
inline const std::vector<ProtoField> &protoFields()
{
    static const std::vector<ProtoField> fields = {{1, "version", 0, 4, false}, {2, "guest_svn", 4, 4, false}, {3, "policy", 8, 8, false},
        {4, "family_id", 0x10, 16, true}, {5, "image_id", 0x20, 16, true}, {6, "vmpl", 0x30, 4, false},
        {7, "signature_algo", 0x34, 4, false}, {8, "current_tcb", 0x38, 8, false}, {9, "platform_info", 0x40, 8, false},
        {10, "signer_info", 0x48, 4, false}, {11, "report_data", 0x50, 64, true}, {12, "measurement", 0x90, 48, true},
        {13, "host_data", 0xc0, 32, true}, {14, "id_key_digest", 0xe0, 48, true}, {15, "author_key_digest", 0x110, 48, true},
        {16, "report_id", 0x140, 32, true}, {17, "report_id_ma", 0x160, 32, true}, {18, "reported_tcb", 0x180, 8, false},
        {19, "chip_id", 0x1a0, 64, true}, {20, "committed_tcb", 0x1e0, 8, false}, {21, "current_build", 0x1e8, 1, false},
        {22, "current_minor", 0x1e9, 1, false}, {23, "current_major", 0x1ea, 1, false}, {24, "committed_build", 0x1ec, 1, false},
        {25, "committed_minor", 0x1ed, 1, false}, {26, "committed_major", 0x1ee, 1, false}, {27, "launch_tcb", 0x1f0, 8, false},
        {28, "signature", 0x2a0, 512, true}, {29, "cpuid1eax_fms", 0x188, 0, false}, {30, "launch_mit_vector", 0x1f8, 8, false},
        {31, "current_mit_vector", 0x200, 8, false}};
    return fields;
}
inline std::uint64_t protoNumber(ByteView report, const ProtoField &field)
{
    if (field.size == 0) {
        // CPUID 1 EAX from family, model and stepping as the report has them.
        const unsigned family = report[0x188], model = report[0x189], stepping = report[0x18a];
        if (family == 0)
            return 0;
        return (family > 15 ? (family - 15) << 20 | 15u << 8 : family << 8) | (model >> 4) << 16 | (model & 15) << 4 | stepping;
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < field.size; ++i)
        value |= std::uint64_t{report[field.offset + i]} << (8 * i);
    return value;
}

/// sevsnp.Report in wire form.
inline Bytes protoReport(ByteView report)
{
    Bytes out;
    for (const auto &field : protoFields()) {
        if (field.bytes)
            putBytes(out, field.number, report.subspan(field.offset, field.size));
        else
            putNumber(out, field.number, protoNumber(report, field));
    }
    return out;
}
/// sevsnp.Attestation in wire form.
inline Bytes protoAttestation(ByteView report, ByteView vcek = {}, ByteView ask = {}, ByteView ark = {})
{
    Bytes out, chain, product;
    putBytes(out, 1, protoReport(report));
    if (!vcek.empty())
        putBytes(chain, 1, vcek);
    if (!ask.empty())
        putBytes(chain, 2, ask);
    if (!ark.empty())
        putBytes(chain, 3, ark);
    putBytes(out, 2, chain);
    putNumber(product, 1, 1);
    putBytes(out, 3, product);
    return out;
}

inline std::string escaped(ByteView bytes)
{
    std::string text = "\"";
    for (const std::uint8_t byte : bytes) {
        if (byte == '"' || byte == '\\')
            text += std::string("\\") + static_cast<char>(byte);
        else if (byte >= 0x20 && byte < 0x7f)
            text += static_cast<char>(byte);
        else {
            const char digits[] = {'\\', static_cast<char>('0' + (byte >> 6)), static_cast<char>('0' + (byte >> 3 & 7)),
                static_cast<char>('0' + (byte & 7)), 0};
            text += digits;
        }
    }
    return text + "\"";
}
/// sevsnp.Attestation in text form.
inline std::string textAttestation(ByteView report, ByteView vcek = {})
{
    std::string text = "# proto-message: sevsnp.Attestation\nreport: {\n";
    for (const auto &field : protoFields()) {
        if (field.bytes)
            text += std::string("  ") + field.name + ": " + escaped(report.subspan(field.offset, field.size)) + "\n";
        else if (const auto value = protoNumber(report, field))
            text += std::string("  ") + field.name + ": " + std::to_string(value) + "\n";
    }
    text += "}\n";
    if (!vcek.empty())
        text += "certificate_chain: {\n  vcek_cert: " + escaped(vcek) + "\n}\n";
    return text + "product: {\n  name: SEV_PRODUCT_MILAN\n}\n";
}

} // namespace kastellan::test
