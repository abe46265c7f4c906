// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/evidence.h"

#include <QWidget>

#include <vector>

namespace kastellan::ui {

/// The firmware's levels as each part of the evidence states them: a row per level, a column per part; differences stand out.
class TcbTable : public QWidget {
    Q_OBJECT

public:
    explicit TcbTable(const std::vector<TcbColumn> &columns, QWidget *parent = nullptr);
};

} // namespace kastellan::ui
