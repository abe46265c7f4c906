// SPDX-License-Identifier: Apache-2.0
#include "app/kastellan/options.h"

#include <QCommandLineParser>
#include <QCoreApplication>

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace kastellan {

using namespace Qt::StringLiterals;

namespace {

[[noreturn]] void wrongUsage(const QString &text)
{
    std::fprintf(stderr, "kastellan: %s\nTry kastellan --help.\n", qPrintable(text));
    std::exit(2);
}

} // namespace

bool needsNoDisplay(int argc, char **argv)
{
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        for (const std::string_view option : {"--render-report", "--screenshot", "--help", "-h", "--help-all", "--version", "-v"})
            if (word == option || (word.starts_with(option) && word.size() > option.size() && word[option.size()] == '='))
                return true;
    }
    return false;
}

Options readOptions()
{
    const auto tr = [](const char *text) { return QCoreApplication::translate("main", text); };
    QCommandLineParser parser;
    parser.setApplicationDescription(tr("Launch workloads in keeps, and have proven what runs in them."));
    parser.addPositionalArgument(u"workload"_s, tr("A .wasm file, a folder or a package to launch."), u"[workload]"_s);
    const QCommandLineOption report(
        u"render-report"_s, tr("Write an evidence record as a PDF document and end; needs no display."), tr("record"));
    const QCommandLineOption output(u"output"_s, tr("Where to write the document."), tr("file"));
    const QCommandLineOption screenshot(u"screenshot"_s, tr("Write a picture of the window as PNG and end; needs no display."), tr("file"));
    const QCommandLineOption page(u"page"_s,
        tr("The page to open: overview, evidence, activity, host/ID, keep/ID, keep/ID/output, record/ID or wizard."), tr("page"));
    const QCommandLineOption size(u"size"_s, tr("Size of the window."), tr("WIDTHxHEIGHT"));
    const QCommandLineOption dark(u"dark"_s, tr("Dark colours, this time.")), light(u"light"_s, tr("Light colours, this time."));
    parser.addOptions({report, output, screenshot, page, size, dark, light});
    parser.addHelpOption();
    parser.addVersionOption();
    parser.process(QCoreApplication::arguments());
    Options options;
    options.workloads = parser.positionalArguments();
    options.record = parser.value(report);
    options.output = parser.value(output);
    options.screenshot = parser.value(screenshot);
    options.page = parser.value(page);
    options.dark = parser.isSet(dark);
    options.light = parser.isSet(light);
    if (parser.isSet(report) && (options.record.isEmpty() || options.output.isEmpty()))
        wrongUsage(tr("--render-report needs a record, and --output the file to write"));
    if (parser.isSet(size)) {
        const QStringList parts = parser.value(size).split(u'x');
        options.size = parts.size() == 2 ? QSize(parts[0].toInt(), parts[1].toInt()) : QSize();
        if (options.size.width() < 200 || options.size.height() < 200 || options.size.width() > 8000 || options.size.height() > 8000)
            wrongUsage(tr("--size wants WIDTHxHEIGHT between 200x200 and 8000x8000"));
    }
    if (options.workloads.size() > 1)
        wrongUsage(tr("one workload at a time"));
    return options;
}

} // namespace kastellan
