// SPDX-License-Identifier: Apache-2.0
#include "ui/wizard/whole_machine_form.h"

#include "core/keeps/whole_machine.h"
#include "ui/text.h"
#include "ui/theme/icons.h"
#include "ui/widgets/dialogs.h"
#include "ui/widgets/labels.h"

#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

WholeMachineForm::WholeMachineForm(QWidget *parent)
    : QWidget(parent)
    , m_commandLine(new QLineEdit(this))
    , m_name(new QLineEdit(this))
    , m_disked(new Label({}, Label::Kind::Body, Tone::Muted, this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(10);
    layout->addWidget(
        new Label(tr("Firmware, kernel, initial RAM disk and command line are measured, and the expected digest is computed from "
                     "these very files. There is no warden inside: nothing is delivered, no secret is given, and a report that is "
                     "made inside is imported on the keep's page."),
            Label::Kind::Body, Tone::Muted, this));
    auto *grid = new QGridLayout;
    grid->setHorizontalSpacing(14);
    grid->setVerticalSpacing(8);
    grid->setColumnStretch(1, 1);
    m_kernel = addFile(grid, 0, tr("&Kernel:"), tr("a bzImage; measured"), "wholeKernel");
    m_initrd = addFile(grid, 1, tr("&Initial RAM disk:"), tr("measured; may be left out"), "wholeInitrd");
    m_disk = addFile(grid, 3, tr("&Disk image:"), tr("raw or qcow2; may be left out"), "wholeDisk");
    const auto line = [&](int row, const QString &title, QLineEdit *field, const QString &hint, const char *name) {
        auto *label = new QLabel(title, this);
        label->setBuddy(field);
        field->setObjectName(QString::fromLatin1(name));
        field->setAccessibleName(QString(title).remove(u'&').remove(u':'));
        field->setPlaceholderText(hint);
        grid->addWidget(label, row, 0);
        grid->addWidget(field, row, 1, 1, 2);
        connect(field, &QLineEdit::textChanged, this, &WholeMachineForm::explain);
    };
    line(2, tr("Command &line:"), m_commandLine, tr("of the kernel; measured"), "wholeAppend");
    m_commandLine->setMaxLength(2047);
    line(4, tr("Na&me of the keep:"), m_name, tr("the kernel's or the disk's file name"), "wholeName");
    m_name->setMaxLength(100);
    layout->addLayout(grid);
    m_disked->setObjectName(u"wholeDisked"_s);
    layout->addWidget(m_disked);
    explain();
}

QLineEdit *WholeMachineForm::addFile(QGridLayout *grid, int row, const QString &title, const QString &hint, const char *name)
{
    auto *field = new QLineEdit(this);
    const QString bare = QString(title).remove(u'&').remove(u':');
    field->setObjectName(QString::fromLatin1(name));
    field->setAccessibleName(bare);
    field->setPlaceholderText(hint);
    auto *label = new QLabel(title, this);
    label->setBuddy(field);
    auto *browse = new QPushButton(icon(u"file"_s), tr("Choose…"), this);
    browse->setAccessibleName(tr("Choose: %1").arg(bare));
    browse->setAutoDefault(false);
    grid->addWidget(label, row, 0);
    grid->addWidget(field, row, 1);
    grid->addWidget(browse, row, 2);
    connect(field, &QLineEdit::textChanged, this, &WholeMachineForm::explain);
    connect(browse, &QPushButton::clicked, this, [this, field, bare] {
        const QString file = dialogs::openFile(this, bare, tr("All files (*)"));
        if (!file.isEmpty())
            field->setText(file);
    });
    return field;
}

MachineImage WholeMachineForm::image() const
{
    return {m_kernel->text().trimmed().toStdString(), m_initrd->text().trimmed().toStdString(),
        m_commandLine->text().trimmed().toStdString(), m_disk->text().trimmed().toStdString()};
}

QString WholeMachineForm::name() const
{
    return m_name->text().trimmed();
}

bool WholeMachineForm::isEmpty() const
{
    return image() == MachineImage{};
}

void WholeMachineForm::explain()
{
    const auto finding = diskFinding(image());
    m_disked->setVisible(finding.has_value());
    if (finding) {
        const bool rooted = finding->outcome != Outcome::Unknown && finding->outcome != Outcome::Fail;
        m_disked->setTone(rooted ? Tone::Positive : Tone::Warning);
        m_disked->setText(rooted
                ? tr("The disk is rooted in the measured command line (%1): a changed block is not read.")
                      .arg(shownLine(diskRootedBy(image().commandLine)))
                : tr("disk.unmeasured: nothing measured says what is on this disk, so the verdict is “authentic” at most. Root "
                     "it in the command line (dm-verity: roothash=…) to have it proven."));
    }
    Q_EMIT changed();
}

} // namespace kastellan::ui
