// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/machine.h"

#include <QWidget>

#include <functional>

class QGridLayout;
class QLineEdit;

namespace kastellan::ui {

class Label;

/// A whole virtual machine as the workload: kernel, initial RAM disk, command line and disk, and what of them is measured.
class WholeMachineForm : public QWidget {
    Q_OBJECT

public:
    explicit WholeMachineForm(QWidget *parent = nullptr);
    [[nodiscard]] MachineImage image() const;
    [[nodiscard]] QString name() const;
    /// Whether nothing was given yet.
    [[nodiscard]] bool isEmpty() const;

Q_SIGNALS:
    void changed();

private:
    QLineEdit *addFile(QGridLayout *grid, int row, const QString &title, const QString &hint, const char *name);
    void explain();

    QLineEdit *m_kernel, *m_initrd, *m_commandLine, *m_disk, *m_name;
    Label *m_disked;
};

} // namespace kastellan::ui
