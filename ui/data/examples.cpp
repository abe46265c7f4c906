// SPDX-License-Identifier: Apache-2.0
#include "ui/data/examples.h"

#include "ui/text.h"

#include <QCoreApplication>

#include <algorithm>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

/// What our own examples do; another folder's are shown by name alone.
QString textOf(const QString &name)
{
    static const std::pair<QString, const char *> texts[] = {
        {u"hello"_s, QT_TRANSLATE_NOOP("kastellan::ui", "The smallest workload: prints a line and ends.")},
            {u"echo"_s, QT_TRANSLATE_NOOP("kastellan::ui", "Copies what you type back to you, until the input ends.")},
                {u"secret"_s, QT_TRANSLATE_NOOP("kastellan::ui", "Reads a secret that is sent only after the verdict.")},
                    {u"compute"_s, QT_TRANSLATE_NOOP("kastellan::ui", "Computes for some seconds and says how far it is.")},
                        {u"trap"_s, QT_TRANSLATE_NOOP("kastellan::ui", "Breaks on purpose: shows what a trap looks like.")},
                    };
    for (const auto &[known, text] : texts)
        if (known == name)
            return QCoreApplication::translate("kastellan::ui", text);
    return {};
}

} // namespace

std::vector<Example> findExamples(const std::filesystem::path &folder)
{
    std::vector<Example> examples;
    std::error_code problem;
    for (auto at = std::filesystem::directory_iterator(folder, problem); !problem && at != std::filesystem::directory_iterator();
        at.increment(problem)) {
        const std::filesystem::path path = at->path();
        std::error_code ignored;
        if (!std::filesystem::is_regular_file(path / "main.wasm", ignored))
            continue;
        examples.push_back({QString::fromStdString(path.string()), shownLine(path.filename().string()),
            textOf(QString::fromStdString(path.filename().string()))});
    }
    const auto rank = [](const Example &example) { return example.name == "hello"_L1 ? u""_s : example.name; }; // the first to try
    std::ranges::sort(examples, {}, rank);
    return examples;
}

} // namespace kastellan::ui
