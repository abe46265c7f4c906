// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/commands.h"
#include "app/keepctl/expected_machine.h"
#include "app/keepctl/export_file.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "app/keepctl/vm_request.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/evidence/json.h"
#include "sev-backend/machine/launch.h"

#include <format>

namespace kastellan::keepctl {

namespace fs = std::filesystem;

namespace {

using sev::GuestKind;

struct PageLine {
    std::uint64_t gpa;
    std::string type, of, sha, digest;
};

/// What is measured: SNP page by page; SEV and SEV-ES as the stretches of one SHA-256.
Result<std::vector<PageLine>> pagesOf(const sev::Launch &launch)
{
    std::vector<PageLine> pages;
    if (launch.kind() == GuestKind::Snp || launch.kind() == GuestKind::SnpSvsm) {
        sev::MeasureListener listener;
        listener.page = [&](const sev::MeasuredPage &page) {
            pages.push_back({page.gpa, std::string(sev::name(page.type)), std::string(page.of),
                sev::contentsMeasured(page.type) ? toHex(page.contents.view()) : std::string(), toHex(page.digest.view())});
        };
        KASTELLAN_TRY(launch.measure(listener));
        return pages;
    }
    pages.push_back({launch.ovmf().gpa(), "DATA", std::format("OVMF, {} bytes", launch.ovmf().image().size()),
        toHex(sha256(launch.ovmf().image()).view()), {}});
    if (launch.machine().boot && launch.ovmf().hashTable())
        pages.push_back({launch.ovmf().hashTable()->gpa, "DATA", "hashes of kernel, initrd and command line",
            toHex(sha256(sev::buildHashTable(*launch.machine().boot)).view()), {}});
    KASTELLAN_ASSIGN(const auto vmsas, launch.vmsas());
    for (std::size_t number = 0; number < vmsas.size(); ++number)
        pages.push_back({0, "VMSA", std::format("VMSA of vCPU {}", number), toHex(sha256(vmsas[number]).view()), {}});
    return pages;
}

js::Out derivedJson(const sev::DerivedLaunch &derived)
{
    js::Out taken = js::Out::array(), problems = js::Out::array();
    for (const sev::Taken &one : derived.taken)
        taken.push_back({{"what", one.what}, {"value", one.value}, {"from", one.from}});
    for (const sev::Problem &one : derived.problems)
        problems.push_back({{"weight", sev::name(one.weight)}, {"where", one.where}, {"why", one.why}, {"remedy", one.remedy}});
    return {{"taken", std::move(taken)}, {"problems", std::move(problems)}};
}

js::Out parametersJson(const sev::Launch &launch)
{
    const sev::LaunchParameters &given = launch.parameters();
    const sev::VmParameters &machine = launch.machine();
    js::Out value = {{"ovmf", given.ovmf}};
    if (machine.ovmfDigest)
        value["ovmf_digest"] = toHex(machine.ovmfDigest->view());
    if (launch.kind() != GuestKind::Sev) {
        value["vcpus"] = machine.vcpus;
        value["vmm"] = sev::name(machine.vmm);
        if (!given.cpuModel.empty())
            value["vcpu_type"] = given.cpuModel;
        value["vcpu_sig"] = std::format("{:#x}", machine.cpuSignature);
        value["old_vmsa"] = machine.oldVmsa;
    }
    if (launch.kind() == GuestKind::Snp)
        value["guest_features"] = std::format("{:#x}", machine.guestFeatures);
    if (launch.kind() == GuestKind::SnpSvsm) {
        value["svsm"] = given.svsm;
        value["vars_size"] = given.varsSize.value_or(0);
    }
    if (machine.vmm == sev::Vmm::Ec2)
        value["ec2_rdx"] = std::format("{:#x}", machine.ec2Rdx.value_or(0x600));
    if (launch.files()) {
        value["kernel"] = {{"file", given.kernel}, {"sha256", toHex(launch.files()->kernel.view())}};
        value["initrd"] = {{"file", given.initrd}, {"sha256", toHex(launch.files()->initrd.view())}};
        value["append"] = {{"text", given.append}, {"sha256", toHex(launch.files()->commandLine.view())}};
        value["kernel_hashes"] = machine.boot.has_value();
    }
    return value;
}

void tellExplanations(const std::vector<sev::Explanation> &found, std::size_t candidates)
{
    for (const sev::Explanation &one : found) {
        note(inLine(one.sentence()) + "\n");
        if (const std::string options = one.options(); !options.empty())
            note("  measured so with: " + inLine(options) + "\n");
    }
    if (found.empty())
        note(std::format(
            "Nothing that was tried explains it: guest features, vCPUs (1 to 512) and their model, kernel hashes, command line, initrd, "
            "VMSA form, VMM, {} other "
            "firmware file{}, alone and two together. Most likely kernel, initrd, command line or firmware are others than these.\n",
            candidates, candidates == 1 ? "" : "s"));
}

/// EC2 starts its processors with an RDX on which the published tools disagree.
Result<std::optional<std::pair<std::uint32_t, Bytes>>> otherEc2(const sev::Launch &launch)
{
    if (launch.kind() != GuestKind::Snp || launch.machine().vmm != sev::Vmm::Ec2)
        return std::nullopt;
    sev::VmParameters machine = launch.machine();
    machine.ec2Rdx = machine.ec2Rdx.value_or(0x600) == 0 ? 0x600 : 0;
    KASTELLAN_ASSIGN(const LaunchDigest digest, sev::measureSnp(launch.ovmf(), machine));
    return std::pair{*machine.ec2Rdx, toBytes(digest.view())};
}

Status dumpVmsas(const sev::Launch &launch, bool force)
{
    KASTELLAN_ASSIGN(const auto pages, launch.vmsas());
    if (pages.empty())
        return badInput("write the VMSAs", "--dump-vmsa", "a SEV guest without ES has none", "Leave it away, or measure es or snp.");
    std::vector<ExportFile> files;
    for (std::size_t number = 0; number < pages.size(); ++number)
        files.push_back({std::format("vmsa{}.bin", number), pages[number], 0644});
    return writeExports(files, force);
}

Result<int> measure(const Invocation &asked, std::optional<GuestKind> kind)
{
    KASTELLAN_ASSIGN(const sev::DerivedLaunch derived, launchFrom(asked, kind));
    const bool quiet = asked.has("quiet"), json = asked.has("json");
    if (!json)
        tellDerived(derived, quiet);
    if (kind == GuestKind::SnpSvsm && asked.has("guest-features") && !json)
        note("note: --guest-features is not used: COCONUT's QEMU launches an SVSM with SEV_FEATURES 1, and so does sev-snp-measure\n");
    KASTELLAN_ASSIGN(sev::Launch launch, sev::Launch::open(derived.parameters));
    KASTELLAN_ASSIGN(const Bytes digest, launch.measure());
    KASTELLAN_ASSIGN(const auto other, otherEc2(launch));
    if (asked.has("dump-vmsa"))
        KASTELLAN_TRY(dumpVmsas(launch, asked.has("force")));

    bool matches = true;
    std::optional<Bytes> expected;
    std::vector<sev::Explanation> explanations;
    if (const char *option = asked.has("expect") ? "expect" : asked.has("explain") ? "explain" : nullptr) {
        KASTELLAN_ASSIGN(expected, digestFrom(asked.value(option), digest.size(), "--" + std::string(option)));
        matches = *expected == digest;
        if (!matches) {
            const fs::path folder = fs::path(derived.parameters.ovmf).parent_path();
            KASTELLAN_TRY(launch.addCandidates(folder.empty() ? fs::path(".") : folder));
            for (const std::string &candidate : asked.values("candidates"))
                KASTELLAN_TRY(launch.addCandidates(candidate));
            explanations = launch.explain(*expected);
        }
    }
    const int code = matches && !hasFault(derived) ? exit_code::done : exit_code::negative;
    if (json) {
        js::Out value = {{"kind", sev::name(launch.kind())}, {"digest", toHex(digest)}, {"base64", toBase64(digest)},
            {"parameters", parametersJson(launch)}};
        value.update(derivedJson(derived));
        if (other)
            value["alternatives"] = js::Out::array({{{"ec2_rdx", std::format("{:#x}", other->first)}, {"digest", toHex(other->second)}}});
        if (expected) {
            value["expected"] = toHex(*expected);
            value["matches"] = matches;
            value["explanations"] = explanationsJson(explanations);
        }
        if (asked.has("pages")) {
            KASTELLAN_ASSIGN(const auto pages, pagesOf(launch));
            value["pages"] = js::Out::array();
            for (const PageLine &page : pages)
                value["pages"].push_back({{"gpa", std::format("{:#x}", page.gpa)}, {"type", page.type}, {"of", page.of}, {"sha", page.sha},
                    {"digest", page.digest}});
        }
        value["status"] = code;
        printJson(value);
        return code;
    }
    if (asked.has("pages")) {
        KASTELLAN_ASSIGN(const auto pages, pagesOf(launch));
        for (const PageLine &page : pages)
            print(std::format("{:#014x}  {:<10}  {:<96}  {}\n", page.gpa, page.type, page.sha, page.of));
    }
    print((asked.value("output-format", "hex") == "base64" ? toBase64(digest) : toHex(digest)) + "\n");
    if (other && !quiet)
        note(std::format("note: on EC2 the published tools disagree about RDX of the first VMSA: sev-snp-measure has 0x600, virtee/sev "
                         "(snpguest) has 0. This is {:#x}; with "
                         "--ec2-rdx {:#x} it is {}\n",
            launch.machine().ec2Rdx.value_or(0x600), other->first, toHex(other->second)));
    if (expected && matches && !quiet)
        note("It is the expected digest.\n");
    if (expected && !matches) {
        note("It is NOT the expected digest " + toHex(*expected) + ".\n");
        tellExplanations(explanations, launch.candidates());
    }
    return code;
}

} // namespace

Result<int> measureSev(const Invocation &asked)
{
    return measure(asked, GuestKind::Sev);
}
Result<int> measureEs(const Invocation &asked)
{
    return measure(asked, GuestKind::SevEs);
}
Result<int> measureSnp(const Invocation &asked)
{
    return measure(asked, GuestKind::Snp);
}
Result<int> measureSvsm(const Invocation &asked)
{
    return measure(asked, GuestKind::SnpSvsm);
}
Result<int> measureVm(const Invocation &asked)
{
    return measure(asked, std::nullopt);
}

Result<int> measureOvmfHash(const Invocation &asked)
{
    const std::string file = asked.value("ovmf");
    if (file.empty())
        return badInput("hash a firmware image", {}, "no image is given", "Give --ovmf FILE.");
    KASTELLAN_ASSIGN(const Bytes image, readFile(file, sev::firmwareLimit));
    KASTELLAN_ASSIGN(const sev::Ovmf ovmf, sev::Ovmf::parse(image, file));
    if (image.size() % sev::pageSize)
        return badInput("hash a firmware image", file, std::format("its size {} is not whole pages of 4096 bytes", image.size()),
            "Give the file as it was built, whole.");
    const LaunchDigest digest = sev::measureOvmfPages(ovmf);
    if (asked.has("json"))
        printJson({{"ovmf", file}, {"pages", image.size() / sev::pageSize}, {"digest", toHex(digest.view())},
            {"base64", toBase64(digest.view())}});
    else
        print((asked.value("output-format", "hex") == "base64" ? toBase64(digest.view()) : toHex(digest.view())) + "\n");
    return exit_code::done;
}

} // namespace kastellan::keepctl
