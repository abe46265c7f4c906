// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/evidence.h"
#include "ui/widgets/card.h"

#include <vector>

namespace kastellan::ui {

class Label;
class Segments;
class SvgView;

/// A platform's certificate chain, drawn, with the chosen certificate in full below.
class ChainCard : public Card {
    Q_OBJECT

public:
    /// `what` says what the chain is good for; `none` why there may be none.
    ChainCard(const QString &heading, const QString &what, const QString &none, QWidget *parent = nullptr);
    void setChain(const std::vector<CertificateView> &chain);

private:
    void showDetails(int index);

    std::vector<CertificateView> m_chain;
    QString m_none;
    Label *m_what, *m_empty;
    SvgView *m_drawing;
    Segments *m_which = nullptr;
    FactList *m_facts;
};

} // namespace kastellan::ui
