// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/activity.h"
#include "app/keepctl/certs.h"
#include "app/keepctl/commands.h"
#include "app/keepctl/export_file.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "app/keepctl/reference_options.h"
#include "core/base/file.h"
#include "core/evidence/json.h"
#include "sev-backend/store/chains.h"
#include "sev-backend/store/layouts.h"
#include "sev-backend/store/read.h"
#include "sev-backend/store/tree.h"

#include <algorithm>
#include <ctime>

namespace kastellan::keepctl {

namespace fs = std::filesystem;

namespace {

js::Out toJson(const sev::TreeNode &node)
{
    js::Out children = js::Out::array();
    for (const auto &child : node.children)
        children.push_back(toJson(child));
    return {{"role", node.role}, {"title", node.title}, {"note", node.note}, {"sha256", node.digest}, {"good", node.problems.empty()},
        {"problems", node.problems}, {"children", std::move(children)}};
}

/// Marks in colour, everything that came from elsewhere on one line and visible.
std::string drawn(const sev::CertificateTree &tree)
{
    std::string text;
    std::string rest = sev::treeText(tree);
    for (std::size_t at = 0; at < rest.size();) {
        const std::size_t end = std::min(rest.find('\n', at), rest.size());
        std::string line = inLine(std::string_view(rest).substr(at, end - at));
        if (const std::size_t mark = line.find("BAD   "); mark != std::string::npos)
            line.replace(mark, 3, painted(1, Colour::Red, "BAD"));
        else if (const std::size_t good = line.find("good  "); good != std::string::npos)
            line.replace(good, 4, painted(1, Colour::Green, "good"));
        text += line + "\n";
        at = end + 1;
    }
    return text;
}

/// The leaf to export: the one that was named, else the only one that fits the options and the layout.
Result<StoredCertificate> chosenLeaf(const Invocation &asked, const std::vector<StoredCertificate> &all, const sev::Layout &layout)
{
    if (!asked.operands.empty())
        return findCertificate(asked.operands.front());
    KASTELLAN_ASSIGN(const CertificateFilter filter, certificateFilter(asked));
    std::vector<const StoredCertificate *> fitting;
    for (const auto &certificate : all)
        if (sev::isLeaf(certificate) && (certificate.format == "sev") == layout.legacy && filter.matches(certificate))
            fitting.push_back(&certificate);
    if (fitting.size() == 1)
        return *fitting.front();
    std::string names;
    for (std::size_t i = 0; i < std::min<std::size_t>(fitting.size(), 5); ++i)
        names += (i == 0 ? "" : ", ") + shortDigest(*fitting[i]) + " (" + fitting[i]->role + " " + fitting[i]->product + ")";
    return badInput("export certificates", "the certificate store",
        fitting.empty() ? std::string("no ") + (layout.legacy ? "PDH" : "VCEK or VLEK") + " in it fits"
                        : std::to_string(fitting.size()) + " fit, " + names + " among them",
        fitting.empty() ? "'keepctl certs list' shows what is there." : "Name one, or narrow it with --chip-id and --tcb.");
}

} // namespace

Result<int> certsVerify(const Invocation &asked)
{
    sev::TreeOptions options;
    options.at = std::time(nullptr);
    if (asked.has("at")) {
        KASTELLAN_ASSIGN(options.at, timeFrom(asked.value("at")));
    }
    options.acceptEmulated = asked.has("accept-emulated");
    std::vector<StoredCertificate> certificates;
    std::vector<UnknownPart> unknown;
    if (asked.operands.empty()) {
        KASTELLAN_ASSIGN(certificates, everyCertificate());
    } else {
        KASTELLAN_ASSIGN(const auto inputs, sev::readInputs(asked.operands));
        sev::ReadCertificates read = sev::readCertificates(inputs);
        certificates = std::move(read.certificates);
        unknown = std::move(read.unknown);
    }
    if (certificates.empty()) {
        for (const auto &part : unknown)
            say(inLine(part.file) + ": " + inLine(part.why));
        return badInput("verify certificates", asked.operands.empty() ? "the certificate store" : inLine(asked.operands.front()),
            "there is no certificate", "'keepctl certs import' or 'keepctl certs fetch' put some into the store.");
    }
    sev::CertificateTree tree = sev::verifyTree(certificates, options);
    // A file that was named and cannot be read is not good, whatever the others say.
    for (const auto &part : unknown)
        tree.problems.push_back(part.file + ": " + part.why);
    if (asked.has("json")) {
        js::Out roots = js::Out::array();
        for (const auto &root : tree.roots)
            roots.push_back(toJson(root));
        printJson({{"good", tree.good()}, {"certificates", certificates.size()}, {"problems", tree.problems}, {"roots", std::move(roots)}});
    } else {
        print(drawn(tree));
        for (const auto &part : unknown)
            say(inLine(part.file) + ": " + inLine(part.why));
        print("\n" + std::to_string(certificates.size()) + (certificates.size() == 1 ? " certificate, " : " certificates, ")
            + (tree.problems.empty() ? painted(1, Colour::Green, "all verify")
                                     : painted(1, Colour::Red,
                                           std::to_string(tree.problems.size()) + (tree.problems.size() == 1 ? " problem" : " problems")))
            + "\n");
    }
    return tree.good() ? exit_code::done : exit_code::negative;
}

Result<int> certsExport(const Invocation &asked)
{
    KASTELLAN_ASSIGN(const sev::Layout *layout, sev::findLayout(asked.value("layout", "folder")));
    KASTELLAN_ASSIGN(const auto all, everyCertificate());
    KASTELLAN_ASSIGN(const StoredCertificate leaf, chosenLeaf(asked, all, *layout));
    const bool alone = asked.has("alone") || layout->name == "der";
    const auto chain = alone ? std::vector{leaf} : sev::chainOf(leaf, all);
    KASTELLAN_ASSIGN(auto files, sev::layOut(*layout, !asked.has("der"), chain));
    const std::string output = asked.value("output");
    if (output.empty())
        return badInput(
            "export certificates", {}, "where to is not said", "Give -o and a file, or a folder where the layout has several files.");
    if (!layout->folder && output == "-")
        return writeAll(1, files.front().bytes, "standard output").transform([] { return exit_code::done; });
    std::vector<ExportFile> exports;
    for (auto &file : files)
        exports.push_back({layout->folder ? fs::path(output) / file.name : fs::path(output), std::move(file.bytes)});
    if (layout->folder) {
        std::error_code problem;
        fs::create_directory(output, problem);
        if (problem)
            return systemError("make the folder", output, problem.value());
    }
    KASTELLAN_TRY(writeExports(exports, asked.has("force")));
    for (const auto &file : exports)
        print(inLine(file.path.string()) + "\n");
    return exit_code::done;
}

} // namespace kastellan::keepctl
