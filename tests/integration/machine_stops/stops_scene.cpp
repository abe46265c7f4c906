// SPDX-License-Identifier: Apache-2.0
#include "stops_scene.h"

#include <QtCore/QFile>
#include <QtTest/QTest>

#include <csignal>

namespace kastellan::test {
using namespace Qt::StringLiterals;

namespace {

constexpr int patience = 90'000; // ms

} // namespace

KeepStatus LiveKeep::onDisk() const
{
    return kastellan::keeps::status(watch->id()).value_or(KeepStatus{});
}

std::filesystem::path LiveKeep::folder() const
{
    return kastellan::keeps::folder(watch->id());
}

LiveKeep StopsScene::launch(const QString &technology, const QStringList &more)
{
    return follow(RehearsedScene::launch(QStringList{u"--technology"_s, technology, u"--interpreter"_s} + more));
}

LiveKeep StopsScene::launchWhole(const QStringList &more)
{
    return follow(QStringList{u"keep"_s, u"launch"_s, u"--host"_s, u"qemu:///session"_s} + more);
}

LiveKeep StopsScene::follow(const QStringList &words)
{
    LiveKeep keep;
    keep.name = u"stops-%1"_s.arg(++m_number);
    keep.launcher.reset(program().start(words + QStringList{u"--name"_s, keep.name}).release());
    eventually(
        [&] {
            const auto found = kastellan::keeps::find(keep.name.toStdString());
            auto client = found ? KeepClient::connect(found->plan.id) : Result<std::unique_ptr<KeepClient>>(nullptr);
            if (client && *client)
                keep.watch = std::make_unique<Watch>(found->plan.id, std::move(*client));
            return keep.watch || keep.launcher->state() == QProcess::NotRunning;
        },
        std::chrono::milliseconds(patience));
    if (!keep.watch)
        qWarning("%s", keep.launcher->readAllStandardError().constData());
    return keep;
}

LiveKeep StopsScene::running(const QString &technology, const QStringList &more)
{
    LiveKeep keep = launch(technology, more);
    const auto runs = [&] { return keep.watch->status().state >= KeepState::Running; };
    if (keep.watch && (!keep.watch->until(runs, std::chrono::milliseconds(patience)) || isFinal(keep.watch->status().state)))
        qWarning("%s", keep.watch->story().c_str());
    return keep;
}

QByteArray StopsScene::leftOf(const LiveKeep &keep) const
{
    QByteArray left;
    const std::string hex = keep.watch->hex();
    for (const QByteArray &domain : SessionDaemon::domains().split('\n'))
        if (domain.contains(hex.substr(0, 8).c_str()))
            left += "domain " + domain + "\n";
    for (const char *file : {"machine.json", "session.key", "owner.pem", "warden.sha256"})
        if (std::filesystem::exists(keep.folder() / file))
            left += QByteArray(file) + "\n";
    return left;
}

bool StopsScene::clears(const LiveKeep &keep)
{
    return QTest::qWaitFor(
        [&] {
            static_cast<void>(program().run({u"keep"_s, u"list"_s}));
            return !std::filesystem::exists(keep.folder() / "machine.json");
        },
        patience);
}

Frozen::Frozen(pid_t pid)
    : m_pid(pid)
{
    if (m_pid <= 1 || ::kill(m_pid, SIGSTOP) != 0)
        qFatal("there is no such process");
}

void Frozen::thaw()
{
    if (m_pid > 1)
        ::kill(std::exchange(m_pid, 0), SIGCONT);
}

QByteArray padded(const QString &module, qsizetype bytes)
{
    QFile file(module);
    if (!file.open(QIODevice::ReadOnly))
        qFatal("a test's module is missing");
    QByteArray all = file.readAll();
    // A custom section (WebAssembly core specification 2.0, section 5.5.3): id 0, size in LEB128, a name, and anything.
    const auto number = [](qsizetype value) {
        QByteArray leb;
        do {
            leb.append(static_cast<char>((value & 0x7f) | (value > 0x7f ? 0x80 : 0)));
            value >>= 7;
        } while (value);
        return leb;
    };
    return all + '\0' + number(bytes + 2) + '\1' + 'p' + QByteArray(bytes, '\x5a');
}

} // namespace kastellan::test
