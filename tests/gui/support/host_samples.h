// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hosts/notices.h"
#include "core/hosts/platform_control.h"
#include "core/hosts/readiness.h"

namespace kastellan::test {

/// A host that can run everything.
[[nodiscard]] Readiness readyHost(const std::string &id, const std::string &title, bool emulated);
/// One whose BIOS has SEV-SNP off and whose kernel lacks a parameter: what depends on that is skipped.
[[nodiscard]] Readiness misconfiguredHost(const std::string &id, const std::string &title);
/// One where nothing could be looked at.
[[nodiscard]] Readiness unknownHost(const std::string &id, const std::string &title);
/// One with so many checks, in ten areas, with long texts and deep trees.
[[nodiscard]] Readiness hugeHost(const std::string &id, int checks);

[[nodiscard]] PlatformView samplePlatform(const std::string &host, bool emulated);
/// One action of every effect and every kind of parameter; "import" is not available.
[[nodiscard]] std::vector<PlatformAction> sampleActions();
[[nodiscard]] ActionPlan samplePlanOf(const PlatformAction &action, const std::map<std::string, std::string> &arguments);
[[nodiscard]] KnownCertificate sampleCertificate(const std::string &role, const std::string &state, std::int64_t notAfter);

} // namespace kastellan::test
