// SPDX-License-Identifier: Apache-2.0
#include "ui/keep/finding_detail.h"

#include "ui/models/findings_model.h"
#include "ui/theme/icons.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/card.h"
#include "ui/widgets/labels.h"

#include <QClipboard>
#include <QEvent>
#include <QGuiApplication>
#include <QPushButton>
#include <QVBoxLayout>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

constexpr int sideBySideFrom = 440; ///< narrower than this, expected and actual stand one above the other

/// Escaped, with places to break long runs at.
QString breakable(const QString &text)
{
    QString html;
    int run = 0;
    for (const QChar &character : text) {
        html += character == u'\n' ? u"<br>"_s : QString(character).toHtmlEscaped();
        run = character.isSpace() ? 0 : run + 1;
        if (run % 8 == 0 && run > 0)
            html += u"&#8203;"_s;
    }
    return html;
}

QWidget *valueBox(const QString &title, QLabel **value, QWidget *parent)
{
    auto *card = new Card({}, parent);
    card->body()->setContentsMargins(12, 8, 12, 10);
    card->body()->setSpacing(4);
    card->body()->addWidget(new Label(title, Label::Kind::Small, Tone::Muted, card));
    *value = new QLabel(card);
    (*value)->setTextFormat(Qt::RichText); // ours: every character of a value is escaped
    (*value)->setTextInteractionFlags(Qt::TextSelectableByMouse);
    (*value)->setWordWrap(true);
    (*value)->setFont(codeFont());
    (*value)->setAlignment(Qt::AlignTop | Qt::AlignLeading);
    card->body()->addWidget(*value, 1);
    return card;
}

} // namespace

QString markedDifference(const QString &value, const QString &other, const QColor &mark)
{
    // Only values of one shape can be laid beside each other: digests, versions of one length.
    if (value.size() != other.size() || value == other || value.size() < 8)
        return breakable(value);
    QString html;
    qsizetype at = 0;
    while (at < value.size()) {
        const bool differs = value[at] != other[at];
        qsizetype end = at;
        while (end < value.size() && (value[end] != other[end]) == differs)
            ++end;
        const QString part = breakable(value.mid(at, end - at));
        html += differs ? u"<span style=\"color:%1;text-decoration:underline\">%2</span>&#8203;"_s.arg(mark.name(), part) : part;
        at = end;
    }
    return html;
}

FindingDetail::FindingDetail(QWidget *parent)
    : QScrollArea(parent)
    , m_content(new QWidget(this))
{
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFocusPolicy(Qt::NoFocus);
    setAccessibleName(tr("The chosen finding"));
    auto *canvas = new QWidget(this);
    auto *outer = new QVBoxLayout(canvas);
    outer->setContentsMargins(12, 0, 4, 0);
    m_placeholder = new Label(
        tr("Choose a finding to see what was expected, what was found, and why it matters."), Label::Kind::Body, Tone::Muted, canvas);
    outer->addWidget(m_placeholder);
    outer->addWidget(m_content);
    outer->addStretch(1);
    auto *layout = new QVBoxLayout(m_content);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    auto *header = new QHBoxLayout;
    auto *words = new QVBoxLayout;
    words->setSpacing(1);
    m_title = new Label({}, Label::Kind::Heading, Tone::Plain, m_content);
    m_title->setWordWrap(true);
    m_id = new Label({}, Label::Kind::Code, Tone::Muted, m_content);
    words->addWidget(m_title);
    words->addWidget(m_id);
    header->addLayout(words, 1);
    m_copy = new QPushButton(icon(u"copy"_s), {}, m_content);
    m_copy->setFlat(true);
    m_copy->setAccessibleName(tr("Copy the finding"));
    m_copy->setToolTip(tr("Copy the finding as text"));
    header->addWidget(m_copy, 0, Qt::AlignTop);
    layout->addLayout(header);
    auto *badges = new QHBoxLayout;
    badges->setSpacing(6);
    badges->addWidget(m_outcome = new Badge({}, m_content));
    badges->addWidget(m_weight = new Badge({}, m_content));
    badges->addStretch(1);
    layout->addLayout(badges);
    layout->addSpacing(2);
    m_sides = new QBoxLayout(QBoxLayout::TopToBottom);
    m_sides->setSpacing(8);
    m_sides->addWidget(m_expectedBox = valueBox(tr("Expected"), &m_expected, m_content), 1);
    m_sides->addWidget(m_actualBox = valueBox(tr("Actual"), &m_actual, m_content), 1);
    layout->addLayout(m_sides);
    const auto section = [&](Label *&title, Label *&text, const QString &name) {
        title = new Label(name, Label::Kind::Small, Tone::Muted, m_content);
        text = new Label({}, Label::Kind::Value, Tone::Plain, m_content);
        layout->addSpacing(4);
        layout->addWidget(title);
        layout->addWidget(text);
    };
    section(m_whyTitle, m_why, tr("Why it matters"));
    section(m_remedyTitle, m_remedy, tr("What to do"));
    section(m_sourceTitle, m_source, tr("Where it is written"));
    setWidget(canvas);
    connect(m_copy, &QPushButton::clicked, this, [this] {
        QStringList lines{u"%1 (%2): %3, %4"_s.arg(m_title->text(), m_id->text(), signOf(m_finding.outcome).word,
                              m_finding.required ? tr("required") : tr("advisory")),
            tr("Expected: %1").arg(shown(m_finding.expected)), tr("Actual: %1").arg(shown(m_finding.actual))};
        if (!m_finding.why.empty())
            lines += shown(m_finding.why);
        if (!m_finding.remedy.empty())
            lines += shown(m_finding.remedy);
        if (!m_finding.source.empty())
            lines += shown(m_finding.source);
        QGuiApplication::clipboard()->setText(lines.join(u'\n'));
    });
    fill();
}

void FindingDetail::setFinding(const Finding *finding)
{
    m_has = finding != nullptr;
    if (finding)
        m_finding = *finding;
    fill();
}

void FindingDetail::fill()
{
    m_content->setVisible(m_has);
    m_placeholder->setVisible(!m_has);
    if (!m_has)
        return;
    m_title->setText(checkTitle(m_finding.id));
    m_id->setText(shownLine(m_finding.id));
    m_outcome->setSign(signOf(m_finding.outcome));
    m_weight->setSign({{}, m_finding.required ? tr("Required") : tr("Advisory"), Tone::Plain});
    m_weight->setToolTip(m_finding.required ? tr("A verdict of trusted or authentic needs this to pass.")
                                            : tr("It informs, and does not decide the verdict."));
    const QString expected = shown(m_finding.expected), actual = shown(m_finding.actual);
    const QColor mark = toneColors(m_finding.outcome == Outcome::Fail ? Tone::Negative : Tone::Info, palette()).text;
    m_expected->setText(expected.isEmpty() ? u"–"_s : markedDifference(expected, actual, mark));
    m_actual->setText(actual.isEmpty() ? u"–"_s : markedDifference(actual, expected, mark));
    const auto section = [](Label *title, Label *text, const std::string &value) {
        text->setText(shown(value));
        title->setVisible(!value.empty());
        text->setVisible(!value.empty());
    };
    section(m_whyTitle, m_why, m_finding.why);
    section(m_remedyTitle, m_remedy, m_finding.remedy);
    section(m_sourceTitle, m_source, m_finding.source);
    m_remedy->setTone(m_finding.outcome == Outcome::Fail ? Tone::Negative
            : m_finding.outcome == Outcome::Unknown      ? Tone::Warning
                                                         : Tone::Plain);
    arrange();
}

void FindingDetail::arrange()
{
    m_sides->setDirection(viewport()->width() >= sideBySideFrom ? QBoxLayout::LeftToRight : QBoxLayout::TopToBottom);
}

void FindingDetail::resizeEvent(QResizeEvent *event)
{
    QScrollArea::resizeEvent(event);
    arrange();
}

void FindingDetail::changeEvent(QEvent *event)
{
    QScrollArea::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        fill();
}

} // namespace kastellan::ui
