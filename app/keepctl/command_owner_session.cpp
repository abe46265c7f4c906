// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/commands.h"
#include "app/keepctl/export_file.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "app/keepctl/owner_input.h"
#include "core/evidence/json.h"
#include "sev-backend/legacy/guest_policy.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <format>

namespace kastellan::keepctl {

namespace fs = std::filesystem;

namespace {

js::Out chainJson(const legacy::ChainVerdict &verdict)
{
    js::Out links = js::Out::array();
    for (const legacy::ChainLink &link : verdict.links)
        links.push_back({{"subject", link.subject}, {"issuer", link.issuer},
            {"state",
                link.state == legacy::ChainLink::State::Good      ? "good"
                    : link.state == legacy::ChainLink::State::Bad ? "bad"
                                                                  : "missing"},
            {"why", link.why}});
    return links;
}

/// The platform's certificates that were given, verified unless the person does not want it.
Result<legacy::ChainVerdict> platform(const Invocation &asked, legacy::PlatformChain &chain)
{
    KASTELLAN_TRY(addCertificates(chain, asked.operands[0]));
    for (const std::string &file : asked.values("chain"))
        KASTELLAN_TRY(addCertificates(chain, file));
    if (!chain.pdh)
        return badInput("start a session", asked.operands[0], "there is no PDH in it",
            "Give the platform's pdh.cert, or a sevctl export, which begins with it.");
    legacy::ChainVerdict verdict = legacy::verify(chain);
    if (asked.has("no-verify")) {
        note("keepctl: NOT VERIFIED (--no-verify): nothing proves that this PDH belongs to an AMD platform; whoever made it can read the "
             "guest\n");
        return verdict;
    }
    if (!asked.has("json"))
        tellChain(verdict);
    KASTELLAN_TRY(verdict.status("verify the platform"));
    return verdict;
}

std::vector<ExportFile> filesOf(
    const Invocation &asked, const legacy::LaunchBlob &made, const legacy::TransportKeys &keys, const std::string &record)
{
    const fs::path folder = asked.value("output", ".");
    const auto named = [&](const char *suffix) { return (folder / (asked.value("name", "vm") + suffix)).lexically_normal(); };
    std::vector<ExportFile> files;
    // Each is moved to its place: an initializer list would leave copies of the keys in memory.
    files.push_back({named("_tik.bin"), Bytes(keys.tik.begin(), keys.tik.end()), 0600});
    files.push_back({named("_tek.bin"), Bytes(keys.tek.begin(), keys.tek.end()), 0600});
    files.push_back({named("_godh.b64"), toBytes(toBase64(made.godh)), 0644});
    files.push_back({named("_session.b64"), toBytes(toBase64(made.session)), 0644});
    files.push_back({named("_godh.cert"), made.godh, 0644});
    files.push_back({named("_session.bin"), made.session, 0644});
    files.push_back({named("_session.json"), toBytes(record), 0644});
    if (asked.has("sev-tool")) {
        Bytes both(keys.tek.size() + keys.tik.size());
        std::ranges::copy(keys.tik, std::ranges::copy(keys.tek, both.begin()).out);
        files.push_back({folder / "launch_blob.bin", made.session, 0644});
        files.push_back({folder / "godh.cert", made.godh, 0644});
        files.push_back({folder / "tmp_tk.bin", std::move(both), 0600});
    }
    return files;
}

} // namespace

Result<int> ownerSession(const Invocation &asked)
{
    KASTELLAN_ASSIGN(const legacy::Policy policy, legacy::parsePolicy(asked.operands[1]));
    const std::string name = asked.value("name", "vm");
    if (name.empty() || name.contains('/') || name.starts_with('.'))
        return badInput("start a session", "--name " + name, "it is no name of a file", "Give the folder with --output.");
    legacy::PlatformChain chain;
    KASTELLAN_ASSIGN(const legacy::ChainVerdict verdict, platform(asked, chain));
    KASTELLAN_ASSIGN(auto made, legacy::newSession(*chain.pdh, policy));
    const bool skipped = asked.has("no-verify");
    js::Out record = {{"name", name}, {"policy", std::format("{:#x}", policy)}, {"policy_text", legacy::policyText(policy)},
        {"verified", !skipped && verdict.good()}, {"verification", skipped ? "skipped (--no-verify)" : "up to AMD's keys"},
        {"product", verdict.product}, {"pdh_sha256", toHex(chain.pdh->fingerprint().view())}, {"chain", chainJson(verdict)},
        {"godh", toBase64(made.first.godh)}, {"session", toBase64(made.first.session)}};
    if (chain.cek)
        record["cek_sha256"] = toHex(chain.cek->fingerprint().view());
    auto files = filesOf(asked, made.first, made.second, js::dump(record, 2) + "\n");
    const Status written = writeExports(files, asked.has("force"));
    for (ExportFile &file : files)
        if (file.mode == 0600)
            OPENSSL_cleanse(file.content.data(), file.content.size());
    KASTELLAN_TRY(written);
    js::Out names = js::Out::array();
    for (const ExportFile &file : files)
        names.push_back(file.path.string());
    if (asked.has("json")) {
        record["files"] = std::move(names);
        printJson(record);
        return exit_code::done;
    }
    print(facts({{"policy", legacy::policyText(policy)}, {"platform", skipped ? "NOT VERIFIED" : "AMD " + verdict.product + ", verified"},
        {"PDH", toHex(chain.pdh->fingerprint().view())}}));
    for (const ExportFile &file : files)
        print((file.mode == 0600 ? "secret  " : "file    ") + file.path.string() + "\n");
    return exit_code::done;
}

Result<int> ownerReport(const Invocation &asked)
{
    const std::string file = asked.operands[0];
    KASTELLAN_ASSIGN(const Bytes raw, bytesOrFile("@" + file, 208, file));
    KASTELLAN_ASSIGN(const auto report, legacy::AttestationReport::parse(raw, file));
    legacy::PlatformChain chain;
    for (const std::string &more : asked.values("chain"))
        KASTELLAN_TRY(addCertificates(chain, more));
    if (!chain.pek)
        return badInput("check an attestation report", file, "the platform's PEK is not given, which signs it",
            "Give --chain with a sevctl export or pek.cert.");
    struct Check {
        std::string what, why;
        bool good;
    };
    std::vector<Check> checks;
    checks.push_back({"signature", "the PEK's signature of the report is wrong", report.signedBy(*chain.pek)});
    const legacy::ChainVerdict verdict = legacy::verifyFromPek(chain);
    if (asked.has("no-verify")) {
        note("keepctl: NOT VERIFIED (--no-verify): nothing proves that this PEK belongs to an AMD platform\n");
    } else {
        const Status status = verdict.status("verify the platform");
        checks.push_back({"platform", status ? "" : status.error().where + ": " + status.error().why, status.has_value()});
    }
    if (asked.has("mnonce")) {
        KASTELLAN_ASSIGN(const Bytes nonce, bytesOrFile(asked.value("mnonce"), 16, "--mnonce"));
        checks.push_back({"nonce", "it is " + toBase64(report.nonce()) + ": an answer to another question, perhaps an old one",
            std::ranges::equal(nonce, report.nonce())});
    }
    if (asked.has("launch-digest")) {
        KASTELLAN_ASSIGN(const Bytes digest, bytesOrFile(asked.value("launch-digest"), 32, "--launch-digest"));
        checks.push_back({"launch digest", "it is " + toHex(report.launchDigest()), std::ranges::equal(digest, report.launchDigest())});
    }
    if (asked.has("policy")) {
        KASTELLAN_ASSIGN(const legacy::Policy policy, legacy::parsePolicy(asked.value("policy")));
        checks.push_back({"policy", "it is " + legacy::policyText(report.policy()), policy == report.policy()});
    }
    const bool good = std::ranges::all_of(checks, &Check::good);
    if (asked.has("json")) {
        js::Out list = js::Out::array();
        for (const Check &check : checks)
            list.push_back({{"what", check.what}, {"result", check.good ? "pass" : "fail"}, {"why", check.good ? "" : check.why}});
        printJson({{"good", good}, {"verified", !asked.has("no-verify") && verdict.good()}, {"product", verdict.product},
            {"mnonce", toBase64(report.nonce())}, {"launch_digest", toHex(report.launchDigest())},
            {"policy", std::format("{:#x}", report.policy())}, {"checks", std::move(list)}, {"chain", chainJson(verdict)}});
    } else {
        print(facts({{"nonce", toBase64(report.nonce())}, {"launch digest", toHex(report.launchDigest())},
            {"policy", legacy::policyText(report.policy())}}));
        for (const Check &check : checks)
            print(std::format(
                "{:<14} {}\n", check.what, painted(1, check.good ? Colour::Green : Colour::Red, check.good ? "good" : check.why)));
    }
    return good ? exit_code::done : exit_code::negative;
}

} // namespace kastellan::keepctl
