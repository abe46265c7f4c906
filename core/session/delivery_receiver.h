// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/digest.h"
#include "core/session/messages.h"
#include "core/session/warden_session.h"

namespace kastellan::session {

/// The warden's end of one delivery: items in the manifest's order, every digest computed again here.
class DeliveryReceiver {
public:
    explicit DeliveryReceiver(WardenDelegate &delegate)
        : m_delegate(delegate)
    {
    }
    ~DeliveryReceiver();
    DeliveryReceiver(const DeliveryReceiver &) = delete;
    DeliveryReceiver &operator=(const DeliveryReceiver &) = delete;

    /// Checks names, sizes and number of the items; replaces an unfinished delivery.
    [[nodiscard]] Status begin(const Manifest &message);
    /// The next bytes. An error breaks the delivery off.
    [[nodiscard]] Status take(const Blob &message);
    [[nodiscard]] bool complete() const { return m_active && m_item == m_items.size(); }
    /// SHA-256 of the manifest of a complete delivery that the delegate finds good.
    [[nodiscard]] Result<Sha256> finish();
    /// Forgets an unfinished delivery.
    void abandon();

private:
    [[nodiscard]] Status endItems();
    [[nodiscard]] Status beginItem();

    WardenDelegate &m_delegate;
    bool m_active = false;
    std::vector<DeliveryItem> m_items;
    std::size_t m_item = 0;
    std::uint64_t m_received = 0;
    Sha256 m_manifest;
    Bytes m_secretKey, m_secret; ///< secrets are small, and their digest is keyed: it is made over the whole
    Sha256Stream m_digest;
};

} // namespace kastellan::session
