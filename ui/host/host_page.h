// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/pages/page.h"

class QPushButton;
class QTabWidget;
class QVBoxLayout;

namespace kastellan::ui {

class ActionsView;
class Badge;
class CertificatesView;
class CheckStrip;
class ElidedLabel;
class HostBanner;
class Label;
class MaintenanceView;
class MessageBar;
class NoticeList;
class PlatformFacts;
class ReadinessView;
class TableModel;
class TableView;

/// One host: whether it can run keeps and what to mend, its platform with certificates and actions, what blocks maintenance, its keeps.
class HostPage : public Page {
    Q_OBJECT

public:
    explicit HostPage(Workspace &workspace, QWidget *parent = nullptr);
    [[nodiscard]] QString title() const override;
    [[nodiscard]] Link link() const override;
    void open(const Link &link) override;
    void refresh() override;
    [[nodiscard]] QList<QAction *> pageActions() const override { return {m_launch, m_check, m_remove}; }
    [[nodiscard]] QString help() const override;

protected:
    void showEvent(QShowEvent *event) override;

private:
    void buildHeader(QVBoxLayout *layout);
    void buildTabs(QVBoxLayout *layout);
    [[nodiscard]] QWidget *makeReadiness();
    [[nodiscard]] QWidget *makeKeeps();
    void connectData();
    void showHost();
    void showReadiness();
    void showPlatform();
    void showKeeps();
    void showMaintenance();
    void showNotices();
    void act(const QString &action);
    void askRemove();
    [[nodiscard]] std::vector<KeepPointer> keepsHere(bool running) const;

    QString m_id;
    QString m_runningKeeps; ///< keys of what runs here, as last shown
    ElidedLabel *m_title, *m_platform;
    Badge *m_state, *m_emulated;
    QAction *m_launch, *m_check, *m_remove;
    QPushButton *m_export = nullptr;
    MessageBar *m_message;
    NoticeList *m_notices;
    HostBanner *m_banner;
    QTabWidget *m_tabs;
    CheckStrip *m_strip = nullptr;
    ReadinessView *m_readiness = nullptr;
    PlatformFacts *m_facts = nullptr;
    CertificatesView *m_certificates = nullptr;
    ActionsView *m_actions = nullptr;
    MaintenanceView *m_maintenance = nullptr;
    TableModel *m_keeps = nullptr;
    TableView *m_keepsView = nullptr;
    Label *m_noKeeps = nullptr;
};

} // namespace kastellan::ui
