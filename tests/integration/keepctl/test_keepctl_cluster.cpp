// SPDX-License-Identifier: Apache-2.0
// Keeps in a cluster, through the program itself and a loader of their own, against a server that holds every request to a schema.
#include "program.h"

#include "tests/unit/sev-backend/kubevirt/cluster_double.h"

#include <QtCore/QDirIterator>
#include <QtCore/QJsonArray>
#include <QtTest/QTest>

using namespace kastellan::test;
using namespace Qt::StringLiterals;

class TestKeepctlCluster : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init()
    {
        m_program = std::make_unique<Program>();
        m_double = std::make_unique<ClusterDouble>(std::filesystem::path(m_program->path(u"cluster"_s).toStdString()));
        m_program->set(u"KUBECONFIG"_s, QString::fromStdString(m_double->kubeconfig().string()));
        m_program->set(u"KASTELLAN_VM_IMAGE"_s, m_program->path(u"no image"_s));
    }
    void cleanup()
    {
        m_program.reset();
        m_double.reset();
    }

    /// Created, followed, appraised as undecided, recorded, removed; and nothing was delivered.
    void undecided()
    {
        const Ran ran = m_program->run(launch({u"--json"_s}));
        QVERIFY2(ran.exit == 126, ran.all());
        const QJsonObject json = ran.json();
        QCOMPARE(json["verdict"_L1].toString(), u"undecided"_s);
        QCOMPARE(json["outcome"_L1].toString(), u"refused"_s);
        QCOMPARE(json["host"_L1].toString(), u"kubevirt://token/keeps"_s);
        QVERIFY2(json["reason"_L1].toString().contains("KubeVirt measures no kernel and no initrd"_L1), ran.all());
        QSet<QString> unknown;
        for (const auto &finding : json["findings"_L1].toArray())
            if (finding["required"_L1].toBool() && finding["result"_L1].toString() == "unknown"_L1)
                unknown.insert(finding["id"_L1].toString());
            else
                QVERIFY2(!finding["required"_L1].toBool() || finding["result"_L1].toString() != "fail"_L1, ran.all());
        QVERIFY2(unknown.contains(u"launch.kernel"_s) && unknown.contains(u"evidence.present"_s), ran.all());
        QVERIFY(m_double->waitFor("DELETE"));
        QCOMPARE(m_double->count("POST"), std::size_t(1));
        QCOMPARE(m_double->count("schema"), std::size_t(0));
        const Ran record = m_program->run({u"evidence"_s, u"show"_s, u"--json"_s, json["records"_L1].toArray().first().toString()});
        QVERIFY2(record.exit == 0 && record.out.contains("launch.kernel"), record.all());
        // The login is written nowhere, and said nowhere.
        QVERIFY(!ran.out.contains(ClusterDouble::token) && !ran.err.contains(ClusterDouble::token)
            && !record.out.contains(ClusterDouble::token));
        int files = 0;
        for (QDirIterator it(m_program->dataFolder(), QDir::Files | QDir::Hidden, QDirIterator::Subdirectories); it.hasNext();) {
            QFile file(it.next());
            if (file.open(QIODevice::ReadOnly)) {
                ++files;
                QVERIFY2(!file.readAll().contains(ClusterDouble::token), qPrintable(file.fileName()));
            }
        }
        QVERIFY(files > 3);
    }

    void dryRun()
    {
        const Ran once = m_program->run(launch({u"--dry-run"_s})), again = m_program->run(launch({u"--dry-run"_s}));
        QVERIFY2(once.exit == 0, once.all());
        QCOMPARE(once.out, again.out);
        QVERIFY2(once.out.contains("kind: VirtualMachineInstance\n") && once.out.contains("        policy: \"0x30000\"\n"), once.all());
        QVERIFY(!once.out.contains(ClusterDouble::token) && !once.out.contains("hello"));
        QVERIFY(m_double->heard().empty()); // nobody was asked
        const Ran json = m_program->run(launch({u"--dry-run"_s, u"--json"_s, u"--technology"_s, u"es"_s}));
        QVERIFY2(json.json()["yaml"_L1].toString().contains("encryptedState: true"_L1), json.all());
        const Ran other = m_program->run({u"keep"_s, u"launch"_s, example("hello"), u"--dry-run"_s});
        QVERIFY2(other.exit == 125 && other.err.contains("no cluster"), other.all());
    }

    void refusals()
    {
        const Ran image = m_program->run({u"keep"_s, u"launch"_s, example("hello"), u"-H"_s, u"kubevirt://token/keeps"_s});
        QVERIFY2(image.exit == 125 && image.err.contains("--image docker://"), image.all());
        const Ran unattested = m_program->run(launch({u"--unattested"_s}));
        QVERIFY2(unattested.exit == 125 && unattested.err.contains("nothing could be delivered"), unattested.all());
        m_double->tell(
            q("{'answers':{'create /apis':{'code':403,'body':{'kind':'Status','message':'User \\'ada\\' cannot create resource'}}}}"));
        const Ran forbidden = m_program->run(launch({}));
        QVERIFY2(forbidden.exit == 125 && forbidden.err.contains("kubectl create role"), forbidden.all());
        const Ran stranger =
            m_program->run({u"keep"_s, u"launch"_s, example("hello"), u"-H"_s, u"kubevirt://nobody/keeps"_s, u"--image"_s, image_});
        QVERIFY2(stranger.exit == 125 && stranger.err.contains("there is no context 'nobody'"), stranger.all());
    }

    void check()
    {
        const Ran ran = m_program->run({u"host"_s, u"check"_s, u"kubevirt://token/keeps"_s, u"--json"_s});
        QVERIFY2(ran.exit == 1, ran.all()); // no keep there can be proven
        QVERIFY2(ran.out.contains("cluster.nodes.snp") && ran.out.contains("1 of 2 nodes"), ran.all());
        const Ran text = m_program->run({u"host"_s, u"check"_s, u"kubevirt://token/keeps"_s, u"--all"_s});
        QVERIFY2(text.out.contains("Nodes with SEV-SNP"), text.all());
        QCOMPARE(m_double->count("schema"), std::size_t(0));
    }

private:
    [[nodiscard]] QStringList launch(const QStringList &more) const
    {
        return QStringList{u"keep"_s, u"launch"_s, example("hello"), u"-H"_s, u"kubevirt://token/keeps"_s, u"--image"_s, image_} + more;
    }
    const QString image_ = u"docker://registry.example/keep@sha256:"_s + QString(64, u'a');
    std::unique_ptr<Program> m_program;
    std::unique_ptr<ClusterDouble> m_double;
};

QTEST_GUILESS_MAIN(TestKeepctlCluster)
#include "test_keepctl_cluster.moc"
