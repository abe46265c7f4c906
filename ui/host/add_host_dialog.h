// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/data/workspace.h"

#include <QDialog>

class QLineEdit;
class QProgressBar;
class QPushButton;
class QVBoxLayout;

namespace kastellan::ui {

class Card;
class FactList;
class Label;
class MessageBar;
class Segments;

/// Adds a host to the list: a libvirt connection, a cluster of the kubeconfig, or a machine to be looked at by ssh. It is looked at before
/// it is added; one that does not answer can be added all the same. Deletes itself when closed.
class AddHostDialog : public QDialog {
    Q_OBJECT

public:
    explicit AddHostDialog(Workspace &workspace, QWidget *parent);
    void reject() override;

Q_SIGNALS:
    void added(const QString &id);

private:
    enum Kind { Libvirt, Cluster, Ssh };
    void build();
    void chooseKind(int kind);
    void listClusters();
    void update();
    void look();
    void showLook(const HostLook &look);
    void add();
    [[nodiscard]] QString address() const;

    Workspace &m_workspace;
    MessageBar *m_message;
    Segments *m_kinds;
    Label *m_help, *m_problem, *m_doing;
    QLineEdit *m_address, *m_name;
    QWidget *m_clusterList;
    QVBoxLayout *m_clusters;
    Card *m_found;
    FactList *m_facts;
    QProgressBar *m_bar;
    QPushButton *m_close, *m_look, *m_add;
    QPointer<Job> m_job;
    std::optional<HostLook> m_seen;
    QString m_seenAddress; ///< what `m_seen` is of
    bool m_adding = false;
};

} // namespace kastellan::ui
