// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hosts/notices.h"
#include "core/hosts/platform_control.h"
#include "core/hosts/readiness.h"
#include "ui/text.h"

namespace kastellan::ui {

[[nodiscard]] Sign signOf(CheckState state);
/// Of one protection: "SEV-SNP ready".
[[nodiscard]] Sign signOf(const ReadinessVerdict &verdict);
[[nodiscard]] Sign signOf(ActionEffect effect);
[[nodiscard]] Sign signOf(TrustNotice::Kind kind, bool urgent);
/// What an effect means, in a sentence.
[[nodiscard]] QString meaningOf(ActionEffect effect);

/// A title without the dots that promise a dialog.
[[nodiscard]] QString bareTitle(std::string_view title);

/// All verdicts of a host in one headline and one sentence.
struct Headline {
    Sign sign; ///< symbol and tone; the word is the headline
    QString sentence;
    const ReadinessCheck *first = nullptr; ///< what to mend, or to find out, first
};
[[nodiscard]] Headline headlineOf(const Readiness &readiness);

/// "SEV, SEV-ES and SEV-SNP".
[[nodiscard]] QString joined(const QStringList &names);
/// Names of protections as they are blocked: "sev", "es", "snp".
[[nodiscard]] QString protectionTitles(const std::vector<std::string> &protections);

} // namespace kastellan::ui
