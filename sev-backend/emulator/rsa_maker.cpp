// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/emulator/rsa_maker.h"

#include "sev-backend/certificates/openssl_handles.h"

#include <openssl/rsa.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace kastellan::sev {
namespace {

/// What the two threads and the one that waits share.
struct Work {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::array<std::shared_ptr<EVP_PKEY>, 2> keys;
    unsigned finished = 0;
    std::atomic<bool> cancelled = false;
    std::atomic<std::uint64_t> candidates = 0; // numbers tried
};

int onCandidate(EVP_PKEY_CTX *context)
{
    auto *work = static_cast<Work *>(EVP_PKEY_CTX_get_app_data(context));
    ++work->candidates;
    return work->cancelled ? 0 : 1;
}

void makeOne(Work &work, std::size_t which, unsigned bits)
{
    const KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
    EVP_PKEY *key = nullptr;
    if (context && EVP_PKEY_keygen_init(context.get()) == 1
        && EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), static_cast<int>(bits)) == 1) {
        EVP_PKEY_CTX_set_app_data(context.get(), &work);
        EVP_PKEY_CTX_set_cb(context.get(), onCandidate);
        if (EVP_PKEY_generate(context.get(), &key) != 1)
            key = nullptr;
    }
    ERR_clear_error();
    const std::lock_guard lock(work.mutex);
    if (key)
        work.keys[which].reset(key, EVP_PKEY_free);
    ++work.finished;
    work.changed.notify_all();
}

} // namespace

Result<std::array<std::shared_ptr<EVP_PKEY>, 2>> makeRsaKeys(unsigned bits, const EmulatorProgress &progress, const std::stop_token &stop)
{
    constexpr const char *what = "make the keys of the emulated platform";
    const std::string doing = "making the emulated root keys (RSA " + std::to_string(bits) + ", on first use only)";
    Work work;
    {
        const std::jthread first([&work, bits] { makeOne(work, 0, bits); });
        const std::jthread second([&work, bits] { makeOne(work, 1, bits); });
        std::unique_lock lock(work.mutex);
        while (work.finished < 2) {
            // Wakes for a finished key, for the wish to stop, and now and then to show that something is being done.
            work.changed.wait_for(lock, stop, std::chrono::milliseconds(100), [&work] { return work.finished == 2; });
            if (stop.stop_requested())
                work.cancelled = true;
            lock.unlock();
            if (progress && !work.cancelled)
                progress(doing, work.candidates, 0);
            lock.lock();
            if (work.cancelled)
                break;
        }
    } // both threads have ended here
    if (stop.stop_requested())
        return fail(ErrorKind::Cancelled, what, {}, "it was cancelled; nothing was kept");
    if (!work.keys[0] || !work.keys[1])
        return fail(ErrorKind::Internal, what, {}, "OpenSSL could not generate an RSA key");
    return work.keys;
}

Bytes privateKeyDer(EVP_PKEY *key)
{
    unsigned char *data = nullptr;
    const int size = i2d_PrivateKey(key, &data);
    if (size <= 0)
        return {};
    Bytes der(data, data + size);
    OPENSSL_clear_free(data, static_cast<std::size_t>(size));
    return der;
}

Result<std::shared_ptr<EVP_PKEY>> privateKeyFromDer(ByteView der)
{
    const unsigned char *at = der.data();
    std::shared_ptr<EVP_PKEY> key(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size())), EVP_PKEY_free);
    if (!key)
        return badInput("read a private key", {}, opensslReason());
    return key;
}

} // namespace kastellan::sev
