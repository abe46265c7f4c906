// SPDX-License-Identifier: Apache-2.0
#include "core/base/bytes.h"
#include "sev-backend/kubevirt/access.h"
#include "sev-backend/kubevirt/kubevirt_host.h"
#include "sev-backend/kubevirt/yaml.h"

#include <QTemporaryDir>
#include <QTest>

#include <cstdlib>
#include <fstream>

using namespace kastellan;
using namespace kastellan::sev::kubevirt;

namespace {

std::string good();

std::string refusal(const std::string &text)
{
    const auto config = parseKubeconfig(text, "/etc/k/config");
    return config ? std::string("read") : config.error().message();
}

void write(const QTemporaryDir &folder, const char *name, const std::string &text)
{
    std::ofstream(folder.filePath(QString::fromLatin1(name)).toStdString()) << text;
}

} // namespace

class TestKubevirtKubeconfig : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void addresses()
    {
        const auto plain = parseAddress("kubevirt://staging/keeps");
        QVERIFY(plain && plain->context == "staging" && plain->nameSpace == "keeps" && !plain->acceptsAnyCertificate);
        const auto arn = parseAddress("kubevirt://arn:aws:eks:eu-1:12:cluster/prod/keeps");
        QVERIFY(arn && arn->context == "arn:aws:eks:eu-1:12:cluster/prod" && arn->nameSpace == "keeps");
        QCOMPARE(arn->uri(), std::string("kubevirt://arn:aws:eks:eu-1:12:cluster%2fprod/keeps"));
        for (const char *text :
            {"kubevirt://staging/keeps", "kubevirt://a%2fb/", "kubevirt:///keeps", "kubevirt://a/b?accept=insecure-skip-tls-verify"}) {
            const auto once = parseAddress(text);
            QVERIFY2(once && *parseAddress(once->uri()) == *once, text);
        }
        for (const char *text : {"kubevirt:/a/b", "kubevirt://a/B", "kubevirt://a/b?x=1", "kubevirt://a%2/b", "kubevirt://a b/c",
                 "kubevirt://a/-b", "kubevirt://a/b?accept=insecure-skip-tls-verify&x", "kubevirt://a%0a/b", "qemu:///system"})
            QVERIFY2(!parseAddress(text), text);
    }

    void reads()
    {
        const auto config = parseKubeconfig(good(), "/etc/k/config");
        QVERIFY2(config, config ? "" : config.error().message().c_str());
        const auto staging = resolve(*config, {});
        QVERIFY(staging && staging->address.uri() == "kubevirt://staging/keeps");
        QCOMPARE(staging->cluster.authoritiesFile, std::string("/etc/k/ca.pem"));
        QCOMPARE(staging->cluster.serverName, std::string("kubernetes"));
        QCOMPARE(staging->user.token, std::string("secret-token-1"));
        QCOMPARE(staging->cluster.place.text(), std::string("/etc/k/config, line 9"));
        QCOMPARE(resolve(*config, {"twin", "", false})->user.token, std::string("secret-token-1"));
        QCOMPARE(resolve(*config, {"twin", "", false})->address.nameSpace, std::string("default"));
        const auto plugged = resolve(*config, {"plugged", "x", false});
        QCOMPARE(plugged->program(), std::string("./login get-token --cluster c1"));
        QCOMPARE(plugged->user.exec->environment.front().second, std::string("b"));
        QVERIFY(plugged->notes().front().contains("is run on this computer"));
    }

    void resolving()
    {
        const auto config = *parseKubeconfig(good(), "/etc/k/config");
        const auto why = [&](const Address &address) {
            const auto access = resolve(config, address);
            return access ? std::string("resolved") : access.error().message();
        };
        QVERIFY(why({"none", "", false}).contains("there is no context 'none'"));
        QVERIFY(why({"none", "", false}).contains("arn:aws"));
        QVERIFY(why({"lost", "", false}).contains("'nowhere' is not there"));
        QVERIFY(why({"lost", "", false}).contains("line 36"));
        QVERIFY(why({"open", "", false}).contains("insecure-skip-tls-verify"));
        QVERIFY(why({"open", "", false}).contains("kubevirt://open/default?accept=insecure-skip-tls-verify"));
        QCOMPARE(why({"open", "", true}), std::string("resolved"));
        QVERIFY(resolve(config, {"open", "", true})->notes().front().contains("NOT checked"));
        const auto with = [](const char *cluster, const char *user) {
            const std::string text = std::string("clusters: [{name: c, cluster: ") + cluster + "}]\nusers: [{name: u, user: " + user
                + "}]\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n";
            const auto parsed = parseKubeconfig(text, "/k");
            const auto access = parsed ? resolve(*parsed, {"x", "", false}) : Result<Access>(std::unexpected(parsed.error()));
            return access ? std::string("resolved") : access.error().message();
        };
        QCOMPARE(with("{server: 'https://s'}", "{token: t}"), std::string("resolved"));
        QVERIFY(with("{server: 'http://s'}", "{token: t}").contains("without TLS"));
        QVERIFY(with("{server: 'https://s'}", "{username: a, password: hunter2}").contains("username and password"));
        QVERIFY(!with("{server: 'https://s'}", "{username: a, password: hunter2}").contains("hunter2"));
        QVERIFY(with("{server: 'https://s'}", "{token: t, as: root}").contains("impersonation"));
        QVERIFY(with("{server: 'https://s'}", "{client-certificate: a}").contains("key is missing"));
        QVERIFY(with("{server: 'https://s', insecure-skip-tls-verify: true, certificate-authority: a}", "{token: t}").contains("insecure"));
        QVERIFY(with("{}", "{token: t}").contains("has no 'server'"));
    }

    void refuses_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("why");
        const auto row = [](const char *text, const char *why) { QTest::newRow(why) << QByteArray(text) << QByteArray(why); };
        row("a: [1, 2", "line 1");
        row("- a\n", "keys with values are expected");
        row("kind: Pod\n", "kind is not Config");
        row("apiVersion: v2\n", "version that is not known");
        row("clusters:\n- cluster: {server: 'https://a'}\n", "has no name");
        row("clusters:\n- name: a\n  cluster:\n    server: [x]\n", "line 4): 'server' is no text");
        row("clusters:\n- name: a\n  cluster:\n    server: ftp://x\n", "neither https:// nor http://");
        row("clusters:\n- name: a\n  cluster:\n    server: https://u:p@x\n", "address of a server alone");
        row("clusters:\n- name: a\n  cluster:\n    server: \"https://x\\r\\nHost: y\"\n", "control character");
        row("clusters:\n- name: a\n  cluster: {server: 'https://a', certificate-authority-data: '!'}\n", "no base64");
        row("clusters:\n- name: a\n  cluster: {server: 'https://a', insecure-skip-tls-verify: maybe}\n", "neither true nor false");
        row("clusters:\n- name: a\n  cluster: {server: 'https://a', tls-server-name: 'a b'}\n", "no name of a server");
        row("clusters:\n- name: a\n  cluster: {server: 'https://a', proxy-url: 'file:///x'}\n", "proxy-url");
        row("users:\n- name: u\n  user: {exec: {command: x, apiVersion: v0}}\n", "client.authentication.k8s.io/v1");
        row("users:\n- name: u\n  user: {exec: {apiVersion: client.authentication.k8s.io/v1}}\n", "'command' is missing");
        row("users: 7\n", "is no list");
        row("a: 1\na: 2\n", "a key is there twice");
        row("a: 1\n---\nb: 2\n", "a second document begins");
        row("? [a]\n: b\n", "a key is no plain text");
        row("a: &x [*x]\n", "an alias stands within what it repeats");
        row("token: \"\\qsecret-in-bad-yaml\"\n", "no YAML: unknown escape");
        row("a: *unknown\n", "no YAML: the referenced anchor");
    }
    void refuses()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, why);
        const std::string message = refusal(text.toStdString());
        QVERIFY2(message.contains(why.toStdString()), message.c_str());
        QVERIFY2(message.contains("/etc/k/config"), message.c_str());
        QVERIFY2(!message.contains("secret-in-bad-yaml"), message.c_str());
    }

    void bounded()
    {
        const std::string deep = "a: " + std::string(40, '[') + std::string(40, ']');
        QVERIFY(refusal(std::string(3000, '[')).contains("line 1")); // yaml-cpp's own bound
        QVERIFY(refusal(deep).contains("32 levels"));
        QVERIFY(refusal(std::string(5 << 20, 'a')).contains("4 MiB"));
        // What repeats itself nine times nine times… is shared, and costs nothing.
        std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n";
        for (int i = 1; i < 30; ++i) {
            const std::string before = "*a" + std::to_string(i - 1);
            bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
            for (int j = 1; j < 9; ++j)
                bomb += "," + before;
            bomb += "]\n";
        }
        QCOMPARE(refusal(bomb), std::string("read"));
        std::string many = "a: [";
        for (int i = 0; i < 210000; ++i)
            many += "1,";
        QVERIFY(refusal(many + "1]\n").contains("200000 values"));
    }

    void severalFiles()
    {
        const QTemporaryDir folder;
        write(folder, "one", "current-context: b\ncontexts: [{name: a, context: {cluster: c, user: u, namespace: first}}]\n");
        write(folder, "two",
            "current-context: a\nclusters: [{name: c, cluster: {server: 'https://two'}}]\nusers: [{name: u, user: {token: t}}]\n"
            "contexts: [{name: a, context: {cluster: x, user: y, namespace: second}}, {name: b, context: {cluster: c, user: u}}]\n");
        const std::string base = folder.path().toStdString();
        ::setenv("KUBECONFIG", (base + "/one:" + base + "/missing::" + base + "/two").c_str(), 1);
        const auto config = loadKubeconfig();
        QVERIFY2(config, config ? "" : config.error().message().c_str());
        QCOMPARE(config->current, std::string("b"));
        QCOMPARE(config->contexts.at("a").nameSpace, std::string("first"));
        QCOMPARE(config->files.size(), std::size_t(2));
        const auto listed = contexts();
        QVERIFY(listed && listed->size() == 2);
        QCOMPARE(listed->front().id, std::string("kubevirt://a/first"));
        QCOMPARE(listed->back().id, std::string("kubevirt://b/default"));
        QVERIFY(listed->back().machines && listed->back().state == "unknown");
        ::setenv("KUBECONFIG", (base + "/missing").c_str(), 1);
        QVERIFY(!loadKubeconfig() && loadKubeconfig().error().message().contains("/missing"));
        QVERIFY(contexts() && contexts()->empty());
        write(folder, "bad", "clusters: [\n");
        ::setenv("KUBECONFIG", (base + "/bad").c_str(), 1);
        QVERIFY(!contexts());
        ::unsetenv("KUBECONFIG");
    }

    void credentials()
    {
        ExecPlugin plugin;
        plugin.command = "login";
        plugin.apiVersion = "client.authentication.k8s.io/v1";
        const auto parsed = [&](const std::string &status) {
            return parseCredential(R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential")" + status + "}", plugin);
        };
        const auto good = parsed(R"(,"status":{"token":"abc","expirationTimestamp":"2030-01-02T03:04:05Z"})");
        QVERIFY(good && good->token == "abc");
        QCOMPARE(good->until, std::int64_t(1893553445));
        for (const char *bad : {"", R"(,"status":{})", R"(,"status":{"token":"a\r\nX: y"})", R"(,"status":{"token":7})",
                 R"(,"status":{"clientCertificateData":"x"})", R"(,"status":[])"})
            QVERIFY2(!parsed(bad), bad);
        QVERIFY(!parseCredential("secret garbage", plugin));
        QVERIFY(!parseCredential("secret garbage", plugin).error().message().contains("secret"));
        QVERIFY(!parseCredential(R"({"apiVersion":"v0","kind":"ExecCredential","status":{"token":"abc"}})", plugin));
    }

    void programs()
    {
        const QTemporaryDir folder;
        write(folder, "login",
            "#!/bin/sh\n[ -z \"$STOP\" ] || exec sleep 600\n[ -z \"$FAIL\" ] || { echo leaked-secret >&2; exit 3; }\n"
            "echo "
            "'{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"'$1-$WHO'\"}}'\n");
        const std::filesystem::path base = folder.path().toStdString();
        std::filesystem::permissions(base / "login", std::filesystem::perms::owner_all);
        const auto access = [&](const char *variable) {
            write(folder, "config",
                std::string("clusters: [{name: c, cluster: {server: 'https://x'}}]\nusers: [{name: u, user: {exec: {apiVersion: "
                            "client.authentication.k8s.io/v1, command: ./login, args: [made], env: [{name: WHO, value: ada}, {name: ")
                    + variable + ", value: '1'}]}}}]\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n");
            std::filesystem::permissions(base / "config", std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
            std::ifstream in(base / "config");
            const std::string text((std::istreambuf_iterator<char>(in)), {});
            return *resolve(*parseKubeconfig(text, base / "config"), {"x", "", false});
        };
        const auto made = proofOf(access("NOTHING"), {});
        QVERIFY2(made, made ? "" : made.error().message().c_str());
        QCOMPARE(made->token, std::string("made-ada"));
        const auto failed = proofOf(access("FAIL"), {});
        QVERIFY(!failed && failed.error().message().contains("status 3") && !failed.error().message().contains("leaked-secret"));
        std::stop_source stop;
        stop.request_stop();
        const auto cancelled = proofOf(access("STOP"), stop.get_token());
        QVERIFY(!cancelled && cancelled.error().kind == ErrorKind::Cancelled);
        // A kubeconfig that others could write names no program of ours.
        const Access open = access("NOTHING");
        std::filesystem::permissions(base / "config", std::filesystem::perms::group_write, std::filesystem::perm_options::add);
        const auto refused = proofOf(open, {});
        QVERIFY(!refused && refused.error().message().contains("can be written by others"));
        std::filesystem::permissions(base / "config", std::filesystem::perms::group_write, std::filesystem::perm_options::remove);
        std::filesystem::remove(base / "login");
        QVERIFY(!proofOf(open, {}) && proofOf(open, {}).error().message().contains("is not there"));
    }
};

namespace {

// Behind the class: moc stumbles over it.
std::string good()
{
    return R"(# mine
apiVersion: v1
kind: Config
current-context: staging
preferences: {}
clusters:
- name: c1
  cluster:
    server: https://c1.example:6443
    certificate-authority: ca.pem
    tls-server-name: kubernetes
    proxy-url: socks5://127.0.0.1:1080
- name: open
  cluster: {server: "https://open.example", insecure-skip-tls-verify: true}
users:
- name: ada
  user: &ada
    token: secret-token-1
- name: twin
  user: *ada
- name: plugged
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: ./login
      args: [get-token, --cluster, c1]
      env: [{name: A, value: b}]
      interactiveMode: IfAvailable
      installHint: |
        Install it.
contexts:
- {name: staging, context: {cluster: c1, user: ada, namespace: keeps}}
- {name: twin, context: {cluster: c1, user: twin}}
- {name: plugged, context: {cluster: c1, user: plugged}}
- {name: open, context: {cluster: open, user: ada}}
- {name: lost, context: {cluster: nowhere, user: ada}}
- {name: "arn:aws:eks:eu-1:12:cluster/prod", context: {cluster: c1, user: ada, namespace: prod}}
)";
}

} // namespace

QTEST_GUILESS_MAIN(TestKubevirtKubeconfig)
#include "test_kubevirt_kubeconfig.moc"
