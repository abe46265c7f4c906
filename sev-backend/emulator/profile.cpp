// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/emulator/profile.h"

#include <algorithm>

namespace kastellan::sev {
namespace {

constexpr PlatformInfo usual{
    (1u << PlatformInfo::SmtEnabled) | (1u << PlatformInfo::EccEnabled) | (1u << PlatformInfo::AliasCheckComplete)};

// Levels as seen on real machines, at or above those of the bulletins (abi/bulletins.cpp). Milan's microcode level takes two bytes in DER.
constexpr Profile all[] = {
    {"naples", Product::Unknown, "Naples", 0, 0x17, 0x01, 0x02, {48, 17, 0}, 0, 0, 0, 0, 0, {}, 0, "Naples", false, 2048, 15, 5},
    {"rome", Product::Unknown, "Rome", 0, 0x17, 0x31, 0x00, {20, 24, 0}, 0, 0, 0, 0, 0, {}, 0, "Rome", false, 4096, 509, 100},
    {"milan", Product::Milan, "Milan-B0", 0, 0x19, 0x01, 0x01, {29, 58, 1}, 0, 4, 0, 29, 222, usual, 0, "Milan", true, 4096, 509, 100},
    {"genoa", Product::Genoa, "Genoa-B1", 0, 0x19, 0x11, 0x01, {40, 58, 1}, 0, 10, 0, 27, 86, usual, 0, "Genoa", true, 4096, 1006, 100},
    {"turin", Product::Turin, "Turin-C1", 1, 0x1a, 0x02, 0x01, {12, 58, 1}, 1, 1, 1, 4, 77, usual, 0, "Turin", true, 4096, 1006, 100},
};

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

} // namespace

TcbVersion Profile::tcb() const
{
    TcbVersion version(layoutOf(product));
    version.set(TcbPart::Fmc, fmc);
    version.set(TcbPart::Bootloader, bootloader);
    version.set(TcbPart::Tee, tee);
    version.set(TcbPart::Snp, snp);
    version.set(TcbPart::Microcode, microcode);
    return version;
}

std::span<const Profile> profiles()
{
    return std::span(all).subspan(2);
}

std::span<const Profile> allProfiles()
{
    return all;
}

const Profile &defaultProfile()
{
    return all[3];
}

Result<const Profile *> findProfile(std::string_view name)
{
    for (const auto &profile : all)
        if (std::ranges::equal(name, profile.id, {}, lower))
            return &profile;
    return badInput("choose an emulated processor", std::string(name.substr(0, 40)), "there is no such profile",
        "Choose naples, rome, milan, genoa or turin.");
}

} // namespace kastellan::sev
