// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/fd.h"
#include "core/session/messages.h"
#include "core/session/session.h"
#include "core/workload/workload.h"

#include <functional>

namespace kastellan::session {

/// The owner's end of one delivery: gives out the manifest and then its items in chunks, files from disk as they are needed.
class DeliverySender {
public:
    using Send = std::function<Status(const OwnerMessage &)>;

    ~DeliverySender();
    /// Matches the blobs with the manifest; every item needs one, and the key of the secrets' digests has to be there.
    [[nodiscard]] Status begin(std::vector<Delivery> blobs, ByteView manifest);
    [[nodiscard]] bool active() const { return m_active; }
    /// Bytes of items that were sent of this delivery.
    [[nodiscard]] std::uint64_t sent() const { return m_total; }
    /// Sends the next piece. What was sent is wiped.
    [[nodiscard]] Status next(const Send &send);

private:
    [[nodiscard]] Status chunk(const Send &send);
    void finish();

    std::vector<Delivery> m_blobs; ///< in the manifest's order
    std::vector<DeliveryItem> m_items;
    Bytes m_manifest, m_key, m_buffer;
    bool m_active = false, m_begun = false;
    std::size_t m_item = 0;
    std::uint64_t m_sent = 0; ///< of the present item
    std::uint64_t m_total = 0; ///< of all
    Fd m_file;
};

} // namespace kastellan::session
