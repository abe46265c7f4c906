// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/data/records.h"

#include <QWidget>

class QHBoxLayout;
class QStackedWidget;

namespace kastellan::ui {

class FindingsView;
class Label;
class Segments;
class SvgView;
class TableModel;
class TableView;

/// All that one record's verdict rests on: findings, certificates, layers, raw report.
class AttestationView : public QWidget {
    Q_OBJECT

public:
    explicit AttestationView(QWidget *parent = nullptr);
    void setDossier(const DossierPointer &dossier);
    void clear();
    /// "findings", "certificates", "layers", "raw".
    [[nodiscard]] QString part() const;
    void setPart(const QString &part);
    /// Puts a widget to the right of the choice of views.
    void addCorner(QWidget *widget);

Q_SIGNALS:
    void partChanged();

private:
    [[nodiscard]] QWidget *makeCertificates();
    [[nodiscard]] QWidget *makeLayers();
    [[nodiscard]] QWidget *makeRaw();
    void showTcb(const EvidenceView &view);

    DossierPointer m_dossier;
    Segments *m_parts;
    QHBoxLayout *m_bar;
    QStackedWidget *m_stack;
    FindingsView *m_findings;
    SvgView *m_chain = nullptr, *m_layers = nullptr;
    Label *m_layersText = nullptr;
    TableModel *m_fields = nullptr, *m_tcb = nullptr, *m_certificates = nullptr;
    TableView *m_fieldsView = nullptr;
    QWidget *m_tcbHolder = nullptr;
};

} // namespace kastellan::ui
