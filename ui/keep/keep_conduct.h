// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/data/workspace.h"

namespace kastellan::ui {

class KeepActions;
class KeepSession;
class MessageBar;

/// Does what a person asks of the shown keep, and says what came of it: stop (first gracefully, then at once), attest again, recover,
/// remove.
class KeepConduct : public QObject {
    Q_OBJECT

public:
    KeepConduct(Workspace &workspace, KeepSession &session, KeepActions &actions, MessageBar &message, QWidget *page);
    void setKeep(const KeepPointer &keep);
    /// It was asked to stop, and has not ended yet.
    [[nodiscard]] bool isStopping() const { return m_stopping; }

Q_SIGNALS:
    /// What can be done has changed.
    void changed();

private:
    void stop();
    void stopWith(unsigned graceSeconds);
    void attest();
    void attested(const QString &verdict);
    void recover();
    void remove();
    void forKeep(const QString &title, std::function<Status(const KeepId &)> call, const std::function<void()> &done);
    [[nodiscard]] QString keepName() const;

    Workspace &m_workspace;
    KeepSession &m_session;
    MessageBar &m_message;
    QWidget *m_page;
    KeepPointer m_keep;
    bool m_stopping = false, m_asked = false;
};

} // namespace kastellan::ui
