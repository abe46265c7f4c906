// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QPushButton>
#include <QStringList>

class QMimeData;

namespace kastellan::ui {

/// The first local path of a drop that can be a workload: one file or folder; empty: none.
[[nodiscard]] QString workloadOf(const QMimeData *data);

/// All local paths of a drop; empty unless all of it is local.
[[nodiscard]] QStringList pathsOf(const QMimeData *data);

/// A place to drop a workload onto, or any files; a click or Enter browses instead.
class DropZone : public QPushButton {
    Q_OBJECT

public:
    explicit DropZone(const QString &title, const QString &hint, QWidget *parent = nullptr);
    /// Takes any files and folders, several at once, as `filesDropped`; by default one workload, as `dropped`.
    void takeFiles() { m_files = true; }
    [[nodiscard]] QSize sizeHint() const override;

Q_SIGNALS:
    void dropped(const QString &path);
    void filesDropped(const QStringList &paths);

protected:
    void paintEvent(QPaintEvent *event) override;
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dragLeaveEvent(QDragLeaveEvent *event) override;
    void dropEvent(QDropEvent *event) override;

private:
    [[nodiscard]] bool takes(const QMimeData *data) const;

    QString m_title, m_hint;
    bool m_over = false, m_files = false;
};

} // namespace kastellan::ui
