// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace kastellan::test {

/// What a program writes when a launch fails, and the row that has to recognise it.
struct RecordedLine {
    std::string_view id, text;
};
/// In the forms of QEMU 10.0, libvirt 11.3, Linux 6.12 and OpenSSH, with values as they come: those programs' own format strings. Most need
/// a processor with SEV to be produced for real; those that do not are, in tests/integration/hosts.
[[nodiscard]] std::span<const RecordedLine> recordedLines();

} // namespace kastellan::test
