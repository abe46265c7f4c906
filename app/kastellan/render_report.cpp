// SPDX-License-Identifier: Apache-2.0
#include "app/kastellan/render_report.h"

#include "app/backends/backends.h"
#include "core/base/file.h"
#include "core/storage/record_store.h"
#include "core/trust/layers.h"
#include "ui/report/pdf_report.h"

#include <cstdio>

namespace kastellan {

namespace {

Status write(const std::string &id, const std::filesystem::path &file)
{
    KASTELLAN_ASSIGN(const auto store, RecordStore::open());
    KASTELLAN_ASSIGN(const Record record, store->get(id));
    // Evidence that cannot be read was refused for that; the report says so, and shows what there is.
    const auto view = makeEvidenceBackend()->describe(record.evidence);
    KASTELLAN_ASSIGN(const Bytes pdf, ui::recordPdf(record, view ? *view : EvidenceView{}, layersOf(record, view ? &*view : nullptr)));
    return writeFileAtomically(file, pdf, 0644);
}

} // namespace

int renderReport(const Options &options)
{
    const Status status = write(options.record.toStdString(), options.output.toStdString());
    if (status)
        return 0;
    std::fprintf(stderr, "kastellan: %s\n", status.error().message().c_str());
    return status.error().kind == ErrorKind::Input ? 2 : status.error().kind == ErrorKind::Negative ? 1 : 3;
}

} // namespace kastellan
