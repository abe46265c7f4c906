// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/show_file.h"

#include "app/keepctl/appraisal_text.h"
#include "app/keepctl/evidence_files.h"
#include "app/keepctl/hex_text.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "core/evidence/json.h"

namespace kastellan::keepctl {

std::string tcbText(const EvidenceView &view, int fd)
{
    if (view.tcb.empty() || view.tcb.front().levels.empty())
        return {};
    std::vector<std::string> header{"tcb"};
    for (const TcbColumn &column : view.tcb)
        header.push_back(column.name);
    Table table(std::move(header));
    for (const TcbLevel &level : view.tcb.front().levels) {
        std::vector<std::string> row{level.name};
        for (const TcbColumn &column : view.tcb) {
            std::string value = "-";
            for (const TcbLevel &other : column.levels)
                if (other.name == level.name)
                    value = std::to_string(other.value);
            row.push_back(std::move(value));
        }
        table.add(std::move(row));
    }
    return table.text(fd);
}

Result<int> showFile(const Invocation &asked, const Context &context)
{
    KASTELLAN_ASSIGN(const Recognised recognised, recogniseFiles(*context.backend, asked.operands));
    if (recognised.evidence.empty() && recognised.found.empty()) {
        KASTELLAN_TRY(evidenceOf(*context.backend, asked.operands));
    }
    js::Out items = js::Out::array();
    for (const FoundEvidence &found : recognised.evidence) {
        KASTELLAN_ASSIGN(const EvidenceView view, context.backend->describe(found.evidence));
        if (asked.has("json")) {
            items.push_back(
                {{"file", found.file}, {"offset", found.offset}, {"evidence", js::toJson(found.evidence)}, {"view", js::toJson(view)}});
            continue;
        }
        print(painted(1, Colour::Bold, inLine(placeText(found.file, found.offset))) + ": " + kindText(found.evidence.kind) + "\n");
        print(facts({{"technology", view.technology}, {"product", view.product}}));
        if (view.fields.empty())
            print("no report: certificates alone\n");
        else if (asked.has("hex"))
            print("\n" + hexText(found.evidence.report, view.fields, 1));
        else
            print("\n" + fieldsText(view, 1));
        if (const std::string tcb = tcbText(view, 1); !tcb.empty())
            print("\n" + tcb);
        print("\n" + chainText(view, 1) + "\n");
    }
    if (asked.has("json")) {
        js::Out value = {{"evidence", std::move(items)}};
        value.update(recognisedJson(recognised));
        printJson(value);
        return exit_code::done;
    }
    if (const std::string rest = recognisedText(recognised, true, 1); !rest.empty())
        print(painted(1, Colour::Bold, "what the files hold") + "\n" + rest);
    return exit_code::done;
}

} // namespace kastellan::keepctl
