// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QPushButton>

class QMimeData;

namespace kastellan::ui {

/// The first local path of a drop that can be a workload: one file or folder; empty: none.
[[nodiscard]] QString workloadOf(const QMimeData *data);

/// A place to drop a workload onto; a click or Enter browses instead.
class DropZone : public QPushButton {
    Q_OBJECT

public:
    explicit DropZone(const QString &title, const QString &hint, QWidget *parent = nullptr);
    [[nodiscard]] QSize sizeHint() const override;

Q_SIGNALS:
    void dropped(const QString &path);

protected:
    void paintEvent(QPaintEvent *event) override;
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dragLeaveEvent(QDragLeaveEvent *event) override;
    void dropEvent(QDropEvent *event) override;

private:
    QString m_title, m_hint;
    bool m_over = false;
};

} // namespace kastellan::ui
