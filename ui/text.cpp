// SPDX-License-Identifier: Apache-2.0
#include "ui/text.h"

#include "core/logs/keep_log.h"
#include "ui/capital.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("kastellan::ui", text);
}

QString sentence(QString text)
{
    text = capital(std::move(text));
    if (!text.isEmpty() && !text.endsWith(u'.') && !text.endsWith(u'?') && !text.endsWith(u'!'))
        text += u'.';
    return text;
}

} // namespace

QString shown(std::string_view text)
{
    const std::string visible = makeVisible(text);
    return QString::fromUtf8(visible.data(), static_cast<qsizetype>(visible.size()));
}

QString shownLine(std::string_view text)
{
    return shown(text).replace(u'\n', u'␤').replace(u'\t', u' ');
}

std::string toStd(const QString &text)
{
    return text.toStdString();
}

Sign signOf(KeepState state)
{
    switch (state) {
    case KeepState::Planned:
        return {u"clock"_s, tr("planned"), Tone::Muted};
    case KeepState::Starting:
        return {u"progress"_s, tr("starting"), Tone::Info};
    case KeepState::Attesting:
        return {u"progress"_s, tr("attesting"), Tone::Info};
    case KeepState::Delivering:
        return {u"progress"_s, tr("delivering"), Tone::Info};
    case KeepState::Running:
        return {u"run"_s, tr("running"), Tone::Positive};
    case KeepState::Suspect:
        return {u"warning"_s, tr("suspect"), Tone::Warning};
    case KeepState::Stopped:
        return {u"stopped"_s, tr("stopped"), Tone::Muted};
    case KeepState::Failed:
        return {u"cross"_s, tr("failed"), Tone::Negative};
    case KeepState::Refused:
        return {u"shield-cross"_s, tr("refused"), Tone::Negative};
    }
    return {};
}

Sign signOf(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Trusted:
        return {u"shield-check"_s, tr("Trusted"), Tone::Positive};
    case Verdict::Authentic:
        return {u"shield"_s, tr("Authentic"), Tone::Info};
    case Verdict::Undecided:
        return {u"shield-question"_s, tr("Undecided"), Tone::Warning};
    case Verdict::Refused:
        return {u"shield-cross"_s, tr("Refused"), Tone::Negative};
    }
    return {};
}

Sign verdictSign(std::string_view verdict)
{
    if (const auto known = verdictFromName(verdict))
        return signOf(*known);
    return {u"shield-question"_s, tr("Not attested"), Tone::Muted};
}

Sign signOf(Outcome outcome)
{
    switch (outcome) {
    case Outcome::Pass:
        return {u"check"_s, tr("Pass"), Tone::Positive};
    case Outcome::Fail:
        return {u"cross"_s, tr("Fail"), Tone::Negative};
    case Outcome::Unknown:
        return {u"question"_s, tr("Unknown"), Tone::Warning};
    case Outcome::Info:
        return {u"info"_s, tr("Info"), Tone::Info};
    }
    return {};
}

Sign hostSign(std::string_view state)
{
    if (state == "ready")
        return {u"check"_s, tr("ready"), Tone::Positive};
    if (state == "not ready")
        return {u"cross"_s, tr("not ready"), Tone::Negative};
    return {u"question"_s, tr("unknown"), Tone::Warning};
}

QString areaTitle(std::string_view area)
{
    static const std::pair<std::string_view, const char *> titles[] = {
        {"root", QT_TRANSLATE_NOOP("kastellan::ui", "Root of trust")},
            {"chain", QT_TRANSLATE_NOOP("kastellan::ui", "Certificate chain")},
                {"report", QT_TRANSLATE_NOOP("kastellan::ui", "Attestation report")},
                    {"tcb", QT_TRANSLATE_NOOP("kastellan::ui", "Firmware levels (TCB)")},
                        {"policy", QT_TRANSLATE_NOOP("kastellan::ui", "Guest policy")},
                            {"binding", QT_TRANSLATE_NOOP("kastellan::ui", "Binding to this session")},
                                {"launch", QT_TRANSLATE_NOOP("kastellan::ui", "Launch digest")},
                                    {"workload", QT_TRANSLATE_NOOP("kastellan::ui", "Workload")},
                                        {"sandbox", QT_TRANSLATE_NOOP("kastellan::ui", "Sandbox")},
                                            {"platform", QT_TRANSLATE_NOOP("kastellan::ui", "Platform")},
                                        };
    for (const auto &[id, title] : titles)
        if (id == area)
            return tr(title);
    QString text = shownLine(area);
    if (!text.isEmpty())
        text[0] = text[0].toUpper();
    return text;
}

QString recordKind(std::string_view kind)
{
    if (kind == "attest")
        return tr("Before delivery");
    if (kind == "deliver")
        return tr("After delivery");
    if (kind == "reattest")
        return tr("Attested again");
    if (kind == "reappraisal")
        return tr("Appraised again");
    if (kind == "purge")
        return tr("Names purged records");
    return shownLine(kind);
}

QString when(std::int64_t seconds)
{
    if (seconds == 0)
        return u"–"_s;
    const QDateTime time = QDateTime::fromSecsSinceEpoch(seconds);
    const QLocale locale;
    if (time.date() == QDate::currentDate())
        return locale.toString(time.time(), u"HH:mm:ss"_s);
    return locale.toString(time.date(), QLocale::ShortFormat) + u' ' + locale.toString(time.time(), u"HH:mm"_s);
}

QString whenInFull(std::int64_t seconds)
{
    if (seconds == 0)
        return u"–"_s;
    const QDateTime time = QDateTime::fromSecsSinceEpoch(seconds);
    return QLocale().toString(time, u"d MMMM yyyy, HH:mm:ss "_s) + time.timeZoneAbbreviation();
}

QString ago(std::int64_t seconds, std::int64_t now)
{
    const std::int64_t passed = now - seconds;
    if (seconds == 0)
        return u"–"_s;
    if (passed < 10)
        return tr("just now");
    if (passed < 60)
        return tr("%1 s ago").arg(passed);
    if (passed < 3600)
        return tr("%1 min ago").arg(passed / 60);
    if (passed < 86400)
        return tr("%1 h ago").arg(passed / 3600);
    return when(seconds);
}

QString bytesText(std::uint64_t bytes)
{
    return QLocale().formattedDataSize(static_cast<qint64>(bytes), bytes < 1024 ? 0 : 1, QLocale::DataSizeIecFormat);
}

QString duration(std::int64_t milliseconds)
{
    if (milliseconds < 10'000)
        return tr("%1 s").arg(QLocale().toString(static_cast<double>(milliseconds) / 1000, 'f', 2));
    const std::int64_t seconds = milliseconds / 1000;
    if (seconds < 60)
        return tr("%1 s").arg(seconds);
    if (seconds < 3600)
        return tr("%1 min %2 s").arg(seconds / 60).arg(seconds % 60);
    return tr("%1 h %2 min").arg(seconds / 3600).arg(seconds % 3600 / 60);
}

QString grouped(const QString &hex, int group)
{
    QString result;
    for (qsizetype i = 0; i < hex.size(); ++i) {
        if (i && i % group == 0)
            result += u' ';
        result += hex[i];
    }
    return result;
}

ErrorText errorText(const Error &error)
{
    ErrorText text;
    if (error.kind == ErrorKind::Cancelled) {
        text.title = tr("Cancelled: %1.").arg(shownLine(error.what));
    } else {
        text.title = tr("Cannot %1.").arg(shownLine(error.what));
    }
    QString why = sentence(shown(error.why));
    if (!error.where.empty())
        why = shownLine(error.where) + u": "_s + shown(error.why);
    text.detail = sentence(why);
    if (!error.remedy.empty())
        text.detail += u' ' + sentence(shown(error.remedy));
    return text;
}

} // namespace kastellan::ui
