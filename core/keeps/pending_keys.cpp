// SPDX-License-Identifier: Apache-2.0
#include "core/keeps/pending_keys.h"

#include <openssl/crypto.h>

#include <map>
#include <mutex>

namespace kastellan::pending_keys {
namespace {

struct Keys {
    std::mutex mutex;
    std::map<KeepId, std::string> pems;
    ~Keys()
    {
        for (auto &[id, pem] : pems)
            OPENSSL_cleanse(pem.data(), pem.size());
    }
};
Keys &keys()
{
    static Keys instance;
    return instance;
}

} // namespace

void put(const KeepId &keep, std::string privatePem)
{
    const std::scoped_lock lock(keys().mutex);
    keys().pems[keep] = std::move(privatePem);
}

std::string take(const KeepId &keep)
{
    const std::scoped_lock lock(keys().mutex);
    auto node = keys().pems.extract(keep);
    return node ? std::move(node.mapped()) : std::string();
}

} // namespace kastellan::pending_keys
