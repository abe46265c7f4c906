// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/emulator/processor.h"

namespace kastellan::test {

/// A folder with the emulated identities of all tests: KASTELLAN_TEST_IDENTITY, or one in the build folder. Each identity
/// takes seconds to make, so it is made once, by whichever test comes first.
[[nodiscard]] std::filesystem::path emulatedFolder();
/// A processor with a shared identity. Ends the program if that fails.
[[nodiscard]] std::unique_ptr<sev::Processor> emulatedProcessor(const sev::ProcessorOptions &options = {});
/// Puts the shared identity of a profile into a data folder, where programs under test look for it
/// (FOLDER/emulated). Ends the program if that fails.
void giveEmulatedIdentity(const std::filesystem::path &dataFolder, const sev::Profile &profile = sev::defaultProfile());

/// A processor with a platform of its own in a folder: nobody else changes its state. Its authority has small RSA keys (2048 bits), made
/// once in each test program. Ends the program if that fails.
[[nodiscard]] std::unique_ptr<sev::Processor> ownProcessor(const std::filesystem::path &folder, const sev::ProcessorOptions &options = {});

} // namespace kastellan::test
