// SPDX-License-Identifier: Apache-2.0
// The client against a server of our own, over TLS.
#include "cluster_double.h"
#include "sev-backend/kubevirt/discovery.h"

#include <QTemporaryDir>
#include <QTest>

#include <cstdlib>
#include <fstream>
#include <thread>

using namespace kastellan;
using namespace kastellan::sev::kubevirt;
using test::ClusterDouble;
using test::q;

namespace {

Access accessTo(const char *context)
{
    return *resolve(*loadKubeconfig(), {context, "", false});
}

Call look(const char *path = "/apis/kubevirt.io/v1")
{
    Call call;
    call.what = "look";
    call.resource = "virtualmachineinstances";
    call.path = path;
    return call;
}

std::string why(const ApiResult<std::string> &answer)
{
    return answer ? "answered" : answer.error().error.message();
}

} // namespace

class TestKubevirtApi : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { m_double = std::make_unique<ClusterDouble>(std::filesystem::path(m_folder.path().toStdString())); }
    void cleanup() { m_double.reset(); }

    void logsIn()
    {
        Api token(accessTo("token")), certificate(accessTo("certificate")), wrong(accessTo("wrong"));
        QCOMPARE(why(token.ask(look(), {})), std::string("answered"));
        QCOMPARE(why(certificate.ask(look(), {})), std::string("answered"));
        const std::string refused = why(wrong.ask(look(), {}));
        QVERIFY2(refused.contains("(401)") && !refused.contains("another-token"), refused.c_str());
        QVERIFY(m_double->waitFor("\"status\": 401"));
        QCOMPARE(m_double->count("\"who\": \"token\""), std::size_t(1));
        QCOMPARE(m_double->count("\"who\": \"certificate\""), std::size_t(1));
    }

    void checksTheServer()
    {
        Access access = accessTo("token");
        access.cluster.authoritiesFile = (m_double->kubeconfig().parent_path() / "client/cert.pem").string(); // another authority
        const std::string refused = why(Api(access).ask(look(), {}));
        QVERIFY2(refused.contains("TLS certificate"), refused.c_str());
        access = accessTo("token");
        access.cluster.serverName = "kubernetes"; // its certificate is for 127.0.0.1
        QVERIFY(why(Api(access).ask(look(), {})).contains("TLS certificate"));
        access.cluster.serverName = "127.0.0.1";
        access.cluster.server.replace(8, 9, "localhost");
        QCOMPARE(why(Api(access).ask(look(), {})), std::string("answered"));
        // Without a check only by the override, which both the kubeconfig and the person give.
        access = accessTo("token");
        access.cluster.authoritiesFile.clear();
        access.cluster.anyCertificate = true;
        QVERIFY(why(Api(access).ask(look(), {})).contains("TLS certificate"));
        access.address.acceptsAnyCertificate = true;
        QCOMPARE(why(Api(access).ask(look(), {})), std::string("answered"));
        QVERIFY(m_double->waitFor("\"status\": 200", 2));
        QCOMPARE(m_double->heard().size(), std::size_t(2)); // nothing of the others reached it, no token first of all
    }

    void renewsTheLogin()
    {
        const auto folder = m_double->kubeconfig().parent_path();
        std::ofstream(folder / "login")
            << "#!/bin/sh\nread count < " << (folder / "count").string() << "\necho $((count + 1)) > " << (folder / "count").string()
            << "\n[ $count = 0 ] && t=old || t=" << ClusterDouble::token
            << "\necho "
               "'{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"'$t'\"}}'\n";
        std::ofstream(folder / "count") << "0\n";
        std::filesystem::permissions(folder / "login", std::filesystem::perms::owner_all);
        m_double->writeKubeconfig("- {name: plug, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./login}}}\n",
            "- {name: plug, context: {cluster: double, user: plug}}\n");
        Api api(accessTo("plug"));
        QCOMPARE(why(api.ask(look(), {})), std::string("answered")); // the old one is refused, and the program asked again
        QCOMPARE(why(api.ask(look(), {})), std::string("answered"));
        QVERIFY(m_double->waitFor("\"status\": 200", 2));
        QCOMPARE(m_double->count("\"status\": 401"), std::size_t(1));
        std::ifstream in(folder / "count");
        int runs = 0;
        in >> runs;
        QCOMPARE(runs, 2);
    }

    void badServers()
    {
        Api api(accessTo("token"));
        m_double->tell(q("{'raw':{'/apis':'this is no HTTP\\r\\n\\r\\n'}}"));
        QVERIFY(!api.ask(look(), {}));
        m_double->tell(q("{'raw':{'/apis':'HTTP/1.1 200 OK\\r\\nContent-Length: 1000\\r\\n\\r\\nshort'}}"));
        QVERIFY(!api.ask(look(), {}));
        m_double->tell(q("{'raw':{},'huge':'/apis'}"));
        const std::string huge = why(api.ask(look(), {}));
        QVERIFY2(huge.contains("more than 4194304 bytes"), huge.c_str());
        m_double->tell(q("{'huge':'','silent':'/apis'}"));
        Call brief = look();
        brief.timeout = std::chrono::milliseconds(300);
        QVERIFY(why(api.ask(brief, {})).contains("in time"));
        std::stop_source stop;
        std::jthread stopper([&] {
            static_cast<void>(m_double->waitFor("\"status\": 0", 4));
            stop.request_stop();
        });
        const auto cancelled = api.ask(look(), stop.get_token());
        QVERIFY(!cancelled && cancelled.error().error.kind == ErrorKind::Cancelled);
        m_double->tell(
            q("{'silent':'','answers':{'get /apis':{'code':302,'body':'','headers':{'Location':'https://elsewhere.example'}}}}"));
        const auto moved = api.ask(look(), {});
        QVERIFY(!moved && moved.error().status == 302); // not followed: a login goes to nobody else
    }

    void discovers()
    {
        Api api(accessTo("token"));
        const auto schema = discover(api, {});
        QVERIFY2(schema, schema ? "" : schema.error().error.message().c_str());
        QVERIFY(schema->read && schema->snp && schema->sev && schema->attestsSev() && !schema->hashesKernel("snp"));
        m_double->tell(q("{'snp':null}"));
        QVERIFY(!discover(api, {})->snp);
        m_double->tell(q("{'schema':false}"));
        QVERIFY(discover(api, {}) && !discover(api, {})->read);
        m_double->tell(q("{'schema':true,'answers':{'get /openapi/v3/apis':{'code':200,'body':'garbage'}}}"));
        QVERIFY(discover(api, {}) && !discover(api, {})->read);
        m_double->tell(q("{'answers':{'get "
                         "/openapi/v3':{'code':200,'body':{'paths':{'apis/kubevirt.io/v1':{'serverRelativeURL':'@evil.example/x'}}}}}}"));
        QVERIFY(discover(api, {}) && !discover(api, {})->read); // no address of anybody else
        m_double->tell(q("{'answers':{'get /apis/kubevirt.io':{'code':404,'body':'404 page not found'}}}"));
        const auto none = discover(api, {});
        QVERIFY(!none && none.error().error.message().contains("KubeVirt is not installed"));
    }

    void noTokenInTheOpen()
    {
        Api api(accessTo("token"));
        m_double->tell(q("{'silent':'/apis'}"));
        std::stop_source stop;
        std::jthread asking([&] { static_cast<void>(api.ask(look(), stop.get_token())); });
        QVERIFY(m_double->waitFor("\"status\": 0"));
        std::ifstream arguments("/proc/self/cmdline"), environment("/proc/self/environ");
        for (auto *file : {&arguments, &environment}) {
            const std::string text((std::istreambuf_iterator<char>(*file)), {});
            QVERIFY(!text.contains(ClusterDouble::token));
        }
        stop.request_stop();
    }

private:
    QTemporaryDir m_folder;
    std::unique_ptr<ClusterDouble> m_double;
};

QTEST_GUILESS_MAIN(TestKubevirtApi)
#include "test_kubevirt_api.moc"
