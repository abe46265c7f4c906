// SPDX-License-Identifier: Apache-2.0
#include "core/hosts/pins.h"

#include "core/base/file.h"
#include "core/evidence/json.h"

#include <algorithm>
#include <cerrno>

#include <unistd.h>

namespace kastellan {
namespace {

constexpr std::string_view schema = "kastellan-pins-1";
constexpr std::size_t largest = std::size_t{4} << 20;

std::filesystem::path pinsFile()
{
    return dataFolder() / "pins.json";
}

Status write(const std::vector<HostPin> &pins)
{
    js::Out list = js::Out::array();
    for (const auto &pin : pins)
        list.push_back({{"host", pin.host}, {"identity", pin.identity}, {"since", pin.since}});
    const js::Out whole = {{"schema", schema}, {"pins", std::move(list)}};
    return writeFileAtomically(pinsFile(), asBytes(js::dump(whole, 2) + "\n"));
}

/// Changes the pins under a lock, so that two programs do not undo each other's.
template <typename Change>
auto change(Change work) -> decltype(work(std::declval<std::vector<HostPin> &>()))
{
    KASTELLAN_TRY(makeFolder(dataFolder()));
    KASTELLAN_ASSIGN(const Fd lock, lockFile(pinsFile().string() + ".lock"));
    KASTELLAN_ASSIGN(std::vector<HostPin> pins, hostPins());
    return work(pins);
}

auto find(std::vector<HostPin> &pins, std::string_view host)
{
    return std::ranges::find(pins, host, &HostPin::host);
}

} // namespace

Result<std::vector<HostPin>> hostPins()
{
    const std::string where = pinsFile().string();
    if (::access(where.c_str(), F_OK) != 0 && errno == ENOENT)
        return std::vector<HostPin>();
    KASTELLAN_ASSIGN(const Bytes bytes, readFile(pinsFile(), largest));
    const auto damaged = [&](const Error &error) {
        return environment("read the pinned hosts", where, error.where + ": " + error.why,
            "Restore the file from a backup. If you know why it is so, remove it: every host is pinned anew then.");
    };
    const auto value = js::parse(asText(bytes), where, largest);
    if (!value)
        return damaged(value.error());
    js::Object object(*value, "pins");
    const std::string version = object.text("schema");
    if (object.status() && version != schema)
        return environment("read the pinned hosts", where,
            "its schema is '" + version.substr(0, 64) + "', and this program knows " + std::string(schema), "Update Kastellan.");
    std::vector<HostPin> pins;
    object.each("pins", [&](const js::In &entry, const std::string &place) -> Status {
        js::Object pin(entry, place);
        pins.push_back({pin.text("host"), pin.text("identity"), pin.integer("since", 0, INT64_MAX)});
        return pin.status();
    });
    if (const Status status = object.status(); !status)
        return damaged(status.error());
    return pins;
}

Result<std::optional<HostPin>> hostPin(std::string_view host)
{
    KASTELLAN_ASSIGN(std::vector<HostPin> pins, hostPins());
    const auto found = find(pins, host);
    return found == pins.end() ? std::nullopt : std::optional(*found);
}

Result<HostPin> pinHostFirst(const HostPin &pin)
{
    return change([&](std::vector<HostPin> &pins) -> Result<HostPin> {
        if (const auto found = find(pins, pin.host); found != pins.end())
            return *found;
        pins.push_back(pin);
        KASTELLAN_TRY(write(pins));
        return pin;
    });
}

Status pinHost(const HostPin &pin)
{
    return change([&](std::vector<HostPin> &pins) -> Status {
        if (const auto found = find(pins, pin.host); found != pins.end())
            *found = pin;
        else
            pins.push_back(pin);
        return write(pins);
    });
}

Result<bool> unpinHost(std::string_view host)
{
    return change([&](std::vector<HostPin> &pins) -> Result<bool> {
        const auto found = find(pins, host);
        if (found == pins.end())
            return false;
        pins.erase(found);
        KASTELLAN_TRY(write(pins));
        return true;
    });
}

std::string pinName(std::string_view host, std::string_view root, std::string_view identity)
{
    std::string name(host);
    if (host != "emulated" && root.starts_with("emulated:")) // that host is emulated always
        name += "#rehearsal";
    if (identity.starts_with("cek:"))
        name += "#sev";
    return name;
}

Finding identityFinding(std::string_view host, const Result<std::optional<HostPin>> &pin, std::string_view identity)
{
    Finding finding;
    finding.id = "platform.identity";
    finding.area = "platform";
    finding.why =
        "A host is pinned to its processor when it first proves itself. If it is another one later, keeps run on a machine that you have "
        "not looked at.";
    finding.source = "docs/appraisal.md";
    finding.actual = identity.empty() ? "the evidence does not say which processor it is from" : std::string(identity);
    const std::string name(host);
    if (!pin) {
        finding.outcome = Outcome::Unknown;
        finding.expected = "the pinned processor";
        finding.actual += "; " + pin.error().message();
        finding.remedy = pin.error().remedy;
    } else if (!*pin) {
        finding.outcome = Outcome::Info;
        finding.required = false;
        finding.expected = "no processor is pinned for '" + name + "' yet";
    } else {
        finding.expected = (*pin)->identity;
        finding.outcome = identity.empty() ? Outcome::Unknown : identity == (*pin)->identity ? Outcome::Pass : Outcome::Fail;
        if (finding.outcome == Outcome::Unknown)
            finding.remedy =
                "The host masks what it has shown before. Ask its operator why; 'keepctl host unpin " + name + "' gives the pin up.";
        if (finding.outcome == Outcome::Fail)
            finding.remedy = "Find out whether the machine or its processor was replaced. If it was, 'keepctl host unpin " + name
                + "' lets the next launch pin the new one; if not, do not use this host.";
    }
    return finding;
}

} // namespace kastellan
