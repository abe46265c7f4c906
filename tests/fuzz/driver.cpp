// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target without libFuzzer: every file of its corpus, then random mutations of them until the time is over.
// So fuzzing is part of the ordinary tests, with any compiler. The seed is printed; with the same seed and count the
// inputs are the same.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <csignal>
#include <unistd.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);
extern "C" __attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

namespace {

using Input = std::vector<std::uint8_t>;

constexpr std::size_t largestInput = 1 << 16;

const Input *current = nullptr; // what is being tried, for the crash handler
const char *crashFile = "crash-input";

// Only functions that are safe in a signal handler; `current` lives as long as the call that crashed.
void saveCrash(int signal)
{
    if (current != nullptr) {
        if (std::FILE *file = std::fopen(crashFile, "wb")) {
            std::fwrite(current->data(), 1, current->size(), file);
            std::fclose(file);
            std::fprintf(stderr, "fuzz: crash (signal %d) with %zu bytes, saved to %s\n", signal, current->size(), crashFile);
        }
    }
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

std::vector<Input> readCorpus(const std::filesystem::path &path)
{
    std::vector<std::filesystem::path> files;
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) {
        for (const auto &entry : std::filesystem::recursive_directory_iterator(path, ignored)) {
            if (entry.is_regular_file(ignored))
                files.push_back(entry.path());
        }
    } else if (std::filesystem::is_regular_file(path, ignored)) {
        files.push_back(path);
    }
    std::ranges::sort(files); // the order of a folder differs from machine to machine, the mutations must not

    std::vector<Input> corpus;
    for (const auto &file : files) {
        std::ifstream stream(file, std::ios::binary);
        corpus.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
    }
    return corpus;
}

class Mutator {
public:
    Mutator(std::uint64_t seed, const std::vector<Input> &corpus)
        : random_(seed)
        , corpus_(corpus)
    {
    }

    Input next()
    {
        Input input = corpus_[below(corpus_.size())];
        for (std::size_t steps = 1 + below(6); steps > 0; --steps)
            mutate(input);
        return input;
    }

private:
    std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }

    void mutate(Input &input)
    {
        static constexpr std::uint8_t edges[] = {0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff, '\n', '"'};
        const auto at = static_cast<std::ptrdiff_t>(below(input.size()));
        switch (input.empty() ? 3 : below(8)) {
        case 0:
            input[static_cast<std::size_t>(at)] ^= static_cast<std::uint8_t>(1U << below(8));
            break;
        case 1:
            input[static_cast<std::size_t>(at)] = edges[below(std::size(edges))];
            break;
        case 2: // a field of up to eight bytes at an edge value: lengths and offsets live in these
            for (std::size_t i = 0, edge = edges[below(6)], width = std::size_t{1} << below(4);
                i < width && static_cast<std::size_t>(at) + i < input.size(); ++i)
                input[static_cast<std::size_t>(at) + i] = static_cast<std::uint8_t>(edge);
            break;
        case 3: { // insert
            const Input bytes(1 + below(16), static_cast<std::uint8_t>(random_()));
            if (input.size() + bytes.size() <= largestInput)
                input.insert(input.begin() + at, bytes.begin(), bytes.end());
            break;
        }
        case 4: { // remove
            const auto count = static_cast<std::ptrdiff_t>(std::min(1 + below(32), input.size() - static_cast<std::size_t>(at)));
            input.erase(input.begin() + at, input.begin() + at + count);
            break;
        }
        case 5: // cut
            input.resize(static_cast<std::size_t>(at));
            break;
        case 6: { // repeat a part
            const Input part(input.begin() + at,
                input.begin() + at + static_cast<std::ptrdiff_t>(std::min(below(64), input.size() - static_cast<std::size_t>(at))));
            if (input.size() + part.size() <= largestInput)
                input.insert(input.begin() + at, part.begin(), part.end());
            break;
        }
        default: { // splice with another
            const Input &other = corpus_[below(corpus_.size())];
            if (other.empty())
                break;
            const std::size_t from = below(other.size());
            input.resize(static_cast<std::size_t>(at));
            input.insert(input.end(), other.begin() + static_cast<std::ptrdiff_t>(from), other.end());
            input.resize(std::min(input.size(), largestInput));
        }
        }
    }

    std::mt19937_64 random_;
    const std::vector<Input> &corpus_;
};

void tryInput(const Input &input)
{
    current = &input;
    LLVMFuzzerTestOneInput(input.data(), input.size());
    current = nullptr;
}

std::uint64_t numberFrom(const char *text, std::uint64_t otherwise)
{
    return text != nullptr && *text != '\0' ? std::strtoull(text, nullptr, 10) : otherwise;
}

} // namespace

int main(int argc, char **argv)
{
    if (&LLVMFuzzerInitialize != nullptr)
        LLVMFuzzerInitialize(&argc, &argv);

    std::uint64_t seed = numberFrom(std::getenv("KASTELLAN_FUZZ_SEED"), std::random_device{}());
    std::uint64_t seconds = numberFrom(std::getenv("KASTELLAN_FUZZ_SECONDS"), 5);
    std::uint64_t runs = 0; // no limit
    std::vector<Input> corpus;
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument.starts_with("-seed="))
            seed = numberFrom(argv[i] + 6, seed);
        else if (argument.starts_with("-seconds="))
            seconds = numberFrom(argv[i] + 9, seconds);
        else if (argument.starts_with("-runs="))
            runs = numberFrom(argv[i] + 6, runs);
        else if (argument.starts_with("-")) {
            std::fprintf(stderr, "usage: %s [-seed=N] [-seconds=N] [-runs=N] [FILE|FOLDER...]\n", argv[0]);
            return 2;
        } else {
            for (Input &input : readCorpus(argv[i]))
                corpus.push_back(std::move(input));
        }
    }
    for (const int signal : {SIGSEGV, SIGABRT, SIGFPE, SIGILL, SIGBUS})
        std::signal(signal, saveCrash);

    const std::string crash = "crash-" + std::filesystem::path(argv[0]).filename().string();
    crashFile = crash.c_str();
    const std::size_t files = corpus.size();
    corpus.emplace_back(); // the empty input is always one of them

    std::printf(
        "fuzz: seed %llu, %zu files, %llu s\n", static_cast<unsigned long long>(seed), files, static_cast<unsigned long long>(seconds));
    std::fflush(stdout);
    for (const Input &input : corpus)
        tryInput(input);

    Mutator mutator(seed, corpus);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    std::uint64_t count = 0;
    while ((runs == 0 || count < runs) && (count % 64 != 0 || std::chrono::steady_clock::now() < end)) {
        tryInput(mutator.next());
        ++count;
    }
    std::printf("fuzz: %llu mutations, no crash\n", static_cast<unsigned long long>(count));
    return 0;
}
