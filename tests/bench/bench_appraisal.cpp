// SPDX-License-Identifier: Apache-2.0
// How many reports a second are appraised under a chain that is known already, beside how many ECDSA P-384 signatures
// OpenSSL verifies, in turns of half a second so that a drifting machine treats both alike.
// usage: bench_appraisal [--threads N] [--seconds S] [--json]
#include "sev-backend/appraisal/backend.h"
#include "tests/support/emulated_identity.h"

#include <openssl/ec.h>
#include <openssl/evp.h>

#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

using namespace kastellan;
using namespace kastellan::sev;
using Clock = std::chrono::steady_clock;

namespace {

struct Options {
    unsigned threads = 1, seconds = 3;
    bool json = false;
};

unsigned numberFrom(std::string_view text)
{
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value == 0) {
        std::fprintf(stderr, "bench_appraisal: '%s' is not a number\n", std::string(text).c_str());
        std::exit(2);
    }
    return value;
}

Options read(int argc, char **argv)
{
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--json")
            options.json = true;
        else if (word == "--threads" && i + 1 < argc)
            options.threads = numberFrom(argv[++i]);
        else if (word == "--seconds" && i + 1 < argc)
            options.seconds = numberFrom(argv[++i]);
        else {
            std::fprintf(stderr, "usage: bench_appraisal [--threads N] [--seconds S] [--json]\n");
            std::exit(word == "--help" ? 0 : 2);
        }
    }
    return options;
}

/// Something done over and over by several threads for a while: how often, and for how many seconds.
struct Tally {
    std::uint64_t count = 0;
    double seconds = 0;
    double rate() const { return static_cast<double>(count) / seconds; }
};

/// `make` yields what one thread does each time; it returns false when that failed.
void run(Tally &tally, unsigned threads, std::chrono::milliseconds time, const std::function<std::function<bool()>()> &make)
{
    std::atomic<std::uint64_t> count = 0;
    const auto begin = Clock::now();
    {
        std::vector<std::jthread> workers;
        for (unsigned i = 0; i < threads; ++i)
            workers.emplace_back([&] {
                const auto work = make();
                std::uint64_t own = 0;
                while (Clock::now() - begin < time) {
                    if (!work()) {
                        std::fprintf(stderr, "bench_appraisal: a result was wrong\n");
                        std::exit(1);
                    }
                    ++own;
                }
                count += own;
            });
    }
    tally.count += count;
    tally.seconds += std::chrono::duration<double>(Clock::now() - begin).count();
}

/// One verification as `openssl speed` does it: the digest is there, the context is kept.
std::function<bool()> opensslVerification()
{
    struct State {
        std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_EC_gen("P-384"), EVP_PKEY_free};
        std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context{EVP_PKEY_CTX_new(key.get(), nullptr), EVP_PKEY_CTX_free};
        std::vector<unsigned char> digest = std::vector<unsigned char>(48, 0x37), signature = std::vector<unsigned char>(256);
    };
    auto state = std::make_shared<State>();
    std::size_t size = state->signature.size();
    if (EVP_PKEY_sign_init(state->context.get()) != 1
        || EVP_PKEY_sign(state->context.get(), state->signature.data(), &size, state->digest.data(), state->digest.size()) != 1
        || EVP_PKEY_verify_init(state->context.get()) != 1)
        std::exit(1);
    state->signature.resize(size);
    return [state] {
        return EVP_PKEY_verify(
                   state->context.get(), state->signature.data(), state->signature.size(), state->digest.data(), state->digest.size())
            == 1;
    };
}

} // namespace

int main(int argc, char **argv)
{
    const Options options = read(argc, argv);
    const auto processor = test::emulatedProcessor();
    const auto guest = *processor->launchStart(GuestPolicy());
    if (!processor->launchFinish(guest, {}))
        return 1;
    ReportRequest request;
    request.reportData.bytes.fill(7);
    const Evidence evidence{
        "snp-report", ReportResponse::decode(processor->guestRequest(guest, request.encode()))->report, processor->endorsements()};
    ReferenceValues expected;
    expected.root = processor->rootFingerprint();
    expected.launchDigest = LaunchDigest();
    expected.reportData = request.reportData;
    expected.hostData = HostData();
    expected.minimumTcb = {{"snp", 1}};
    const auto backend = makeEvidenceBackend();
    const std::int64_t now = std::time(nullptr);

    const auto appraisal = [&] {
        return [&] {
            Appraisal result;
            result.findings = backend->appraise(evidence, expected, now);
            decide(result);
            return result.verdict == Verdict::Trusted;
        };
    };
    if (!appraisal()()) // the chain is verified here, once
        return 1;
    Tally ours, openssl;
    for (unsigned slice = 0; slice < 2 * options.seconds; ++slice) {
        run(ours, options.threads, std::chrono::milliseconds(500), appraisal);
        run(openssl, options.threads, std::chrono::milliseconds(500), opensslVerification);
    }
    if (options.json)
        std::printf("{\"threads\": %u, \"appraisals_per_second\": %.1f, \"verifications_per_second\": %.1f, \"ratio\": %.4f}\n",
            options.threads, ours.rate(), openssl.rate(), ours.rate() / openssl.rate());
    else
        std::printf("threads:                          %u\nappraisals, chain cached:         %.0f/s\nOpenSSL ECDSA P-384 verifications: "
                    "%.0f/s\nratio:                            %.3f\n",
            options.threads, ours.rate(), openssl.rate(), ours.rate() / openssl.rate());
    return 0;
}
