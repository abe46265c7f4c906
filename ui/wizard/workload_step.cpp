// SPDX-License-Identifier: Apache-2.0
#include "ui/wizard/workload_step.h"

#include "core/keeps/whole_machine.h"
#include "ui/text.h"
#include "ui/theme/icons.h"
#include "ui/widgets/card.h"
#include "ui/widgets/choice_card.h"
#include "ui/widgets/dialogs.h"
#include "ui/widgets/drop_zone.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/segments.h"
#include "ui/wizard/whole_machine_form.h"

#include <QLineEdit>
#include <QPushButton>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

WorkloadStep::WorkloadStep(Workspace &space, LaunchDraft &choices, MessageBar &bar, QWidget *parent)
    : WizardStep(space, choices, bar, parent)
    , m_kinds(new Segments(tr("Kind of workload"), this))
    , m_whole(new WholeMachineForm(this))
    , m_path(new QLineEdit(this))
    , m_card(new Card(tr("What was found"), this))
    , m_facts(new FactList(m_card))
    , m_notes(new Label({}, Label::Kind::Body, Tone::Muted, m_card))
    , m_examplesTitle(new Label(tr("Examples"), Label::Kind::Heading, Tone::Plain, this))
    , m_examples(new QGridLayout)
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(12);
    m_kinds->setObjectName(u"workloadKind"_s);
    m_kinds->add(tr("Module"), u"module"_s);
    m_kinds->add(tr("Whole virtual machine"), u"chip"_s);
    layout->addWidget(m_kinds, 0, Qt::AlignLeading);
    layout->addWidget(m_module = makeModule());
    m_whole->hide();
    layout->addWidget(m_whole);
    layout->addStretch(1);
    connect(m_kinds, &Segments::chosen, this, &WorkloadStep::chooseKind);
    // What is typed is looked at when there is a pause.
    m_typingWhole.setSingleShot(true);
    m_typingWhole.setInterval(250);
    connect(m_whole, &WholeMachineForm::changed, &m_typingWhole, qOverload<>(&QTimer::start));
    connect(&m_typingWhole, &QTimer::timeout, this, &WorkloadStep::takeWhole);
    connect(m_whole, &WholeMachineForm::changed, this, [this] {
        draft().workload.reset();
        touch();
    });
    space.jobs.run<std::vector<Example>>(
        JobRunner::Lane::Quiet, tr("Find the examples"), this,
        [where = space.services.examples](const Progress &, const std::stop_token &) -> Result<std::vector<Example>> {
            return where.empty() ? std::vector<Example>{} : findExamples(where);
        },
        [this](Result<std::vector<Example>> examples) {
            if (examples)
                showExamples(*examples);
        });
}

QWidget *WorkloadStep::makeModule()
{
    auto *area = new QWidget(this);
    auto *layout = new QVBoxLayout(area);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(12);
    auto *drop = new DropZone(tr("Drop a .wasm file or a workload's folder here"), tr("or click to choose a file"), area);
    drop->setObjectName(u"workloadDrop"_s);
    layout->addWidget(drop);
    auto *line = new QHBoxLayout;
    auto *file = new QPushButton(icon(u"module"_s), tr("&File…"), area);
    auto *folder = new QPushButton(icon(u"folder"_s), tr("F&older…"), area);
    m_path->setAccessibleName(tr("Path of the workload"));
    m_path->setPlaceholderText(tr("Path of a .wasm file, a folder or a package"));
    m_path->setObjectName(u"workloadPath"_s);
    line->addWidget(m_path, 1);
    line->addWidget(file);
    line->addWidget(folder);
    layout->addLayout(line);
    m_card->body()->addWidget(m_facts);
    m_card->body()->addWidget(m_notes);
    m_card->hide();
    layout->addWidget(m_card);
    layout->addWidget(m_examplesTitle);
    m_examples->setSpacing(8);
    m_examples->setColumnStretch(0, 1);
    m_examples->setColumnStretch(1, 1);
    layout->addLayout(m_examples);
    m_examplesTitle->hide();

    const auto browse = [this] {
        choose(dialogs::openFile(this, tr("Choose a workload"), tr("Workloads (*.wasm *.tar *.zip *.tar.gz *.tgz);;All files (*)")));
    };
    connect(drop, &DropZone::dropped, this, &WorkloadStep::choose);
    connect(drop, &QPushButton::clicked, this, browse);
    connect(file, &QPushButton::clicked, this, browse);
    connect(folder, &QPushButton::clicked, this, [this] { choose(dialogs::openFolder(this, tr("Choose a workload's folder"))); });
    // What is typed is read when it is complete: on Enter or Tab, or as soon as a workload is there.
    m_typing.setSingleShot(true);
    m_typing.setInterval(250);
    connect(m_path, &QLineEdit::textEdited, &m_typing, qOverload<>(&QTimer::start));
    connect(&m_typing, &QTimer::timeout, this, &WorkloadStep::lookForTyped);
    connect(m_path, &QLineEdit::editingFinished, this, [this] {
        if (m_path->text().trimmed() != m_reading)
            choose(m_path->text().trimmed());
    });
    return area;
}

void WorkloadStep::chooseKind(int kind)
{
    const bool whole = kind == 1;
    m_module->setVisible(!whole);
    m_whole->setVisible(whole);
    message().clear();
    draft().workload.reset();
    draft().secretFiles.clear();
    draft().request.name.clear();
    ++m_wholeAttempt;
    if (whole) {
        draft().request.workload.clear();
        draft().request.args.clear();
        draft().request.env.clear();
        draft().request.secretNames.clear();
        draft().request.execution = "auto";
        draft().request.machine.whole = m_whole->image();
        takeWhole();
        return;
    }
    draft().request.machine.whole.reset();
    m_reading.clear();
    touch();
    choose(m_path->text().trimmed());
}

/// Looks whether a machine can be made of what was given.
void WorkloadStep::takeWhole()
{
    if (m_kinds->current() != 1)
        return;
    draft().workload.reset();
    draft().request.machine.whole = m_whole->image();
    draft().request.name = m_whole->name().toStdString();
    message().clear();
    touch();
    if (m_whole->isEmpty())
        return;
    using Seen = std::pair<std::shared_ptr<const Workload>, MachineImage>;
    workspace().jobs.run<Seen>(
        JobRunner::Lane::Quiet, tr("Look at the machine's files"), this,
        [request = draft().request](const Progress &, const std::stop_token &) mutable -> Result<Seen> {
            KASTELLAN_ASSIGN(Workload workload, wholeWorkload(request));
            return Seen{std::make_shared<const Workload>(std::move(workload)), *request.machine.whole};
        },
        [this, attempt = ++m_wholeAttempt](const Result<Seen> &seen) {
            if (attempt != m_wholeAttempt)
                return;
            if (!seen) {
                message().showError(seen.error());
            } else {
                draft().workload = seen->first;
                draft().request.machine.whole = seen->second; // whole paths: the loader runs elsewhere
            }
            Q_EMIT changed();
        });
}

void WorkloadStep::showExamples(const std::vector<Example> &examples)
{
    int place = 0;
    for (const Example &example : examples) {
        auto *card = new ChoiceCard(u"module"_s, example.name, example.text, this);
        card->setObjectName(u"example-"_s + example.name);
        connect(card, &QAbstractButton::clicked, this, [this, path = example.path] { choose(path); });
        m_examples->addWidget(card, place / 2, place % 2, Qt::AlignTop);
        ++place;
    }
    m_examplesTitle->setVisible(place > 0);
}

void WorkloadStep::lookForTyped()
{
    const QString path = m_path->text().trimmed();
    if (path.isEmpty() || path == m_reading)
        return;
    workspace().jobs.run<bool>(
        JobRunner::Lane::Quiet, tr("Look for the workload"), this,
        [file = std::filesystem::path(path.toStdString())](const Progress &, const std::stop_token &) -> Result<bool> {
            std::error_code ignored;
            return std::filesystem::is_regular_file(file, ignored) || std::filesystem::is_regular_file(file / "main.wasm", ignored);
        },
        [this, path](const Result<bool> &there) {
            if (there && *there && path == m_path->text().trimmed() && path != m_reading)
                choose(path);
        });
}

void WorkloadStep::choose(const QString &path)
{
    if (path.isEmpty())
        return;
    if (m_kinds->current() != 0) { // dropped
        m_path->setText(path);
        m_kinds->setCurrent(0); // reads it
        return;
    }
    m_reading = path;
    m_typing.stop();
    if (m_path->text().trimmed() != path)
        m_path->setText(path);
    draft().workload.reset();
    draft().request.workload = path.toStdString();
    m_card->hide();
    message().clear();
    touch();
    using Read = std::pair<std::shared_ptr<const Workload>, std::uint64_t>;
    workspace().jobs.run<Read>(
        JobRunner::Lane::Shown, tr("Read the workload"), this,
        [file = std::filesystem::path(path.toStdString())](const Progress &, const std::stop_token &) -> Result<Read> {
            KASTELLAN_ASSIGN(Workload workload, loadWorkload(file));
            const std::uint64_t size = workload.module.size();
            workload.module = Bytes(); // up to 100 MB that the wizard has no use for
            return Read{std::make_shared<const Workload>(std::move(workload)), size};
        },
        [this, path](Result<Read> result) { show(std::move(result), path); });
}

void WorkloadStep::show(Result<std::pair<std::shared_ptr<const Workload>, std::uint64_t>> result, const QString &path)
{
    if (path != m_reading)
        return;
    if (!result) {
        message().showError(result.error());
        Q_EMIT changed();
        return;
    }
    draft().workload = result->first;
    draft().moduleSize = result->second;
    const Workload &workload = *draft().workload;
    draft().request.name = workload.name;
    draft().secretFiles.clear();
    m_facts->clear();
    m_facts->add(tr("Name"), shownLine(workload.name));
    m_facts->add(tr("Module"),
        tr("%1, SHA-256 %2").arg(bytesText(result->second), QString::fromStdString(toHex(workload.moduleDigest.view())).left(24) + u'…'));
    m_facts->add(tr("Configuration"),
        workload.configFile.empty() ? tr("none: defaults are used")
                                    : shownLine(std::filesystem::path(workload.configFile).filename().string()));
    if (!workload.config.secrets.empty()) {
        QStringList names;
        for (const std::string &name : workload.config.secrets)
            names += shownLine(name);
        m_facts->add(tr("Secrets it asks for"), names.join(u", "_s));
    }
    QStringList notes;
    for (const std::string &note : workload.notes)
        notes += shown(note);
    m_notes->setText(notes.join(u'\n'));
    m_notes->setVisible(!notes.isEmpty());
    m_card->show();
    Q_EMIT changed();
}

QString WorkloadStep::summary() const
{
    return draft().workload ? shownLine(draft().workload->name) : QString();
}

QString WorkloadStep::missing() const
{
    if (draft().request.machine.whole)
        return draft().workload  ? QString()
            : m_whole->isEmpty() ? tr("Give a kernel or a disk image.")
                                 : tr("The machine's files were not found yet.");
    if (draft().request.workload.empty())
        return tr("Choose a workload first.");
    return draft().workload ? QString() : tr("The workload could not be read yet.");
}

} // namespace kastellan::ui
