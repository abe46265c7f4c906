// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"
#include "ui/report/pdf_pages.h"
#include "ui/text.h"

#include <functional>

namespace kastellan::ui {

/// What every PDF report is built from: headings, facts, toned boxes, and the frame of each page.
class PdfBlocks {
public:
    /// Ink on paper.
    static inline const QColor ink{0x1b, 0x1f, 0x27}, grey{0x58, 0x61, 0x72}, rule{0xd5, 0xda, 0xe2};

    explicit PdfBlocks(QPdfWriter &writer)
        : m_pages(writer)
    {
    }
    /// `with`: height that has to fit below it on the page.
    void heading(const QString &text, qreal with = 60);
    void fact(const QString &name, const QString &value, bool code = false);
    void box(const QString &symbol, Tone tone, const QString &title, const QString &text, bool large);
    struct Frame {
        QString top, mark; ///< at the top: what the report is; its verdict
        Tone markTone = Tone::Plain;
        QString bottom;
    };
    void drawFrame(QPainter &painter, int page, int pages, const Frame &frame) const;

protected:
    PdfPages m_pages;
};

/// A PDF/A-1b document (ISO 19005-1) that `write` fills. `what` names the action in errors.
[[nodiscard]] Result<Bytes> pdfDocument(const QString &title, const char *what, const std::function<void(QPdfWriter &)> &write);

} // namespace kastellan::ui
