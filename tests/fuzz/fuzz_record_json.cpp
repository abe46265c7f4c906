// SPDX-License-Identifier: Apache-2.0
// Any bytes as the JSON of a record: what can be read is written and read again as the same, and every export of it can be made.
#include "core/evidence/json.h"
#include "core/reports/bundle_files.h"
#include "core/reports/reports.h"
#include "core/reports/text.h"

#include <cstdlib>

using namespace kastellan;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto value = js::parse(asText(ByteView(data, size)), "a record");
    if (!value)
        return 0;
    const auto record = js::recordFrom(*value, "record");
    if (!record)
        return 0;
    const std::string text = js::dump(js::toJson(*record));
    const auto again = js::parse(text, "a record");
    if (!again)
        std::abort();
    const auto reread = js::recordFrom(*again, "record");
    if (!reread || js::dump(js::toJson(*reread)) != text)
        std::abort();

    const EvidenceView view;
    const reports::Page page{*record, view, nullptr};
    for (const std::string &made :
        {recordHtml(*record, view), recordJson(*record, &view), recordText(*record, false, 80), reports::bundleReadme(page)})
        for (const char c : made)
            if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t')
                std::abort();
    for (const auto &file : reports::bundleFiles(page))
        if (file.path.find("..") != std::string::npos || file.path.starts_with('/'))
            std::abort();
    return 0;
}
