// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/table_words.h"

namespace kastellan::keepctl {

Noun measureNoun()
{
    return {"measure", "launch digests, computed again",
        {"Computes what the firmware measures at launch, from files, without launching anything."},
        {
            {Command::MeasureProcess, "process", "the launch digest of a process keep",
                {"Computes the launch digest of a keep image as the emulated firmware does, page by page (docs/process-keep.md), and "
                 "compares it "
                 "with the one that this build knows. Exit status 1 when they differ; the files that differ are named."},
                {},
                {{"image", 'i', "FOLDER", "The keep image's files; default: the installed ones", Word::Folder},
                    {"pages", 'p', "", "Also every measured page: address, type and digest"}, json},
                {{"keepctl measure process", "is the installed keep image the one that was built?"}}},
        }};
}

} // namespace kastellan::keepctl
