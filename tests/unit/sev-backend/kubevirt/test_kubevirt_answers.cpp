// SPDX-License-Identifier: Apache-2.0
// What a cluster can answer, without a cluster.
#include "cluster_double.h"
#include "sev-backend/kubevirt/api.h"
#include "sev-backend/kubevirt/discovery.h"
#include "sev-backend/kubevirt/running_vmi.h"
#include "sev-backend/kubevirt/vmi_state.h"

#include <QTest>

using namespace kastellan;
using namespace kastellan::sev::kubevirt;
using test::q;

namespace {

Access access()
{
    Access made;
    made.address = {"work", "keeps", false};
    made.cluster.server = "https://c1.example";
    made.cluster.place = {"/k", 3};
    made.user.place = {"/k", 8};
    made.user.token = "secret-token";
    return made;
}

Call create()
{
    Call call;
    call.what = "create the virtual machine";
    call.method = "POST";
    call.verb = "create";
    call.resource = "virtualmachineinstances";
    return call;
}

std::string status(const char *reason, const std::string &message, const std::string &details = "{}")
{
    return "{\"kind\":\"Status\",\"reason\":\"" + std::string(reason) + "\",\"message\":\"" + message + "\",\"details\":" + details + "}";
}

} // namespace

class TestKubevirtAnswers : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void errors_data()
    {
        QTest::addColumn<int>("code");
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QByteArray>("why");
        QTest::addColumn<QByteArray>("remedy");
        const auto row = [](const char *name, int code, const std::string &body, const char *why, const char *remedy) {
            QTest::newRow(name) << code << QByteArray::fromStdString(body) << QByteArray(why) << QByteArray(remedy);
        };
        row("401", 401, status("Unauthorized", "Unauthorized"), "does not accept this person's login",
            "kubectl --context work auth whoami");
        row("403 role", 403,
            status("Forbidden", "virtualmachineinstances.kubevirt.io is forbidden: User \\\"ada\\\" cannot create resource"),
            "may not create virtualmachineinstances.kubevirt.io in the namespace 'keeps'",
            "--verb=create --resource=virtualmachineinstances.kubevirt.io -n keeps");
        row("403 quota", 403, status("Forbidden", "exceeded quota: memory"), "forbids it: exceeded quota", "less memory");
        row("404 KubeVirt", 404, "404 page not found", "KubeVirt is not installed", "Install KubeVirt");
        row("404 namespace", 404, status("NotFound", "namespaces \\\"keeps\\\" not found", q("{'kind':'namespaces','name':'keeps'}")),
            "no namespace 'keeps'", "kubectl create namespace keeps");
        row("409", 409, status("AlreadyExists", "it exists"), "one of this name already", "");
        row("422", 422,
            status("Invalid", "x",
                q("{'causes':[{'field':'spec.domain.firmware.bootloader.efi.secureBoot','message':'SEV does not work with "
                  "SecureBoot'},{'message':'b'}]}")),
            "spec.domain.firmware.bootloader.efi.secureBoot: SEV does not work with SecureBoot; b", "--dry-run");
        row("gate", 422,
            status("Invalid",
                "admission webhook \\\"virtualmachineinstances-create-validator.kubevirt.io\\\" denied the request: WorkloadEncryptionSEV "
                "feature gate is "
                "not enabled in kubevirt-cr"),
            "feature gate WorkloadEncryptionSEV switched off", "kubectl -n kubevirt patch kubevirt");
        row("webhook", 400, status("BadRequest", "admission webhook \\\"policy.example\\\" denied the request: no privileged things"),
            "an admission webhook of the cluster refused it", "cluster's rule");
        row("strict", 400, status("BadRequest", "strict decoding error: unknown field \\\"spec.domain.launchSecurity.snp\\\""),
            "does not know what is asked", "newer KubeVirt");
        row("429", 429, status("TooManyRequests", "slow down"), "busy (429)", "in 7 s");
        row("garbage", 500, "<html>\x1b[31m", "the server answered 500", "/k, line 3");
        row("null details", 403, q("{'kind':'Status','message':7,'details':null}"), "may not create", "");
        row("odd causes", 422, status("Invalid", "m", q("{'causes':[7,{'field':7},null]}")), "does not accept it", "");
    }
    void errors()
    {
        QFETCH(int, code);
        QFETCH(QByteArray, body);
        QFETCH(QByteArray, why);
        QFETCH(QByteArray, remedy);
        const ApiError error = explain(create(), access(), code, body.toStdString(), "7");
        const std::string message = error.error.message();
        QVERIFY2(error.error.why.contains(why.toStdString()), message.c_str());
        QVERIFY2(error.error.remedy.contains(remedy.toStdString()), message.c_str());
        QCOMPARE(error.status, long(code));
        QVERIFY(!message.contains('\x1b') && !message.contains("secret-token"));
    }

    void words()
    {
        QCOMPARE(said("a\x1b[2Jb\nc"), std::string("a [2Jb c"));
        QVERIFY(said(std::string(5000, 'x')).size() < 700);
        std::string wide;
        for (int i = 0; i < 400; ++i)
            wide += "\xc3\xa9";
        QVERIFY(said(wide).ends_with("\xc3\xa9\xe2\x80\xa6"));
    }

    void states()
    {
        const auto state = parseVmi(q("{'metadata':{'name':'keep-1','uid':'u','resourceVersion':'12','deletionTimestamp':'x'},'spec':{'"
                                      "domain':{'launchSecurity':{'snp':{}}}},"
                                      "'status':{'phase':'Scheduling','conditions':[{'type':'PodScheduled','status':'False','reason':'"
                                      "Unschedulable','message':'0/3 nodes'},"
                                      "{'type':'LiveMigratable','status':'False','message':'no'},{'type':'Paused','status':'True'},7]}}"));
        QVERIFY(state && state->uid == "u" && state->resourceVersion == "12" && state->deleting && state->paused() && !state->ended());
        QCOMPARE(state->sentence(), std::string("Scheduling; PodScheduled: Unschedulable: 0/3 nodes"));
        QCOMPARE(state->launchSecurity, std::string(q("{'snp':{}}")));
        // What would be more than a word in an address is none.
        QCOMPARE(parseVmi(q("{'metadata':{'resourceVersion':'1&x=2'}}"))->resourceVersion, std::string());
        QVERIFY(parseVmi("{}") && !parseVmi("[]") && !parseVmi("") && !parseVmi("null"));
    }

    void events()
    {
        const auto kind = [](const std::string &line) {
            const auto event = parseWatchEvent(line);
            return event ? static_cast<int>(event->kind) : -1;
        };
        QCOMPARE(kind(q("{'type':'ADDED','object':{}}")), static_cast<int>(WatchEvent::Kind::Changed));
        QCOMPARE(kind(q("{'type':'DELETED','object':{}}")), static_cast<int>(WatchEvent::Kind::Gone));
        QCOMPARE(
            kind(q("{'type':'BOOKMARK','object':{'metadata':{'resourceVersion':'9'}}}")), static_cast<int>(WatchEvent::Kind::Bookmark));
        QCOMPARE(kind(q("{'type':'ERROR','object':{'code':410}}")), static_cast<int>(WatchEvent::Kind::Expired));
        QCOMPARE(kind(q("{'type':'ERROR','object':{'code':500,'message':'m'}}")), static_cast<int>(WatchEvent::Kind::Failure));
        for (const std::string &bad : {std::string(), q("{}"), q("[]"), q("{'type':'ADDED'}"), q("{'type':'X','object':{}}"),
                 q("{'type':'ADDED','object':7}"), q("{'ty")})
            QCOMPARE(kind(bad), -1);
    }

    void lists()
    {
        const auto list =
            parseVmiList(q("{'metadata':{'resourceVersion':'5'},'items':[{'metadata':{'name':'a'}},{'metadata':{'name':'b'}}]}"), "b");
        QVERIFY(list && list->vmi && list->vmi->name == "b" && list->resourceVersion == "5");
        QVERIFY(!parseVmiList(q("{'items':[]}"), "b")->vmi);
        QVERIFY(!parseVmiList(q("{'items':7}"), "b") && !parseVmiList("{}", "b"));
    }

    void schemas()
    {
        const auto with = [](const std::string &security) {
            return parseSchema(q("{'components':{'schemas':{'x':{'x-kubernetes-group-version-kind':[{'group':'kubevirt.io','kind':'"
                                 "VirtualMachineInstance'}],"
                                 "'properties':{'spec':{'properties':{'domain':{'$ref':'#/components/schemas/d'}}}}},"
                                 "'d':{'properties':{'launchSecurity':")
                + security + "}}}}}");
        };
        const auto old = with(q("{'properties':{'sev':{'properties':{'policy':{'type':'object'}}}}}"));
        QVERIFY(old && old->read && old->launchSecurity && old->sev && !old->snp);
        QVERIFY(whyUndecided(*old, "snp").contains("launchSecurity.snp is not there"));
        QVERIFY(whyUndecided(*old, "es").contains("launchSecurity.sev has only policy, and no kernelHashes"));
        const auto later = with(q("{'properties':{'snp':{'properties':{'kernelHashes':{'allOf':[{'$ref':'#/components/schemas/b'}]}}}}}"));
        QVERIFY(later && later->hashesKernel("snp") && !later->hashesKernel("sev"));
        QVERIFY(whyUndecided(*later, "snp").contains("no stream"));
        QVERIFY(with("{}") && !with("{}")->sev);
        QVERIFY(with(q("{'$ref':'#/components/schemas/d'}"))); // refers to itself
        QVERIFY(with(q("{'properties':{'snp':{'$ref':'#/components/schemas/nowhere'}}}")) && !with("7")->snp);
        QVERIFY(!parseSchema("{}") && !parseSchema("") && !parseSchema(q("{'components':{'schemas':7}}")));
        ServerSchema unread;
        unread.why = "forbidden";
        QVERIFY(whyUndecided(unread, "snp").contains("can't be read (forbidden)"));
    }

    void subresources()
    {
        const auto names = parseSubresources(
            q("{'resources':[{'name':'virtualmachineinstances/sev/fetchcertchain'},{'name':'virtualmachines/start'},{'name':7},7]}"));
        QVERIFY(names && *names == std::vector<std::string>{"sev/fetchcertchain"});
        QVERIFY(!parseSubresources("{}") && !parseSubresources("x"));
    }
};

QTEST_GUILESS_MAIN(TestKubevirtAnswers)
#include "test_kubevirt_answers.moc"
