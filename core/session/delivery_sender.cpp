// SPDX-License-Identifier: Apache-2.0
#include "core/session/delivery_sender.h"

#include "core/session/delivery.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <openssl/crypto.h>

namespace kastellan::session {
namespace {

constexpr const char *what = "deliver the workload";

void wipe(Bytes &bytes)
{
    OPENSSL_cleanse(bytes.data(), bytes.size());
    bytes.clear();
}

} // namespace

DeliverySender::~DeliverySender()
{
    finish();
}

void DeliverySender::finish()
{
    for (auto &blob : m_blobs)
        wipe(blob.value);
    m_blobs.clear();
    wipe(m_key);
    wipe(m_buffer);
    m_file.reset();
    m_active = false;
}

Status DeliverySender::begin(std::vector<Delivery> blobs, ByteView manifest)
{
    if (m_active)
        return fail(ErrorKind::Internal, what, {}, "a delivery is under way");
    KASTELLAN_ASSIGN(m_items, parseManifest(manifest));
    KASTELLAN_TRY(checkDeliveryItems(m_items));
    const auto take = [&blobs](std::string_view name) {
        const auto found = std::ranges::find(blobs, name, &Delivery::name);
        return found == blobs.end() ? nullptr : &*found;
    };
    if (Delivery *key = take(secretKeyName))
        m_key = std::move(key->value);
    if (m_key.size() != secretKeySize)
        return fail(ErrorKind::Internal, what, std::string(secretKeyName), "it is missing or has a wrong size");
    m_blobs.clear();
    for (const auto &item : m_items) {
        Delivery *blob = take(item.name);
        if (!blob)
            return fail(ErrorKind::Internal, what, item.name, "the manifest names it, and it was not given");
        if (blob->file.empty() && blob->value.size() != item.size)
            return fail(ErrorKind::Internal, what, item.name, "its size is not the one of the manifest");
        m_blobs.push_back(std::move(*blob));
    }
    m_manifest = toBytes(manifest);
    m_active = true;
    m_begun = false;
    m_item = 0;
    m_sent = 0;
    m_total = 0;
    return {};
}

Status DeliverySender::next(const Send &send)
{
    if (!m_begun) {
        m_begun = true;
        KASTELLAN_TRY(send(Manifest{m_manifest, m_key}));
    } else if (m_item < m_items.size() && m_sent < m_items[m_item].size) {
        KASTELLAN_TRY(chunk(send));
    }
    while (m_item < m_items.size() && m_sent == m_items[m_item].size) {
        wipe(m_blobs[m_item].value);
        m_file.reset();
        ++m_item;
        m_sent = 0;
    }
    if (m_item == m_items.size())
        finish();
    return {};
}

Status DeliverySender::chunk(const Send &send)
{
    const Delivery &blob = m_blobs[m_item];
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(chunkSize, m_items[m_item].size - m_sent));
    ByteView data;
    if (blob.file.empty()) {
        data = ByteView(blob.value).subspan(static_cast<std::size_t>(m_sent), count);
    } else {
        if (!m_file)
            m_file = Fd(::open(blob.file.c_str(), O_RDONLY | O_CLOEXEC));
        if (!m_file)
            return std::unexpected(systemError(what, blob.file, errno).error());
        m_buffer.resize(count);
        ssize_t got = 0;
        do
            got = ::pread(m_file.get(), m_buffer.data(), count, static_cast<off_t>(m_sent));
        while (got < 0 && errno == EINTR);
        if (got <= 0)
            return fail(ErrorKind::Input, what, blob.file, got < 0 ? "it cannot be read" : "it is shorter than when its digest was made",
                "Try again.");
        data = ByteView(m_buffer).first(static_cast<std::size_t>(got));
    }
    KASTELLAN_TRY(send(Blob{static_cast<std::uint32_t>(m_item), data}));
    m_sent += data.size();
    m_total += data.size();
    return {};
}

} // namespace kastellan::session
