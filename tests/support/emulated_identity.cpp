// SPDX-License-Identifier: Apache-2.0
#include "tests/support/emulated_identity.h"

#include <cstdio>
#include <cstdlib>
#include <map>

namespace kastellan::test {
namespace fs = std::filesystem;

namespace {

[[noreturn]] void failed(const Error &error)
{
    std::fprintf(stderr, "%s\n", error.message().c_str());
    std::abort();
}

} // namespace

fs::path emulatedFolder()
{
    if (const char *value = std::getenv("KASTELLAN_TEST_IDENTITY"); value && *value)
        return value;
    if (const char *build = std::getenv("KASTELLAN_BUILD"); build && *build)
        return fs::path(build) / "tests" / "emulated-identity";
    return fs::temp_directory_path() / ("kastellan-test-identity-" + std::to_string(::geteuid()));
}

std::unique_ptr<sev::Processor> emulatedProcessor(const sev::ProcessorOptions &options)
{
    auto processor = sev::Processor::open(emulatedFolder(), {}, {}, options);
    if (!processor)
        failed(processor.error());
    return std::move(*processor);
}

void giveEmulatedIdentity(const fs::path &dataFolder, const sev::Profile &profile)
{
    static_cast<void>(emulatedProcessor({.profile = &profile}));
    const fs::path folder = dataFolder / "emulated";
    if (auto status = makeFolder(folder); !status)
        failed(status.error());
    auto content = readFile(sev::Identity::file(emulatedFolder(), profile), 1 << 20);
    if (!content)
        failed(content.error());
    if (auto status = writeFileAtomically(sev::Identity::file(folder, profile), *content); !status)
        failed(status.error());
}

std::unique_ptr<sev::Processor> ownProcessor(const fs::path &folder, const sev::ProcessorOptions &options)
{
    static std::map<std::string, Bytes> made; // the identity files, by their names
    const fs::path file = sev::Identity::file(folder, *options.profile, options.seed);
    Bytes &content = made[file.filename().string()];
    if (content.empty()) {
        if (auto identity = sev::Identity::open(folder, *options.profile, {}, {}, 2048, options.seed); !identity)
            failed(identity.error());
        auto read = readFile(file, 1 << 20);
        if (!read)
            failed(read.error());
        content = std::move(*read);
    } else if (!fs::exists(file)) {
        if (auto status = makeFolder(folder); !status)
            failed(status.error());
        if (auto status = writeFileAtomically(file, content); !status)
            failed(status.error());
    }
    auto processor = sev::Processor::open(folder, {}, {}, options);
    if (!processor)
        failed(processor.error());
    return std::move(*processor);
}

} // namespace kastellan::test
