// SPDX-License-Identifier: Apache-2.0
#include "core/hosts/known_hosts.h"

#include "core/base/file.h"
#include "core/evidence/json.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>

#include <unistd.h>

namespace kastellan {
namespace {

constexpr std::string_view schema = "kastellan-hosts-1";
constexpr std::size_t largestFile = std::size_t{32} << 20, largestLook = std::size_t{1} << 20;
constexpr std::size_t longestText = 2000, mostFacts = 64, longestAddress = 1024, longestName = 64;
constexpr std::array<std::string_view, 3> states{"ready", "not ready", "unknown"};
constexpr std::array<std::string_view, 3> technologies{"snp", "es", "sev"};
/// Words that mean a host already, or a choice.
constexpr std::array<std::string_view, 6> taken{"auto", "emulated", "local", "all", "none", "session"};

std::filesystem::path hostsFile()
{
    return dataFolder() / "hosts.json";
}

/// At most `longest` bytes, not cut in the middle of a character.
std::string cut(const std::string &text, std::size_t longest = longestText)
{
    if (text.size() <= longest)
        return text;
    std::size_t end = longest;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
        --end;
    return text.substr(0, end);
}

js::Out lookJson(const HostLook &look)
{
    js::Out facts = js::Out::array();
    for (std::size_t i = 0; i < std::min(look.facts.size(), mostFacts); ++i)
        facts.push_back({{"label", cut(look.facts[i].first, 100)}, {"value", cut(look.facts[i].second)}});
    return {{"time", look.time}, {"state", look.state}, {"why", cut(look.why)}, {"remedy", cut(look.remedy)},
        {"platform", cut(look.platform)}, {"machines", look.machines}, {"rehearses", look.rehearses}, {"technologies", look.technologies},
        {"facts", std::move(facts)}};
}

Result<HostLook> lookFrom(const js::In &value, const std::string &where)
{
    js::Object object(value, where);
    HostLook look;
    look.time = object.integer("time", 0, INT64_MAX);
    look.state = object.text("state");
    look.why = cut(object.textOr("why"));
    look.remedy = cut(object.textOr("remedy"));
    look.platform = cut(object.textOr("platform"));
    look.machines = object.flagOr("machines", false);
    look.rehearses = object.flagOr("rehearses", false);
    for (const std::string &technology : object.texts("technologies")) {
        if (std::ranges::find(technologies, technology) == technologies.end())
            object.wrong("technologies", "it names '" + technology.substr(0, 20) + "', and there are snp, es and sev");
        else if (std::ranges::find(look.technologies, technology) == look.technologies.end())
            look.technologies.push_back(technology);
    }
    // Strongest first, whatever stands there.
    std::ranges::sort(look.technologies, {}, [](const std::string &name) { return std::ranges::find(technologies, name); });
    object.each("facts", [&](const js::In &entry, const std::string &place) -> Status {
        js::Object fact(entry, place);
        auto pair = std::pair(cut(fact.text("label"), 100), cut(fact.text("value")));
        if (look.facts.size() < mostFacts)
            look.facts.push_back(std::move(pair));
        return fact.status();
    });
    if (object.status() && std::ranges::find(states, look.state) == states.end())
        object.wrong("state", "it is '" + look.state.substr(0, 40) + "', and there are ready, not ready and unknown");
    KASTELLAN_TRY(object.status());
    return look;
}

Status write(const std::vector<KnownHost> &hosts)
{
    js::Out list = js::Out::array();
    for (const auto &host : hosts) {
        js::Out entry = {{"id", host.id}, {"name", host.name}, {"added", host.added}};
        if (host.look)
            entry["look"] = lookJson(*host.look);
        list.push_back(std::move(entry));
    }
    const js::Out whole = {{"schema", schema}, {"hosts", std::move(list)}};
    return writeFileAtomically(hostsFile(), asBytes(js::dump(whole, 1) + "\n"));
}

/// Changes them under a lock, so that two programs do not undo each other's.
template <typename Change>
auto change(Change work) -> decltype(work(std::declval<std::vector<KnownHost> &>()))
{
    KASTELLAN_TRY(makeFolder(dataFolder()));
    KASTELLAN_ASSIGN(const Fd lock, lockFile(hostsFile().string() + ".lock"));
    KASTELLAN_ASSIGN(std::vector<KnownHost> hosts, knownHosts());
    return work(hosts);
}

template <typename Hosts>
auto find(Hosts &hosts, std::string_view idOrName)
{
    const auto byId = std::ranges::find(hosts, idOrName, &KnownHost::id);
    return byId != hosts.end() || idOrName.empty() ? byId : std::ranges::find(hosts, idOrName, &KnownHost::name);
}

Status checkWords(std::string_view id, std::string_view name)
{
    const char *what = "add a host";
    if (id.empty() || id.size() > longestAddress
        || std::ranges::any_of(id, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; }) || !id.contains("://"))
        return badInput(what, std::string(id.substr(0, 200)), "an address has a scheme, no blanks, and at most 1024 characters",
            "Write for instance qemu+ssh://epyc1/system.");
    const bool plain = std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    });
    if (name.size() > longestName || !plain || name.starts_with('-') || name.starts_with('.'))
        return badInput(what, std::string(name.substr(0, 80)),
            "a host's name has letters, digits, '.', '_' and '-', begins with a letter or digit, and has at most 64 characters",
            "Give another with --name.");
    if (std::ranges::find(taken, name) != taken.end())
        return badInput(what, std::string(name), "this word means something else where a host is named", "Give another with --name.");
    return {};
}

} // namespace

Result<std::vector<KnownHost>> knownHosts()
{
    const std::string where = hostsFile().string();
    if (::access(where.c_str(), F_OK) != 0 && errno == ENOENT)
        return std::vector<KnownHost>();
    KASTELLAN_ASSIGN(const Bytes bytes, readFile(hostsFile(), largestFile));
    const auto damaged = [&](const Error &error) {
        return environment("read the list of hosts", where, error.where + ": " + error.why,
            "Restore the file from a backup, or remove it and add the hosts again.");
    };
    const auto value = js::parse(asText(bytes), where, largestFile);
    if (!value)
        return damaged(value.error());
    js::Object object(*value, "hosts");
    const std::string version = object.text("schema");
    if (object.status() && version != schema)
        return environment("read the list of hosts", where,
            "its schema is '" + version.substr(0, 64) + "', and this program knows " + std::string(schema), "Update Kastellan.");
    std::vector<KnownHost> hosts;
    object.each("hosts", [&](const js::In &entry, const std::string &place) -> Status {
        js::Object member(entry, place);
        KnownHost host{member.text("id"), member.textOr("name"), member.integer("added", 0, INT64_MAX), {}};
        KASTELLAN_TRY(member.status());
        if (const js::In *look = member.find("look"); look && !look->is_null()) {
            KASTELLAN_ASSIGN(host.look, lookFrom(*look, member.place("look")));
        }
        hosts.push_back(std::move(host));
        return member.status();
    });
    if (const Status status = object.status(); !status)
        return damaged(status.error());
    return hosts;
}

Result<std::optional<KnownHost>> knownHost(std::string_view idOrName)
{
    KASTELLAN_ASSIGN(std::vector<KnownHost> hosts, knownHosts());
    const auto found = find(hosts, idOrName);
    return found == hosts.end() ? std::nullopt : std::optional(*found);
}

Result<KnownHost> addKnownHost(std::string_view id, std::string_view name)
{
    KASTELLAN_TRY(checkWords(id, name));
    return change([&](std::vector<KnownHost> &hosts) -> Result<KnownHost> {
        const auto same = std::ranges::find(hosts, id, &KnownHost::id);
        const auto named = name.empty() ? hosts.end() : find(hosts, name);
        if (named != hosts.end() && named != same)
            return badInput("add a host", std::string(name), "this is the name of " + named->id + " already",
                "Give another with --name, or remove that one first.");
        if (same != hosts.end()) {
            if (name.empty() || same->name == name)
                return badInput("add a host", std::string(id), "it is there already", "See 'keepctl host list'.");
            same->name = name;
            KASTELLAN_TRY(write(hosts));
            return *same;
        }
        if (hosts.size() >= mostKnownHosts)
            return badInput("add a host", std::string(id), "there are " + std::to_string(hosts.size()) + " hosts, and no more are kept",
                "Remove some: keepctl host remove HOST.");
        hosts.push_back({std::string(id), std::string(name), static_cast<std::int64_t>(std::time(nullptr)), {}});
        KASTELLAN_TRY(write(hosts));
        return hosts.back();
    });
}

Result<bool> removeKnownHost(std::string_view idOrName)
{
    return change([&](std::vector<KnownHost> &hosts) -> Result<bool> {
        const auto found = find(hosts, idOrName);
        if (found == hosts.end())
            return false;
        hosts.erase(found);
        KASTELLAN_TRY(write(hosts));
        return true;
    });
}

Status storeHostLooks(const std::vector<std::pair<std::string, HostLook>> &looks)
{
    if (looks.empty())
        return {};
    return change([&](std::vector<KnownHost> &hosts) -> Status {
        for (const auto &[id, look] : looks)
            if (const auto found = std::ranges::find(hosts, id, &KnownHost::id); found != hosts.end())
                found->look = look;
        return write(hosts);
    });
}

std::string toJson(const HostLook &look)
{
    return js::dump(lookJson(look));
}

Result<HostLook> hostLookFromJson(std::string_view json, std::string_view where)
{
    KASTELLAN_ASSIGN(const js::In value, js::parse(json, where, largestLook));
    return lookFrom(value, std::string(where));
}

} // namespace kastellan
