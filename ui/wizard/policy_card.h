// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/data/workspace.h"
#include "ui/widgets/card.h"

class QCheckBox;
class QComboBox;
class QLineEdit;

namespace kastellan::ui {

class Fold;
class Label;

/// What few launches need: the guest policy bit by bit, and of SEV-SNP the ID block with its keys, the key that signs reports, host data
/// and workarounds.
class PolicyCard : public Card {
    Q_OBJECT

public:
    PolicyCard(Workspace &workspace, QWidget *parent);
    /// Which technology was chosen; empty: the host's strongest, which nobody knows yet. `whyNot`: why nothing of it can be chosen; empty:
    /// it can.
    void setTechnology(const std::string &technology, const QString &whyNot);
    /// Puts what was chosen into a request.
    void apply(MachineRequest &request) const;
    /// Why one cannot go on; empty when one can.
    [[nodiscard]] QString missing() const;
    /// Back to what is usual.
    void reset();

Q_SIGNALS:
    void changed();

private:
    struct Block {
        QLineEdit *path = nullptr;
        std::string base64;
        QString problem;
        std::size_t size = 0;
        const char *what = "";
    };
    void makeBits();
    void showBits();
    [[nodiscard]] QWidget *makeSnp();
    Block &addBlock(QGridLayout *grid, int row, const QString &title, const char *name, std::size_t size, const char *what);
    void read(Block &block);
    void update();
    [[nodiscard]] bool isSnp() const { return m_technology == "snp"; }

    Workspace &m_workspace;
    std::string m_technology;
    QString m_whyNot;
    PolicyWords m_words;
    std::uint64_t m_policy = 0;
    Fold *m_fold;
    QWidget *m_bitArea;
    QVBoxLayout *m_bits;
    Label *m_why, *m_policyText, *m_blockProblem;
    std::vector<std::pair<QCheckBox *, Label *>> m_boxes; ///< of the bits, in their order
    QWidget *m_snp = nullptr;
    Block m_idBlock, m_idAuth, m_workarounds;
    QCheckBox *m_authorKey = nullptr;
    QComboBox *m_signer = nullptr;
};

} // namespace kastellan::ui
