// SPDX-License-Identifier: Apache-2.0
#include "core/session/delivery_receiver.h"

#include "core/session/delivery.h"

#include <openssl/crypto.h>

namespace kastellan::session {
namespace {

bool isSecret(const DeliveryItem &item)
{
    return item.name.starts_with(secretPrefix);
}

} // namespace

DeliveryReceiver::~DeliveryReceiver()
{
    abandon();
}

void DeliveryReceiver::abandon()
{
    OPENSSL_cleanse(m_secret.data(), m_secret.size());
    OPENSSL_cleanse(m_secretKey.data(), m_secretKey.size());
    m_secret.clear();
    m_secretKey.clear();
    m_items.clear();
    m_item = 0;
    if (m_active)
        m_delegate.discard();
    m_active = false;
}

Status DeliveryReceiver::begin(const Manifest &message)
{
    abandon();
    KASTELLAN_ASSIGN(auto items, parseManifest(message.manifest));
    KASTELLAN_TRY(checkDeliveryItems(items));
    m_items = std::move(items);
    m_manifest = sha256(message.manifest);
    m_secretKey = toBytes(message.secretKey);
    if (m_secretKey.size() != secretKeySize)
        return badInput(
            "accept a delivery", "manifest", "the key of its secrets' digests has " + std::to_string(m_secretKey.size()) + " bytes");
    m_active = true;
    KASTELLAN_TRY(beginItem());
    return endItems();
}

Status DeliveryReceiver::beginItem()
{
    m_received = 0;
    m_digest = Sha256Stream();
    m_secret.clear();
    if (isSecret(m_items[m_item]))
        m_secret.reserve(m_items[m_item].size); // never moved, so no copy of it stays behind in memory
    return m_delegate.beginItem(m_items[m_item]);
}

Status DeliveryReceiver::take(const Blob &message)
{
    if (!m_active || message.item != m_item)
        return badInput("accept a delivery", "item " + std::to_string(message.item),
            m_active ? "item " + std::to_string(m_item) + " was expected" : "no delivery was begun");
    const DeliveryItem &item = m_items[m_item];
    if (message.data.size() > item.size - m_received)
        return badInput("accept a delivery", item.name, "it is longer than its manifest says");
    m_received += message.data.size();
    if (isSecret(item))
        m_secret.insert(m_secret.end(), message.data.begin(), message.data.end());
    else
        m_digest.add(message.data);
    KASTELLAN_TRY(m_delegate.itemData(message.data));
    return endItems();
}

// Ends the present item if it is whole, and those after it that are empty.
Status DeliveryReceiver::endItems()
{
    while (m_item < m_items.size() && m_received == m_items[m_item].size) {
        const DeliveryItem &item = m_items[m_item];
        const Sha256 digest = isSecret(item) ? hmacSha256(m_secretKey, {m_secret}) : m_digest.finish();
        OPENSSL_cleanse(m_secret.data(), m_secret.size());
        m_secret.clear();
        if (!equalConstantTime(digest.view(), item.digest.view()))
            return fail(ErrorKind::Negative, "accept a delivery", item.name, "its digest is not the one of the manifest");
        KASTELLAN_TRY(m_delegate.endItem());
        if (++m_item < m_items.size())
            KASTELLAN_TRY(beginItem());
    }
    return {};
}

Result<Sha256> DeliveryReceiver::finish()
{
    KASTELLAN_TRY(m_delegate.delivered(m_items));
    m_active = false; // what was delivered stays
    abandon();
    return m_manifest;
}

} // namespace kastellan::session
