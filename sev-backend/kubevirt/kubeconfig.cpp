// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/kubevirt/kubeconfig.h"

#include "core/base/bytes.h"
#include "core/base/file.h"
#include "sev-backend/kubevirt/yaml.h"

#include <algorithm>
#include <cstdlib>

namespace kastellan::sev::kubevirt {
namespace fs = std::filesystem;
namespace {

constexpr auto reading = "read the kubeconfig";
constexpr std::size_t mostEntries = 10'000;

/// Reads the members of one map. The first failure stays.
class Fields {
public:
    Fields(const Yaml &map, const fs::path &file, Status &status)
        : m_map(map)
        , m_file(file)
        , m_status(status)
    {
        if (map.kind != Yaml::Kind::Map)
            wrong(map, "keys with values are expected here");
    }
    [[nodiscard]] std::string text(const char *key) const
    {
        const Yaml *value = m_map.find(key);
        if (!value)
            return {};
        if (value->kind != Yaml::Kind::Scalar) {
            wrong(*value, std::string("'") + key + "' is no text");
            return {};
        }
        if (std::ranges::any_of(value->text, [](unsigned char c) { return c < ' ' || c == 0x7f; })) {
            wrong(*value, std::string("'") + key + "' has a control character");
            return {};
        }
        return value->text;
    }
    /// A path, against the file's folder.
    [[nodiscard]] std::string path(const char *key) const
    {
        const std::string given = text(key);
        return given.empty() ? given : (m_file.parent_path() / given).lexically_normal().string();
    }
    /// Base64, as text.
    [[nodiscard]] std::string data(const char *key) const
    {
        const std::string given = text(key);
        if (given.empty())
            return {};
        const auto bytes = fromBase64(given);
        if (!bytes) {
            wrong(*m_map.find(key), std::string("'") + key + "' is no base64");
            return {};
        }
        return std::string(asText(*bytes));
    }
    [[nodiscard]] bool flag(const char *key) const
    {
        const std::string given = text(key);
        if (given == "true" || given == "True" || given == "TRUE")
            return true;
        if (!given.empty() && given != "false" && given != "False" && given != "FALSE")
            wrong(*m_map.find(key), std::string("'") + key + "' is neither true nor false");
        return false;
    }
    [[nodiscard]] const std::vector<std::shared_ptr<const Yaml>> &items(const char *key) const
    {
        static const std::vector<std::shared_ptr<const Yaml>> none;
        const Yaml *value = m_map.find(key);
        if (!value)
            return none;
        if (value->kind != Yaml::Kind::Sequence || value->items.size() > mostEntries) {
            wrong(*value, std::string("'") + key + "' is no list" + (value->items.empty() ? "" : " of at most 10000"));
            return none;
        }
        return value->items;
    }
    [[nodiscard]] const Yaml *find(const char *key) const { return m_map.find(key); }
    [[nodiscard]] Place place() const { return {m_file, m_map.line}; }
    void wrong(const Yaml &where, std::string why) const
    {
        if (m_status)
            m_status = badInput(reading, Place{m_file, where.line}.text(), std::move(why));
    }

private:
    const Yaml &m_map;
    const fs::path &m_file;
    Status &m_status;
};

ClusterEntry readCluster(const Fields &fields)
{
    ClusterEntry entry;
    entry.place = fields.place();
    entry.server = fields.text("server");
    entry.authoritiesPem = fields.data("certificate-authority-data");
    entry.authoritiesFile = fields.path("certificate-authority");
    entry.serverName = fields.text("tls-server-name");
    entry.proxy = fields.text("proxy-url");
    entry.anyCertificate = fields.flag("insecure-skip-tls-verify");
    if (const Yaml *server = fields.find("server"); server && !entry.server.starts_with("https://") && !entry.server.starts_with("http://"))
        fields.wrong(*server, "'server' begins with neither https:// nor http://");
    else if (server && (entry.server.contains('@') || entry.server.find_first_of("?#\\\" ") != std::string::npos))
        fields.wrong(*server, "'server' is not the address of a server alone");
    const auto name = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    };
    if (!std::ranges::all_of(entry.serverName, name))
        fields.wrong(*fields.find("tls-server-name"), "'tls-server-name' is no name of a server");
    static constexpr std::string_view proxies[] = {"http://", "https://", "socks5://", "socks5h://"};
    if (!entry.proxy.empty() && std::ranges::none_of(proxies, [&](std::string_view scheme) { return entry.proxy.starts_with(scheme); }))
        fields.wrong(*fields.find("proxy-url"), "'proxy-url' begins with none of http://, https:// and socks5://");
    return entry;
}

ExecPlugin readExec(const Yaml &value, const fs::path &file, Status &status)
{
    const Fields fields(value, file, status);
    ExecPlugin plugin;
    plugin.place = fields.place();
    plugin.command = fields.text("command");
    plugin.apiVersion = fields.text("apiVersion");
    plugin.installHint = {}; // below: it may have several lines
    if (const Yaml *hint = fields.find("installHint"); hint && hint->kind == Yaml::Kind::Scalar)
        plugin.installHint = hint->text.substr(0, 500);
    plugin.interactiveMode = fields.text("interactiveMode");
    plugin.wantsCluster = fields.flag("provideClusterInfo");
    for (const auto &argument : fields.items("args")) {
        if (argument->kind != Yaml::Kind::Scalar)
            fields.wrong(*argument, "an argument is no text");
        plugin.arguments.push_back(argument->text);
    }
    for (const auto &item : fields.items("env")) {
        const Fields variable(*item, file, status);
        std::string name = variable.text("name");
        if (name.empty() || name.contains('='))
            variable.wrong(*item, "a variable has no name that can be used");
        plugin.environment.emplace_back(std::move(name), variable.text("value"));
    }
    if (plugin.command.empty())
        fields.wrong(value, "'command' is missing");
    if (plugin.apiVersion != "client.authentication.k8s.io/v1" && plugin.apiVersion != "client.authentication.k8s.io/v1beta1")
        fields.wrong(value, "'apiVersion' is neither client.authentication.k8s.io/v1 nor …/v1beta1");
    return plugin;
}

UserEntry readUser(const Fields &fields, const fs::path &file, Status &status)
{
    UserEntry entry;
    entry.place = fields.place();
    entry.certificatePem = fields.data("client-certificate-data");
    entry.certificateFile = fields.path("client-certificate");
    entry.keyPem = fields.data("client-key-data");
    entry.keyFile = fields.path("client-key");
    entry.token = fields.text("token");
    entry.tokenFile = fields.path("tokenFile");
    if (const Yaml *exec = fields.find("exec"))
        entry.exec = readExec(*exec, file, status);
    if (fields.find("auth-provider"))
        entry.unsupported = "auth-provider";
    else if (fields.find("username") || fields.find("password"))
        entry.unsupported = "username and password";
    else if (fields.find("as") || fields.find("as-uid") || fields.find("as-groups"))
        entry.unsupported = "impersonation ('as')";
    return entry;
}

/// Entries of a list are {name: …, KEY: {…}}.
template <typename Entry, typename Read>
void readEntries(const Fields &top, const char *list, const char *key, const fs::path &file, Status &status,
    std::map<std::string, Entry, std::less<>> &into, const Read &read)
{
    static const Yaml empty = [] {
        Yaml map;
        map.kind = Yaml::Kind::Map;
        return map;
    }();
    for (const auto &item : top.items(list)) {
        const Fields named(*item, file, status);
        std::string name = named.text("name");
        const Yaml *value = named.find(key);
        const Fields fields(value ? *value : empty, file, status);
        Entry entry = read(fields);
        if (!value)
            entry.place = named.place();
        if (name.empty())
            named.wrong(*item, std::string("an entry of '") + list + "' has no name");
        into.emplace(std::move(name), std::move(entry)); // of two with the same name the first counts
        if (!status)
            return;
    }
}

void merge(Kubeconfig &into, Kubeconfig from)
{
    into.clusters.merge(from.clusters);
    into.users.merge(from.users);
    into.contexts.merge(from.contexts);
    if (into.current.empty())
        into.current = std::move(from.current);
    into.files.insert(into.files.end(), from.files.begin(), from.files.end());
}

} // namespace

std::string Place::text() const
{
    return file.string() + ", line " + std::to_string(line);
}

Result<Kubeconfig> parseKubeconfig(std::string_view text, const fs::path &file)
{
    auto parsed = parseYaml(text, file.string());
    if (!parsed)
        return std::unexpected(parsed.error().during(reading));
    const Yaml &root = **parsed;
    Kubeconfig config;
    config.files.push_back(file);
    if (root.kind == Yaml::Kind::Null)
        return config;
    Status status;
    const Fields top(root, file, status);
    if (status) {
        if (const std::string kind = top.text("kind"); !kind.empty() && kind != "Config")
            top.wrong(*top.find("kind"), "it is no kubeconfig: its kind is not Config");
        if (const std::string version = top.text("apiVersion"); !version.empty() && version != "v1")
            top.wrong(*top.find("apiVersion"), "it is of a version that is not known here: v1 is");
        config.current = top.text("current-context");
        readEntries(top, "clusters", "cluster", file, status, config.clusters, readCluster);
        readEntries(top, "users", "user", file, status, config.users, [&](const Fields &fields) { return readUser(fields, file, status); });
        readEntries(top, "contexts", "context", file, status, config.contexts, [](const Fields &fields) {
            return ContextEntry{fields.text("cluster"), fields.text("user"), fields.text("namespace"), fields.place()};
        });
    }
    if (!status)
        return std::unexpected(status.error());
    return config;
}

std::vector<fs::path> kubeconfigFiles()
{
    std::vector<fs::path> files;
    if (const char *list = std::getenv("KUBECONFIG"); list && *list) {
        for (std::string_view rest = list; !rest.empty();) {
            const auto colon = std::min(rest.find(':'), rest.size());
            if (colon > 0)
                files.emplace_back(rest.substr(0, colon));
            rest.remove_prefix(std::min(colon + 1, rest.size()));
        }
        return files;
    }
    if (const char *home = std::getenv("HOME"); home && *home)
        files.push_back(fs::path(home) / ".kube" / "config");
    return files;
}

Result<Kubeconfig> loadKubeconfig()
{
    Kubeconfig all;
    const auto files = kubeconfigFiles();
    std::string looked;
    for (const auto &file : files) {
        std::error_code code;
        const fs::path whole = fs::absolute(file, code);
        looked += (looked.empty() ? "" : ", ") + whole.string();
        if (!fs::exists(whole, code) && !code)
            continue;
        auto content = readFile(whole, yamlLimit);
        if (!content)
            return std::unexpected(content.error().during(reading));
        KASTELLAN_ASSIGN(Kubeconfig one, parseKubeconfig(asText(*content), whole));
        merge(all, std::move(one));
    }
    if (all.files.empty())
        return badInput(reading, looked, "there is none",
            "Set KUBECONFIG to the file that your cluster's provider gave you, or put it at ~/.kube/config.");
    return all;
}

} // namespace kastellan::sev::kubevirt
