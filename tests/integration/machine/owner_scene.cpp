// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/machine/owner_scene.h"

#include "core/base/file.h"
#include "tests/support/emulated_identity.h"

#include <QtCore/QElapsedTimer>

#include <poll.h>

namespace kastellan::test {

OwnerScene::OwnerScene()
    : m_processor(emulatedProcessor())
{
    std::tie(key, keyDigest) = makeOwnerKey();
    m_guest = m_processor->launchStart(sev::GuestPolicy(0x30000)).value();
    const Bytes page(4096, 0x5a);
    sev::LaunchFinish finish;
    finish.hostData.bytes = keyDigest.bytes;
    if (!m_processor->launchUpdate(m_guest, sev::PageType::Normal, 0, page) || !m_processor->launchFinish(m_guest, finish))
        qFatal("the emulated firmware does not launch");
}

AnswerFirmware OwnerScene::firmware()
{
    return [processor = m_processor, guest = m_guest](ByteView request) { return processor->guestRequest(guest, request); };
}

bool until(const FakeOwner &owner, const std::function<bool()> &done, int milliseconds)
{
    QElapsedTimer timer;
    timer.start();
    while (!done()) {
        if (timer.elapsed() > milliseconds || owner.error)
            return done();
        pollfd fd{owner.session->wants() ? owner.session->fd() : -1, owner.session->wants(), 0};
        if (::poll(&fd, 1, 50) > 0)
            owner.session->process();
    }
    return true;
}

QByteArray text(const Bytes &bytes)
{
    return QByteArray(reinterpret_cast<const char *>(bytes.data()), static_cast<qsizetype>(bytes.size()));
}

std::string trouble(const FakeOwner &owner)
{
    std::string words = owner.error ? owner.error->message() : "no error";
    for (const auto &line : owner.logs)
        words += "; " + line;
    if (owner.exit)
        words += "; exit " + std::to_string(owner.exit->code) + " " + owner.exit->trap + " " + owner.exit->reason;
    return words;
}

std::unique_ptr<FakeOwner> OwnerScene::challenged(Fd stream) const
{
    auto owner = std::make_unique<FakeOwner>(std::move(stream), key, keep);
    if (until(*owner, [&] { return owner->established; })) {
        owner->session->challenge(randomFixed<Nonce>());
        until(*owner, [&] { return !owner->reports.empty(); });
    }
    return owner;
}

std::unique_ptr<FakeOwner> OwnerScene::launched(Fd stream, const Workload &workload) const
{
    auto owner = challenged(std::move(stream));
    if (owner->reports.empty())
        return owner;
    const auto secretKey = randomFixed<Sha256>();
    std::vector<DeliveryItem> items;
    std::vector<Delivery> blobs{{"secret.key", toBytes(secretKey.view()), {}}};
    const auto add = [&](const std::string &name, Bytes value, const Sha256 &digest, const std::string &note = {}) {
        items.push_back({name, value.size(), digest, note});
        blobs.push_back({name, std::move(value), {}});
    };
    const Bytes module = readFile(workload.module, moduleSizeLimit).value();
    add("module", module, sha256(module));
    if (workload.compiled) {
        const auto compiled = compileAhead(module, sha256(module));
        if (!compiled)
            qFatal("%s", compiled.error().message().c_str());
        add("module.aot", readFile(compiled->file, compiledSizeLimit).value(), compiled->digest, compiled->note);
    }
    add("configuration", toBytes(workload.config), sha256(asBytes(workload.config)));
    for (const auto &[name, value] : workload.secrets)
        add("secret:" + name, toBytes(value), hmacSha256(secretKey.view(), {asBytes(value)}));
    owner->session->deliver(std::move(blobs), canonicalManifest(items));
    if (until(*owner, [&] { return !owner->deliveryReports.empty(); }))
        owner->session->start();
    return owner;
}

std::unique_ptr<FakeOwner> OwnerScene::resumed(Fd stream, std::uint64_t logged) const
{
    auto owner = challenged(std::move(stream));
    if (owner->reports.empty())
        return owner;
    owner->firstOffset[0] = logged;
    owner->session->acknowledge(logged, 0);
    owner->session->start();
    return owner;
}

} // namespace kastellan::test
