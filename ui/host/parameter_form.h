// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hosts/platform_control.h"

#include <QWidget>

#include <functional>
#include <map>
#include <string>
#include <vector>

class QLineEdit;

namespace kastellan::ui {

/// Fields for what an action wants to be told: text, numbers, choices, files and folders.
class ParameterForm : public QWidget {
    Q_OBJECT

public:
    explicit ParameterForm(const std::vector<ActionParameter> &parameters, QWidget *parent = nullptr);
    /// What was given: nothing for what was left empty; a flag that is set has an empty value, one that is
    /// preset and was taken away "no".
    [[nodiscard]] std::map<std::string, std::string> arguments() const;
    /// What still has to be said or is wrong, in words; empty: all is well.
    [[nodiscard]] QString problem() const;
    /// Puts the cursor where something has to be said.
    void focusFirst();

Q_SIGNALS:
    void changed();

private:
    struct Field {
        ActionParameter parameter;
        std::function<QString()> value;
        std::function<bool()> isSet; ///< of a flag
        QWidget *widget = nullptr;
    };
    QWidget *make(Field &field);
    QWidget *makePath(Field &field, QLineEdit *edit);

    std::vector<Field> m_fields;
};

} // namespace kastellan::ui
