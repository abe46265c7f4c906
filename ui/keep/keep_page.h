// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/pages/page.h"

#include <memory>

class QComboBox;
class QStackedWidget;
class QTabWidget;
class QVBoxLayout;

namespace kastellan::ui {

class AttentionCard;
class AttestationView;
class Badge;
class ElidedLabel;
class KeepActions;
class KeepConduct;
class KeepHappenings;
class KeepRecords;
class KeepSession;
class MachineView;
class ManifestView;
class MessageBar;
class OutputView;
class StepList;
class VerdictBanner;

/// One keep: verdict, attestation, output, manifest, timeline, evidence, and what can be done with it.
class KeepPage : public Page {
    Q_OBJECT

public:
    explicit KeepPage(Workspace &workspace, QWidget *parent = nullptr);
    ~KeepPage() override;

    [[nodiscard]] QString title() const override;
    [[nodiscard]] Link link() const override;
    void open(const Link &link) override;
    void refresh() override;
    [[nodiscard]] QList<QAction *> pageActions() const override;
    [[nodiscard]] QString help() const override;

protected:
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;

private:
    void buildHeader(QVBoxLayout *layout);
    void buildTabs(QVBoxLayout *layout);
    [[nodiscard]] QWidget *makeAttestation();
    [[nodiscard]] QWidget *makeTimeline();
    void connectSession();
    void setKeep(const KeepPointer &keep);
    void showKeep();
    void showFacts();
    void loadRecords();
    void showRecords(const std::vector<RecordSummary> &records);
    void loadDossier(const QString &id);
    void showCourse();

    QString m_key, m_dossierId, m_shownRecords, m_doing;
    KeepPointer m_keep;
    DossierPointer m_dossier;
    KeepSession *m_session;
    KeepActions *m_actions;
    MessageBar *m_message;
    KeepConduct *m_conduct;
    ElidedLabel *m_title, *m_facts;
    Badge *m_state, *m_emulated;
    VerdictBanner *m_banner;
    AttentionCard *m_attention;
    QTabWidget *m_tabs;
    AttestationView *m_attestation = nullptr;
    QStackedWidget *m_attestationStack = nullptr;
    QComboBox *m_which = nullptr;
    OutputView *m_output = nullptr;
    ManifestView *m_manifest = nullptr;
    StepList *m_timeline = nullptr;
    MachineView *m_machine = nullptr;
    KeepRecords *m_records = nullptr;
    std::unique_ptr<KeepHappenings> m_happenings; ///< of the shown keep
};

} // namespace kastellan::ui
