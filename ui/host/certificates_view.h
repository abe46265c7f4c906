// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/data/workspace.h"

#include <QWidget>

class QPushButton;

namespace kastellan::ui {

class ChainCard;
class Label;
class MessageBar;
class TableModel;
class TableView;

/// The certificates behind a platform as chains, and the certificate store: imported by drop or button, exported as chains.
class CertificatesView : public QWidget {
    Q_OBJECT

public:
    /// What goes well or wrong is said in `message`.
    CertificatesView(Workspace &workspace, MessageBar *message, QWidget *parent = nullptr);
    void show(const PlatformState &state);
    void import(const QStringList &paths);

Q_SIGNALS:
    /// A person wants to do that with the platform.
    void actionWanted(const QString &action);

private:
    [[nodiscard]] QWidget *makeStore();
    void showStore();
    void imported(const CertificateImport &result);
    void exportChain();

    Workspace &m_workspace;
    MessageBar *m_message;
    ChainCard *m_reports, *m_ownership;
    PlatformPointer m_shown;
    Label *m_problem = nullptr;
    TableModel *m_model = nullptr;
    TableView *m_table = nullptr;
    QPushButton *m_import = nullptr, *m_export = nullptr, *m_exportOwnership = nullptr;
};

} // namespace kastellan::ui
