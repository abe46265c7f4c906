// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/digest.h"
#include "core/session/delivery.h"
#include "core/session/identity.h"
#include "core/session/session.h"
#include "core/session/warden_session.h"

#include <chrono>
#include <map>

#include <openssl/pem.h>
#include <sys/socket.h>

/// A keep without files and runner around a real WardenSession: what was delivered is in memory, the workload is the test.
class FakeKeep : public kastellan::WardenDelegate {
public:
    explicit FakeKeep(const kastellan::Sha256 &owner)
        : owner(owner)
    {
        warden = *kastellan::WardenSession::make(*this);
    }

    kastellan::Result<kastellan::Sha256> ownerKey() override { return owner; }
    kastellan::Result<kastellan::Bytes> report(const kastellan::ReportData &data) override
    {
        if (reportFails)
            return kastellan::environment("get a report", "the test", "it was told to fail");
        reports.push_back(data);
        kastellan::Bytes bytes(1184, 0x5a);
        std::copy(data.bytes.begin(), data.bytes.end(), bytes.begin() + 0x50);
        return replayed.empty() ? bytes : replayed;
    }
    kastellan::Status beginItem(const kastellan::DeliveryItem &item) override
    {
        current = item.name;
        items[current];
        return {};
    }
    kastellan::Status itemData(kastellan::ByteView data) override
    {
        items[current].insert(items[current].end(), data.begin(), data.end());
        return {};
    }
    kastellan::Status endItem() override { return {}; }
    kastellan::Status delivered(const std::vector<kastellan::DeliveryItem> &) override { return {}; }
    void discard() override
    {
        items.clear();
        ++discarded;
    }
    kastellan::Status start() override
    {
        ++starts;
        warden->started("interpreter");
        return {};
    }
    std::size_t input(kastellan::ByteView data) override
    {
        const std::size_t count = std::min(data.size(), inputRoom);
        inputRoom -= count;
        received.insert(received.end(), data.begin(), data.begin() + static_cast<std::ptrdiff_t>(count));
        return count;
    }
    void closeInput() override { inputClosed = true; }
    void stop(unsigned graceSeconds) override { stopped = graceSeconds; }

    kastellan::Sha256 owner;
    std::map<std::string, kastellan::Bytes> items;
    std::string current;
    std::vector<kastellan::ReportData> reports;
    kastellan::Bytes replayed, received;
    std::size_t inputRoom = SIZE_MAX;
    std::optional<unsigned> stopped;
    int starts = 0, discarded = 0;
    bool reportFails = false, inputClosed = false;
    std::unique_ptr<kastellan::WardenSession> warden; ///< goes first: an unfinished delivery is discarded
};

/// An owner's end with all it was told.
struct FakeOwner {
    std::unique_ptr<kastellan::OwnerSession> session;
    bool established = false;
    std::vector<kastellan::Bytes> reports, deliveryReports;
    std::vector<std::string> started, logs;
    std::array<kastellan::Bytes, 2> output;
    std::array<std::optional<std::uint64_t>, 2> firstOffset;
    struct Exit {
        int code;
        std::string trap, reason;
    };
    std::optional<Exit> exit;
    std::optional<kastellan::Error> error;
    bool acknowledges = true;

    FakeOwner(kastellan::Fd stream, const std::string &pem, const kastellan::KeepId &keep)
    {
        kastellan::SessionEvents events;
        events.established = [this] { established = true; };
        events.report = [this](kastellan::Bytes report) { reports.push_back(std::move(report)); };
        events.deliveryReport = [this](kastellan::Bytes report) { deliveryReports.push_back(std::move(report)); };
        events.started = [this](const std::string &execution) { started.push_back(execution); };
        events.output = [this](unsigned number, std::uint64_t offset, kastellan::ByteView data) {
            auto &bytes = output[number - 1];
            if (!firstOffset[number - 1])
                firstOffset[number - 1] = offset;
            bytes.insert(bytes.end(), data.begin(), data.end());
            if (acknowledges)
                session->acknowledge(*firstOffset[0] + output[0].size(), firstOffset[1].value_or(0) + output[1].size());
        };
        events.exited = [this](int code, std::string trap, std::string reason) { exit = Exit{code, std::move(trap), std::move(reason)}; };
        events.log = [this](std::string text) { logs.push_back(std::move(text)); };
        events.failed = [this](kastellan::Error failure) { error = std::move(failure); };
        firstOffset[0] = 0;
        session = *kastellan::OwnerSession::open(std::move(stream), pem, keep, std::move(events));
    }
};

inline std::pair<kastellan::Fd, kastellan::Fd> streamPair()
{
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        std::abort();
    return {kastellan::Fd(ends[0]), kastellan::Fd(ends[1])};
}

inline std::string makeKey(const char *curve)
{
    using namespace kastellan::session;
    const KeyHandle key(EVP_EC_gen(curve));
    const BioHandle bio(BIO_new(BIO_s_mem()));
    PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    char *text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    return std::string(text, static_cast<std::size_t>(size));
}

inline std::pair<std::string, kastellan::Sha256> makeOwnerKey(const char *curve = "P-384")
{
    const std::string pem = makeKey(curve);
    const auto identity = kastellan::session::Identity::fromPem(pem);
    return {pem, identity->spki};
}

/// Lets both ends work until `done`, at most so long.
template <typename Done>
bool turn(FakeKeep &keep, const std::vector<FakeOwner *> &owners, Done done, std::chrono::milliseconds limit = std::chrono::seconds(20))
{
    const auto until = std::chrono::steady_clock::now() + limit;
    while (!done()) {
        if (std::chrono::steady_clock::now() > until)
            return false;
        std::vector<pollfd> fds;
        keep.warden->wants(fds);
        const std::size_t wardens = fds.size();
        for (const auto *owner : owners)
            fds.push_back({owner->session && owner->session->wants() ? owner->session->fd() : -1,
                owner->session ? owner->session->wants() : short{0}, 0});
        ::poll(fds.data(), fds.size(), 20);
        for (std::size_t i = 0; i < fds.size(); ++i) {
            if (!fds[i].revents)
                continue;
            if (i < wardens)
                keep.warden->process(fds[i].fd);
            else
                owners[i - wardens]->session->process();
        }
        keep.warden->tick(std::chrono::steady_clock::now());
    }
    return true;
}

/// A small delivery with one secret.
struct FakeDelivery {
    std::vector<kastellan::Delivery> blobs;
    std::vector<kastellan::DeliveryItem> items;
    kastellan::Bytes manifest;

    explicit FakeDelivery(kastellan::Bytes module = kastellan::toBytes("a module"), const std::string &secret = "hush")
    {
        const auto key = kastellan::randomFixed<kastellan::Sha256>();
        items.push_back({"module", module.size(), kastellan::sha256(module), {}});
        blobs.push_back({"module", std::move(module), {}});
        items.push_back({"configuration", 0, kastellan::sha256(kastellan::ByteView()), {}});
        blobs.push_back({"configuration", {}, {}});
        items.push_back({"secret:name", secret.size(), kastellan::hmacSha256(key.view(), {kastellan::asBytes(secret)}), {}});
        blobs.push_back({"secret:name", kastellan::toBytes(secret), {}});
        blobs.push_back({"secret.key", kastellan::toBytes(key.view()), {}});
        manifest = kastellan::canonicalManifest(items);
    }
};
