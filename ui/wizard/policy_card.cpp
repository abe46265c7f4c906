// SPDX-License-Identifier: Apache-2.0
#include "ui/wizard/policy_card.h"

#include "core/keeps/block_file.h"
#include "ui/capital.h"
#include "ui/keep/machine_facts.h"
#include "ui/text.h"
#include "ui/theme/icons.h"
#include "ui/widgets/dialogs.h"
#include "ui/widgets/fold.h"
#include "ui/widgets/labels.h"

#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {
constexpr int indent = 26;
}

PolicyCard::PolicyCard(Workspace &workspace, QWidget *parent)
    : Card(tr("Policy and identity"), parent)
    , m_workspace(workspace)
{
    auto *content = new QWidget(this);
    auto *rows = new QVBoxLayout(content);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(10);
    m_why = new Label({}, Label::Kind::Body, Tone::Muted, content);
    rows->addWidget(m_why);
    m_bitArea = new QWidget(content);
    m_bits = new QVBoxLayout(m_bitArea);
    m_bits->setContentsMargins(0, 0, 0, 0);
    m_bits->setSpacing(4);
    rows->addWidget(m_bitArea);
    m_snp = makeSnp();
    rows->addWidget(m_snp);
    m_fold = new Fold(tr("Guest policy, ID block, signing key"), content, this);
    m_fold->setObjectName(u"policyFold"_s);
    m_policyText = new Label({}, Label::Kind::Body, Tone::Muted, this);
    m_policyText->setObjectName(u"policyText"_s);
    body()->addWidget(m_policyText);
    body()->addWidget(m_fold);
    update();
}

QWidget *PolicyCard::makeSnp()
{
    auto *area = new QWidget(this);
    auto *rows = new QVBoxLayout(area);
    rows->setContentsMargins(0, 4, 0, 0);
    rows->setSpacing(8);
    auto *grid = new QGridLayout;
    grid->setHorizontalSpacing(14);
    grid->setVerticalSpacing(8);
    grid->setColumnStretch(1, 1);
    addBlock(grid, 0, tr("&ID block:"), "idBlock", idBlockSize, "the ID block");
    addBlock(grid, 1, tr("ID &authentication:"), "idAuth", idAuthSize, "the ID authentication");
    m_authorKey = new QCheckBox(tr("The ID authentication has an a&uthor key too"), area);
    m_authorKey->setObjectName(u"authorKey"_s);
    grid->addWidget(m_authorKey, 2, 1);
    m_signer = new QComboBox(area);
    m_signer->setObjectName(u"signer"_s);
    m_signer->addItem(tr("The chip's own key (VCEK)"), false);
    m_signer->addItem(tr("The provider's key (VLEK)"), true);
    m_signer->setAccessibleName(tr("Key that signs reports"));
    auto *signerLabel = new QLabel(tr("Reports are si&gned by:"), area);
    signerLabel->setBuddy(m_signer);
    grid->addWidget(signerLabel, 3, 0);
    grid->addWidget(m_signer, 3, 1, Qt::AlignLeading);
    addBlock(grid, 4, tr("Guest-visible &workarounds:"), "workarounds", workaroundsSize, "the guest-visible workarounds");
    auto *host = new QLabel(tr("Host data:"), area);
    grid->addWidget(host, 5, 0, Qt::AlignTop);
    grid->addWidget(
        new Label(tr("the SHA-256 of the owner key that is made with the plan; shown there"), Label::Kind::Body, Tone::Muted, area), 5, 1);
    rows->addLayout(grid);
    m_blockProblem = new Label({}, Label::Kind::Small, Tone::Negative, area);
    m_blockProblem->setObjectName(u"blockProblem"_s);
    m_blockProblem->hide();
    rows->addWidget(m_blockProblem);
    rows->addWidget(
        new Label(tr("With an ID block the firmware itself refuses to start anything else; its keys then name the keep in every "
                     "report. ‘keepctl measure id-block’ makes one. The provider's key hides which chip it is: a cloud must have "
                     "loaded it."),
            Label::Kind::Small, Tone::Muted, area));
    connect(m_authorKey, &QCheckBox::toggled, this, &PolicyCard::update);
    connect(m_signer, &QComboBox::currentIndexChanged, this, &PolicyCard::update);
    return area;
}

PolicyCard::Block &PolicyCard::addBlock(
    QGridLayout *grid, int row, const QString &title, const char *name, std::size_t size, const char *what)
{
    Block &block = row == 0 ? m_idBlock : row == 1 ? m_idAuth : m_workarounds;
    block.size = size;
    block.what = what;
    block.path = new QLineEdit(this);
    block.path->setObjectName(QString::fromLatin1(name));
    block.path->setPlaceholderText(tr("none"));
    const QString bare = QString(title).remove(u'&').remove(u':');
    block.path->setAccessibleName(bare);
    block.path->setToolTip(tr("A file of %1 bytes, raw or in base64 or hex").arg(size));
    auto *label = new QLabel(title, this);
    label->setBuddy(block.path);
    auto *browse = new QPushButton(icon(u"file"_s), tr("Choose…"), this);
    browse->setAccessibleName(tr("Choose: %1").arg(bare));
    browse->setAutoDefault(false);
    grid->addWidget(label, row, 0);
    grid->addWidget(block.path, row, 1);
    grid->addWidget(browse, row, 2);
    connect(block.path, &QLineEdit::textChanged, this, [this, &block] { read(block); });
    connect(browse, &QPushButton::clicked, this, [this, &block, bare] {
        const QString file = dialogs::openFile(this, bare, tr("All files (*)"));
        if (!file.isEmpty())
            block.path->setText(file);
    });
    return block;
}

void PolicyCard::read(Block &block)
{
    const QString path = block.path->text().trimmed();
    block.base64.clear();
    block.problem = path.isEmpty() ? QString() : tr("The file is being read.");
    update();
    if (path.isEmpty())
        return;
    m_workspace.jobs.run<std::string>(
        JobRunner::Lane::Quiet, tr("Read %1").arg(path), this,
        [file = path.toStdString(), size = block.size, what = std::string(block.what)](
            const Progress &, const std::stop_token &) { return readBlockFile(file, size, what); },
        [this, &block, path](const Result<std::string> &read) {
            if (path != block.path->text().trimmed())
                return;
            block.problem = read ? QString() : errorText(read.error()).title + u' ' + errorText(read.error()).detail;
            block.base64 = read.value_or(std::string());
            update();
        });
}

void PolicyCard::setTechnology(const std::string &technology, const QString &whyNot)
{
    m_whyNot = whyNot;
    if (technology != m_technology) {
        m_technology = technology;
        m_words = m_workspace.services.machines.policyWords(technology);
        m_policy = m_words.usual;
        makeBits();
    }
    update();
}

void PolicyCard::reset()
{
    m_policy = m_words.usual;
    for (Block *block : {&m_idBlock, &m_idAuth, &m_workarounds})
        block->path->clear();
    m_authorKey->setChecked(false);
    m_signer->setCurrentIndex(0);
    showBits();
    update();
}

void PolicyCard::makeBits()
{
    m_boxes.clear();
    while (QLayoutItem *item = m_bits->takeAt(0)) {
        if (item->widget()) {
            item->widget()->hide();
            item->widget()->deleteLater();
        }
        delete item;
    }
    for (const PolicyBit &bit : m_words.bits) {
        auto *row = new QWidget(m_bitArea);
        auto *both = new QVBoxLayout(row);
        both->setContentsMargins(0, 0, 0, 2);
        both->setSpacing(0);
        auto *box = new QCheckBox(tr("%1 (bit %2)").arg(shownLine(bit.name)).arg(bit.bit), row);
        box->setObjectName(u"policy-"_s + QString::fromStdString(bit.name));
        auto *meaning = new Label({}, Label::Kind::Small, Tone::Muted, row);
        meaning->setContentsMargins(indent, 0, 0, 0);
        both->addWidget(box);
        both->addWidget(meaning);
        m_bits->addWidget(row);
        m_boxes.emplace_back(box, meaning);
        connect(box, &QCheckBox::toggled, this, [this, mask = std::uint64_t{1} << bit.bit](bool on) {
            m_policy = on ? m_policy | mask : m_policy & ~mask;
            showBits();
            update();
        });
    }
    showBits();
}

void PolicyCard::showBits()
{
    for (std::size_t i = 0; i < m_boxes.size(); ++i) {
        const PolicyBit &bit = m_words.bits[i];
        const bool on = (m_policy >> bit.bit) & 1, usual = (m_words.usual >> bit.bit) & 1;
        auto &[box, meaning] = m_boxes[i];
        const QSignalBlocker quiet(box);
        box->setChecked(on);
        box->setEnabled(!bit.fixed);
        box->setToolTip(bit.fixed ? tr("It follows from the technology.") : QString());
        const QString words = capital(shown(on ? bit.set : bit.clear)) + u'.';
        meaning->setText(on == usual ? words : words + u' ' + tr("Not as usual."));
        meaning->setTone(on == usual ? Tone::Muted : Tone::Warning);
        box->setAccessibleDescription(meaning->text());
    }
}

void PolicyCard::update()
{
    const bool can = m_whyNot.isEmpty() && !m_words.bits.empty();
    m_why->setText(!m_whyNot.isEmpty() ? m_whyNot : tr("Choose the protection by name first: each has a policy of its own."));
    m_why->setVisible(!can);
    m_bitArea->setVisible(can);
    m_snp->setVisible(can && isSnp());
    const QString number = u"0x"_s + QString::number(m_policy, 16);
    m_policyText->setText(!can ? tr("The strictest usual policy.")
            : m_policy == m_words.usual
            ? tr("%1: the strictest usual policy, %2.").arg(technologyName(m_technology), number)
            : tr("%1: policy %2, changed by you. It is part of the evidence.").arg(technologyName(m_technology), number));
    const QString problem = missing();
    m_blockProblem->setText(problem);
    m_blockProblem->setVisible(!problem.isEmpty());
    m_authorKey->setEnabled(!m_idAuth.path->text().trimmed().isEmpty());
    m_authorKey->setToolTip(m_authorKey->isEnabled() ? QString() : tr("An author key is part of an ID authentication: give that first."));
    Q_EMIT changed();
}

QString PolicyCard::missing() const
{
    if (!isSnp() || !m_whyNot.isEmpty())
        return {};
    for (const Block *block : {&m_idBlock, &m_idAuth, &m_workarounds})
        if (!block->problem.isEmpty())
            return block->problem;
    if (m_idBlock.base64.empty() != m_idAuth.base64.empty())
        return tr("An ID block and its authentication belong together: give both.");
    return {};
}

void PolicyCard::apply(MachineRequest &request) const
{
    const bool can = m_whyNot.isEmpty() && !m_words.bits.empty(), snp = can && isSnp();
    request.policy = can && m_policy != m_words.usual ? std::optional(m_policy) : std::nullopt;
    request.idBlock = snp ? m_idBlock.base64 : std::string();
    request.idAuth = snp ? m_idAuth.base64 : std::string();
    request.workarounds = snp ? m_workarounds.base64 : std::string();
    request.authorKey = snp && !m_idAuth.base64.empty() && m_authorKey->isChecked();
    request.vlek = snp && m_signer->currentData().toBool();
}

} // namespace kastellan::ui
