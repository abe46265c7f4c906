// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"

#include <KMessageWidget>

namespace kastellan::ui {

/// A message above what it is about, in the layout, so that it hides nothing. Hidden until there is something to say.
class MessageBar : public KMessageWidget {
    Q_OBJECT

public:
    explicit MessageBar(QWidget *parent = nullptr);
    void showError(const kastellan::Error &error);
    /// Plain text: nothing in it is interpreted.
    void showText(KMessageWidget::MessageType type, const QString &title, const QString &detail = {});
    void clear();
    /// The last shown text, plain; empty when hidden.
    [[nodiscard]] QString plainText() const { return m_plain; }

private:
    QString m_plain;
};

} // namespace kastellan::ui
