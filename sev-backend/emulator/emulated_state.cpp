// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/emulator/emulated_state.h"

#include "core/base/codec.h"
#include "core/base/digest.h"

#include <algorithm>

namespace kastellan::sev {
namespace {

constexpr std::string_view magic = "KASTPLT1";
constexpr const char *reading = "read the state of the emulated platform";
constexpr std::size_t certificateSize = 2084, certificateLimit = 4096, seedSize = 64, cspLimit = 64;

void put(Writer &writer, const FirmwareVersion &version)
{
    writer.number(version.build).number(version.minor).number(version.major);
}

bool emptyOr(std::size_t size, const Bytes &bytes)
{
    return bytes.empty() || bytes.size() == size;
}

} // namespace

EmulatedState EmulatedState::fresh(const Profile &profile, bool uncommitted)
{
    EmulatedState state;
    state.snpInitialized = profile.hasSnp;
    state.committedVersion = profile.firmware;
    TcbVersion tcb = profile.tcb();
    if (uncommitted) {
        tcb.set(TcbPart::Snp, static_cast<std::uint8_t>(profile.hasSnp ? profile.snp - 1 : 0));
        --state.committedVersion.build;
    }
    state.committedTcb = state.reportedTcb = tcb.bytes();
    return state;
}

Bytes EmulatedState::encode(const Sha256 &chip) const
{
    Writer writer;
    writer.raw(asBytes(magic)).raw(chip.bytes);
    writer.number(
        static_cast<std::uint8_t>(initialized | es << 1 | externallyOwned << 2 | snpInitialized << 3 | maskChipId << 4 | maskChipKey << 5));
    for (const std::uint64_t number : {epoch, keysMade, ocaKey, pekKey, pdhKey, snpEpoch, draws})
        writer.number(number);
    for (const Bytes *certificate : {&ark, &ask, &cek, &oca, &pek, &pdh, &reportedVcek})
        writer.sized(*certificate);
    put(writer, committedVersion);
    writer.raw(committedTcb.bytes).raw(reportedTcb.bytes).sized(vlekSeed).text(vlekCsp);
    Bytes bytes = writer.take();
    const Sha256 sum = sha256(bytes);
    bytes.insert(bytes.end(), sum.bytes.begin(), sum.bytes.end());
    return bytes;
}

Result<EmulatedState> EmulatedState::decode(ByteView bytes, const Sha256 &chip)
{
    if (bytes.size() < magic.size() + 2 * Sha256::size || asText(bytes.first(magic.size())) != magic)
        return badInput(reading, {}, "it is not one, or is cut");
    const ByteView content = bytes.first(bytes.size() - Sha256::size);
    if (!std::ranges::equal(sha256(content).bytes, bytes.last(Sha256::size)))
        return badInput(reading, {}, "it is damaged");
    Reader reader(content.subspan(magic.size()));
    if (reader.fixed<Sha256>() != chip)
        return fail(ErrorKind::Negative, reading, {}, "it belongs to another emulated processor");
    EmulatedState state;
    const auto flags = reader.number<std::uint8_t>();
    const auto flag = [flags](unsigned number) { return ((flags >> number) & 1) != 0; };
    state.initialized = flag(0);
    state.es = flag(1);
    state.externallyOwned = flag(2);
    state.snpInitialized = flag(3);
    state.maskChipId = flag(4);
    state.maskChipKey = flag(5);
    for (std::uint64_t *number :
        {&state.epoch, &state.keysMade, &state.ocaKey, &state.pekKey, &state.pdhKey, &state.snpEpoch, &state.draws})
        *number = reader.number<std::uint64_t>();
    for (Bytes *certificate : {&state.ark, &state.ask, &state.cek, &state.oca, &state.pek, &state.pdh, &state.reportedVcek})
        *certificate = toBytes(reader.sized(certificateLimit));
    state.committedVersion.build = reader.number<std::uint8_t>();
    state.committedVersion.minor = reader.number<std::uint8_t>();
    state.committedVersion.major = reader.number<std::uint8_t>();
    state.committedTcb = reader.fixed<TcbBytes>();
    state.reportedTcb = reader.fixed<TcbBytes>();
    state.vlekSeed = toBytes(reader.sized(seedSize));
    state.vlekCsp = reader.text(cspLimit);
    KASTELLAN_TRY(reader.finish(reading));
    const bool sizes = std::ranges::all_of(std::array{&state.cek, &state.oca, &state.pek, &state.pdh},
        [](const Bytes *certificate) { return emptyOr(certificateSize, *certificate); });
    // A key and its certificate are there together; those of one generation all are or none is.
    const bool keys = state.oca.empty() == state.pek.empty() && state.pek.empty() == state.pdh.empty()
        && state.pek.empty() == (state.pekKey == 0) && state.pdh.empty() == (state.pdhKey == 0) && state.ocaKey <= state.keysMade
        && state.pekKey <= state.keysMade && state.pdhKey <= state.keysMade;
    if (flags > 0x3f || !sizes || !keys || !emptyOr(seedSize, state.vlekSeed))
        return badInput(reading, {}, "its parts do not fit each other");
    return state;
}

} // namespace kastellan::sev
