// SPDX-License-Identifier: Apache-2.0
#include "core/keeps/profile.h"

#include "core/base/file.h"
#include "core/base/text.h"
#include "core/keeps/keeps_json.h"

#include <algorithm>
#include <array>
#include <ctime>

namespace kastellan::profiles {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view schema = "kastellan-profile-1";
constexpr std::size_t largest = std::size_t{4} << 20;
constexpr std::string_view ending = ".json";
constexpr std::array<std::string_view, 20> members{"schema", "name", "saved", "workload", "host", "keep_name", "args", "env", "secrets",
    "secret_files", "expect_digest", "expect_short_digest", "min_tcb", "policy", "execution", "owner_key", "allow_debug", "strict",
    "no_sandbox", "machine"};

fs::path folder()
{
    return dataFolder() / "profiles";
}

fs::path fileOf(const std::string &name)
{
    return folder() / (name + std::string(ending));
}

/// Texts by name.
js::Out toJson(const std::map<std::string, std::string> &texts)
{
    js::Out object = js::Out::object();
    for (const auto &[name, text] : texts)
        object[name] = text;
    return object;
}

void readTexts(js::Object &object, const char *key, std::map<std::string, std::string> &texts)
{
    const js::In *value = object.find(key);
    if (!value || value->is_null())
        return;
    if (!value->is_object())
        return object.wrong(key, "it is no object");
    for (const auto &[name, text] : value->items()) {
        if (!text.is_string())
            return object.wrong(key, "'" + name + "' is no text");
        texts[name] = text.get<std::string>();
    }
}

void readFloors(js::Object &object, std::vector<std::pair<std::string, unsigned>> &floors)
{
    const js::In *value = object.find("min_tcb");
    if (!value || value->is_null())
        return;
    if (!value->is_object())
        return object.wrong("min_tcb", "it is no object");
    for (const auto &[part, least] : value->items()) {
        if (!least.is_number_unsigned() || least.get<std::uint64_t>() > 255)
            return object.wrong("min_tcb", "'" + part + "' is no number from 0 to 255");
        floors.emplace_back(part, least.get<unsigned>());
    }
}

Error unknown(const std::string &name, const std::vector<LaunchProfile> &all)
{
    std::vector<std::string> names;
    for (const auto &profile : all)
        names.push_back(profile.name);
    return badInput("find the launch profile", name, "there is none of this name",
        names.empty() ? "Save one with 'keepctl keep launch … --save-profile NAME'." : "There are: " + joined(names) + ".")
        .error();
}

/// A profile is used from any folder.
Status checkPaths(const LaunchProfile &profile)
{
    const auto absolute = [&](const std::string &what, const std::string &path) -> Status {
        if (path.empty() || fs::path(path).is_absolute())
            return {};
        return fail(
            ErrorKind::Internal, "save the launch profile", profile.name, what + " '" + path + "' is no absolute path", "Report this.");
    };
    KASTELLAN_TRY(absolute("the workload", profile.request.workload.string()));
    for (const auto &[name, file] : profile.secretFiles)
        KASTELLAN_TRY(absolute("the file of the secret " + name, file));
    return {};
}

} // namespace

bool isName(std::string_view name)
{
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    };
    return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, plain) && !name.starts_with('.') && !name.starts_with('-')
        && !name.starts_with('_');
}

std::string toJson(const LaunchProfile &profile)
{
    const LaunchRequest &request = profile.request;
    js::Out floors = js::Out::object();
    for (const auto &[part, least] : request.minimumTcb)
        floors[part] = least;
    const auto hexOrNull = [](const auto &digest) { return digest ? js::Out(toHex(digest->view())) : js::Out(nullptr); };
    return js::dump(js::Out{{"schema", schema}, {"name", profile.name}, {"saved", profile.saved}, {"workload", request.workload.string()},
                        {"host", request.host}, {"keep_name", request.name}, {"args", request.args}, {"env", toJson(request.env)},
                        {"secrets", request.secretNames}, {"secret_files", toJson(profile.secretFiles)},
                        {"expect_digest", hexOrNull(request.expectDigest)}, {"expect_short_digest", hexOrNull(request.expectShortDigest)},
                        {"min_tcb", std::move(floors)}, {"policy", request.policy}, {"execution", request.execution},
                        {"owner_key", request.ownerKey}, {"allow_debug", request.allowDebug}, {"strict", request.strict},
                        {"no_sandbox", request.noSandbox}, {"machine", js::toJson(request.machine)}},
               1)
        + "\n";
}

Result<LaunchProfile> fromJson(std::string_view json, const std::string &where)
{
    KASTELLAN_ASSIGN(const js::In value, js::parse(json, where, largest));
    js::Object object(value, where);
    LaunchProfile profile;
    const std::string version = object.text("schema");
    if (object.status() && version != schema)
        object.wrong("schema", "it is '" + version.substr(0, 40) + "', and this program knows " + std::string(schema));
    KASTELLAN_TRY(object.status());
    for (const auto &[key, member] : value.items())
        if (std::ranges::find(members, key) == members.end())
            return badInput(
                "read the launch profile", where, "'" + key.substr(0, 60) + "' is no member of a profile", "docs/json.md lists them.");
    LaunchRequest &request = profile.request;
    profile.name = object.text("name");
    profile.saved = object.integerOr("saved", 0, 0, INT64_MAX);
    request.workload = object.textOr("workload");
    request.host = object.textOr("host", request.host);
    request.name = object.textOr("keep_name");
    request.args = object.texts("args");
    readTexts(object, "env", request.env);
    request.secretNames = object.texts("secrets");
    readTexts(object, "secret_files", profile.secretFiles);
    request.expectDigest = object.fixed<LaunchDigest>("expect_digest");
    request.expectShortDigest = object.fixed<Sha256>("expect_short_digest");
    readFloors(object, request.minimumTcb);
    request.policy = object.textOr("policy");
    request.execution = object.textOr("execution", request.execution);
    request.ownerKey = object.textOr("owner_key");
    request.allowDebug = object.flagOr("allow_debug", false);
    request.strict = object.flagOr("strict", false);
    request.noSandbox = object.flagOr("no_sandbox", false);
    if (object.status() && !isName(profile.name))
        object.wrong("name", "it is no name of a profile");
    for (const auto &[name, file] : profile.secretFiles)
        if (object.status() && std::ranges::find(request.secretNames, name) == request.secretNames.end())
            object.wrong("secret_files", "'" + name + "' is none of its secrets");
    KASTELLAN_TRY(object.status());
    if (const js::In *machine = object.find("machine"); machine && !machine->is_null()) {
        KASTELLAN_ASSIGN(request.machine, js::machineRequestFrom(*machine, object.place("machine")));
    }
    return profile;
}

Result<std::vector<LaunchProfile>> list(std::vector<Error> *problems)
{
    std::vector<LaunchProfile> all;
    std::error_code code;
    if (!fs::exists(folder(), code))
        return all;
    for (fs::directory_iterator entry(folder(), code), end; !code && entry != end; entry.increment(code)) {
        const fs::path &path = entry->path();
        if (path.extension() != ending || !isName(path.stem().string()))
            continue;
        auto profile = load(path.string());
        if (profile)
            all.push_back(std::move(*profile));
        else if (problems)
            problems->push_back(profile.error());
    }
    if (code)
        return environment("list the launch profiles", folder().string(), code.message(), "Check the folder's permissions.");
    std::ranges::sort(all, {}, &LaunchProfile::name);
    return all;
}

Result<LaunchProfile> load(const std::string &nameOrFile)
{
    if (nameOrFile.contains('/')) {
        KASTELLAN_ASSIGN(const Bytes content, readFile(nameOrFile, largest));
        KASTELLAN_ASSIGN(LaunchProfile profile, fromJson(asText(content), nameOrFile));
        // In the folder the file's name is the profile's, whatever it was copied from.
        if (const fs::path path(nameOrFile); path.parent_path() == folder())
            profile.name = path.stem().string();
        return profile;
    }
    std::error_code code;
    if (!isName(nameOrFile) || !fs::exists(fileOf(nameOrFile), code)) {
        KASTELLAN_ASSIGN(const auto all, list());
        return std::unexpected(unknown(nameOrFile, all));
    }
    return load(fileOf(nameOrFile).string());
}

Status save(LaunchProfile profile, bool replace)
{
    if (!isName(profile.name))
        return badInput("save the launch profile", profile.name.substr(0, 100),
            "a profile's name has letters, digits, '.', '_' and '-', begins with a letter or digit, and has at most 64 characters",
            "Give another name.");
    KASTELLAN_TRY(checkPaths(profile));
    if (profile.saved == 0)
        profile.saved = std::time(nullptr);
    KASTELLAN_TRY(makeFolder(folder()));
    KASTELLAN_ASSIGN(const Fd lock, lockFile((folder() / ".lock").string()));
    std::error_code code;
    if (!replace && fs::exists(fileOf(profile.name), code))
        return badInput(
            "save the launch profile", profile.name, "there is one of this name", "Give another name, or replace it (--force).");
    return writeFileAtomically(fileOf(profile.name), asBytes(toJson(profile)));
}

Status remove(const std::string &name)
{
    std::error_code code;
    if (!isName(name) || !fs::exists(fileOf(name), code)) {
        KASTELLAN_ASSIGN(const auto all, list());
        return std::unexpected(unknown(name, all));
    }
    if (!fs::remove(fileOf(name), code) || code)
        return environment("remove the launch profile", fileOf(name).string(), code.message(), "Check the folder's permissions.");
    return {};
}

} // namespace kastellan::profiles
