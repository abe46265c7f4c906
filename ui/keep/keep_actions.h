// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/data/workspace.h"

#include <QAction>

namespace kastellan::ui {

/// What can be done with a keep. Each is disabled with the reason when it cannot be done.
class KeepActions : public QObject {
    Q_OBJECT

public:
    explicit KeepActions(QWidget *parent);
    /// `keep` may be null: none is shown. `connected`: its loader answers us. `stopping`: it was asked to stop, and has not ended yet: now
    /// it can be ended at once.
    void update(const KeepPointer &keep, bool connected, bool stopping);
    [[nodiscard]] QList<QAction *> all() const { return {stop, attest, recover, remove}; }

    QAction *stop, *attest, *recover, *remove;
};

} // namespace kastellan::ui
