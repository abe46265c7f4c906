// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/pages/page.h"

namespace kastellan::ui {

class AttestationView;
class ElidedLabel;
class MessageBar;
class VerdictBanner;

/// One evidence record: its verdict and all that it rests on.
class RecordPage : public Page {
    Q_OBJECT

public:
    explicit RecordPage(Workspace &workspace, QWidget *parent = nullptr);
    [[nodiscard]] QString title() const override;
    [[nodiscard]] Link link() const override;
    void open(const Link &link) override;
    void refresh() override;
    [[nodiscard]] QString help() const override;

private:
    void show(const DossierPointer &dossier);

    QString m_id;
    DossierPointer m_dossier;
    ElidedLabel *m_title, *m_facts;
    MessageBar *m_message;
    VerdictBanner *m_banner;
    AttestationView *m_view;
};

} // namespace kastellan::ui
