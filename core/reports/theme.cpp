// SPDX-License-Identifier: Apache-2.0
#include "core/reports/theme.h"

namespace kastellan::reports {
namespace {

constexpr Theme light = {
    .page = "#ffffff",
    .card = "#ffffff",
    .border = "#c8ced6",
    .text = "#1b1f24",
    .muted = "#57606a",
    .onLine = "#ffffff",
    .good = {"#e9f5ec", "#2b7a3d", "#1c5e2c"},
    .bad = {"#fdecea", "#b3261e", "#98201a"},
    .warning = {"#fff4d9", "#8a5a00", "#704900"},
    .neutral = {"#eef2f8", "#45628a", "#34507a"},
    .emulated = {"#f2ebfb", "#6a3aa2", "#552e86"},
};

constexpr Theme dark = {
    .page = "#1d1f23",
    .card = "#26292e",
    .border = "#4a5059",
    .text = "#e8eaed",
    .muted = "#aeb6bf",
    .onLine = "#15171a",
    .good = {"#15301d", "#6fd08c", "#8fe0a6"},
    .bad = {"#3b1816", "#ff9a8f", "#ffb4ab"},
    .warning = {"#352806", "#eebb4d", "#f5cd78"},
    .neutral = {"#1f2a3a", "#8fb4e8", "#abc8f0"},
    .emulated = {"#2c2140", "#c9abf7", "#d8c3fb"},
};

} // namespace

const Shades &Theme::of(Tone tone) const
{
    switch (tone) {
    case Tone::Good:
        return good;
    case Tone::Bad:
        return bad;
    case Tone::Warning:
        return warning;
    case Tone::Neutral:
        break;
    }
    return neutral;
}

const Theme &theme(Palette palette)
{
    return palette == Palette::Dark ? dark : light;
}

Tone toneOf(Outcome outcome, bool required)
{
    switch (outcome) {
    case Outcome::Pass:
        return Tone::Good;
    case Outcome::Fail:
        return required ? Tone::Bad : Tone::Warning;
    case Outcome::Unknown:
        return required ? Tone::Warning : Tone::Neutral;
    case Outcome::Info:
        break;
    }
    return Tone::Neutral;
}

Tone toneOf(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Trusted:
        return Tone::Good;
    case Verdict::Authentic:
        return Tone::Neutral;
    case Verdict::Undecided:
        return Tone::Warning;
    case Verdict::Refused:
        break;
    }
    return Tone::Bad;
}

Tone toneOf(Layer::Mark mark)
{
    switch (mark) {
    case Layer::Mark::Verified:
        return Tone::Good;
    case Layer::Mark::ShutOut:
        return Tone::Neutral;
    case Layer::Mark::MustTrust:
        break;
    }
    return Tone::Warning;
}

} // namespace kastellan::reports
