// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/activity.h"
#include "app/keepctl/certs.h"
#include "app/keepctl/commands.h"
#include "app/keepctl/evidence_files.h"
#include "app/keepctl/find.h"
#include "app/keepctl/interrupts.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "core/evidence/json.h"
#include "sev-backend/abi/report.h"
#include "sev-backend/kds/key_server.h"

#include <algorithm>
#include <array>

namespace kastellan::keepctl {

namespace {

namespace kds = sev::kds;

constexpr std::array<std::string_view, 5> kinds = {"vcek", "chain", "crl", "cek", "ask-ark"};

/// Which platform it is about.
struct Platform {
    std::vector<sev::Product> products; ///< several, where a report does not tell Milan from Genoa
    Bytes chip;
    std::optional<sev::TcbBytes> reported;
    std::string tcb; ///< as it was given
    bool fromReport = false, vlek = false;
};

Result<Platform> platformOf(const Invocation &asked, const EvidenceBackend &backend)
{
    Platform platform;
    if (asked.has("report")) {
        const std::string word = asked.value("report");
        Evidence evidence;
        if (meansFile(word)) {
            KASTELLAN_ASSIGN(const Recognised recognised, evidenceOf(backend, std::array{word}));
            evidence = recognised.evidence.front().evidence;
        } else {
            KASTELLAN_ASSIGN(const auto store, RecordStore::open());
            KASTELLAN_ASSIGN(const Record record, findRecord(*store, word));
            evidence = record.evidence;
        }
        const auto report = sev::ReportView::from(evidence.report);
        if (evidence.kind != "snp-report" || !report)
            return badInput("fetch certificates", inLine(word), "it is not an attestation report of SEV-SNP",
                "The key server has nothing else for it.");
        const sev::ReportedProduct product = report->product();
        for (const auto &endorsement : evidence.endorsements)
            if (const auto certificate = sev::Certificate::fromDer(endorsement.der);
                certificate && certificate->organization() == sev::emulatedOrganization && asked.value("root", "amd") == "amd")
                return badInput("fetch certificates", inLine(word), "it is of an emulated platform, and AMD has no certificates of those",
                    "Its certificates are in its record.");
        platform.products = product.product != sev::Product::Unknown ? std::vector{product.product}
            : product.layout == sev::TcbLayout::Turin                ? std::vector{sev::Product::Turin}
                                                                     : std::vector{sev::Product::Milan, sev::Product::Genoa};
        platform.chip = toBytes(report->chipId().view());
        platform.reported = report->reportedTcb();
        platform.fromReport = true;
        platform.vlek = report->signingKey() == sev::SigningKey::Vlek;
    }
    if (asked.has("product")) {
        KASTELLAN_ASSIGN(const sev::Product product, kds::parseProduct(asked.value("product")));
        platform.products = {product};
    }
    if (asked.has("chip-id")) {
        KASTELLAN_ASSIGN(platform.chip, fromHex(asked.value("chip-id")));
        platform.fromReport = false;
    }
    if (asked.has("tcb")) {
        platform.tcb = asked.value("tcb");
        platform.fromReport = false;
    }
    platform.vlek = platform.vlek || asked.has("vlek");
    return platform;
}

Result<sev::Product> needProduct(const Platform &platform, std::string_view what)
{
    if (platform.products.size() == 1)
        return platform.products.front();
    return badInput("fetch the " + std::string(what), {},
        platform.products.empty() ? "the product is not said" : "the report is of version 2, and does not tell a Milan from a Genoa",
        "Give --product, or --report FILE.");
}

Result<std::vector<kds::Fetched>> fetchVcek(kds::KeyServer &server, Platform &platform, const std::stop_token &stop)
{
    if (platform.products.empty() || platform.chip.empty() || (!platform.reported && platform.tcb.empty()))
        return badInput(
            "fetch a VCEK", {}, "product, chip id and TCB are needed", "Give --report FILE, or --product, --chip-id and --tcb.");
    if (platform.vlek && platform.fromReport)
        return badInput("fetch a VCEK", {}, "the report is signed by a VLEK, which the key server hands out to operators of hosts alone",
            "Ask the host for the certificates with the report (extended report); 'keepctl certs fetch chain crl --vlek' has the rest.");
    Error last;
    for (const sev::Product product : platform.products) {
        sev::TcbVersion tcb;
        if (platform.tcb.empty()) {
            tcb = sev::TcbVersion(*platform.reported, layoutOf(product));
        } else {
            KASTELLAN_ASSIGN(tcb, kds::parseTcb(platform.tcb, product));
        }
        auto fetched = server.vcek(product, platform.chip, tcb, platform.fromReport, stop);
        if (fetched) {
            platform.products = {product}; // now it is known
            return fetched;
        }
        last = fetched.error();
        if (last.kind != ErrorKind::Negative)
            break;
    }
    return std::unexpected(last);
}

Result<std::vector<kds::Fetched>> fetchOne(
    kds::KeyServer &server, std::string_view what, Platform &platform, const Invocation &asked, const std::stop_token &stop)
{
    const kds::Kind kind = platform.vlek ? kds::Kind::Vlek : kds::Kind::Vcek;
    if (what == "vcek")
        return fetchVcek(server, platform, stop);
    if (what == "chain") {
        KASTELLAN_ASSIGN(const sev::Product product, needProduct(platform, what));
        return server.chain(product, kind, stop);
    }
    if (what == "crl") {
        KASTELLAN_ASSIGN(const sev::Product product, needProduct(platform, what));
        KASTELLAN_ASSIGN(kds::Fetched list, server.crl(product, kind, stop));
        return std::vector{std::move(list)};
    }
    if (what == "cek") {
        if (!asked.has("id"))
            return badInput("fetch a CEK", {}, "the platform's id is needed", "Give --id HEX, as 'sevctl show identifier' prints it.");
        KASTELLAN_ASSIGN(const Bytes id, fromHex(asked.value("id")));
        KASTELLAN_ASSIGN(kds::Fetched cek, server.cek(id, stop));
        return std::vector{std::move(cek)};
    }
    if (!asked.has("product"))
        return badInput("fetch ASK and ARK", {}, "the product is not said", "Give --product Naples, Rome, Milan or Genoa.");
    return server.sevAuthorities(asked.value("product"), stop);
}

Result<kds::Settings> settingsOf(const Invocation &asked)
{
    kds::Settings settings = kds::usualSettings();
    if (asked.has("kds-url"))
        KASTELLAN_TRY(kds::useMirror(settings, asked.value("kds-url")));
    if (asked.has("kds-ca"))
        settings.authorities = asked.value("kds-ca");
    settings.proxy = asked.value("proxy");
    settings.offline = asked.has("offline");
    settings.root = asked.value("root", "amd");
    KASTELLAN_ASSIGN(const std::uint64_t seconds, asked.number("timeout", 120, 86'400));
    settings.patience.total = std::chrono::seconds(seconds);
    settings.say = [](const std::string &text) { say(inLine(text)); };
    KASTELLAN_ASSIGN(const kds::Server server, kds::parseServer(settings.url));
    if (!server.tls && !server.loopback && !settings.offline)
        say(inLine(settings.url) + " is not encrypted: what it answers is verified, but others see what is asked for");
    return settings;
}

} // namespace

Result<int> certsFetch(const Invocation &asked, const Context &context)
{
    for (const auto &what : asked.operands)
        if (!std::ranges::contains(kinds, std::string_view(what)))
            return badInput(
                "fetch certificates", inLine(what), "there is no such thing to fetch", "There are vcek, chain, crl, cek and ask-ark.");
    KASTELLAN_ASSIGN(kds::Settings settings, settingsOf(asked));
    Platform platform;
    const bool sevAlone = std::ranges::all_of(asked.operands, [](const std::string &what) { return what == "ask-ark" || what == "cek"; });
    if (!sevAlone) {
        KASTELLAN_ASSIGN(platform, platformOf(asked, *context.backend));
    }
    Interrupts interrupts;
    const StopOnInterrupt stopping(interrupts);
    const auto transport = kds::curlTransport();
    kds::KeyServer server(std::move(settings), *transport, kds::systemClock());
    std::vector<kds::Fetched> all;
    std::optional<Error> failed; // what came before it is good, and is kept
    for (const auto &what : asked.operands) {
        auto fetched = fetchOne(server, what, platform, asked, stopping.token());
        if (!fetched) {
            failed = std::move(fetched).error();
            break;
        }
        for (auto &one : *fetched)
            if (!std::ranges::contains(all, one.certificate.digest, [](const kds::Fetched &other) { return other.certificate.digest; }))
                all.push_back(std::move(one));
    }
    if (failed && all.empty())
        return std::unexpected(std::move(*failed));
    std::vector<StoredCertificate> certificates;
    for (const auto &one : all)
        certificates.push_back(one.certificate);
    KASTELLAN_ASSIGN(const auto store, CertificateStore::open());
    KASTELLAN_ASSIGN(const std::size_t added, store->add(certificates));
    logActivity("fetch certificates", std::to_string(added) + " new", failed ? "in part" : "done");
    js::Out list = js::Out::array();
    Table table({"SHA-256", "ROLE", "WHAT", "FROM"});
    for (const auto &one : all) {
        js::Out entry = toJson(one.certificate);
        entry["cached"] = one.cached;
        entry["fetched"] = one.fetched;
        list.push_back(std::move(entry));
        table.add({shortDigest(one.certificate), one.certificate.role, inLine(titleOf(one.certificate)),
            one.cached ? "cache, fetched " + timeText(one.fetched) : inLine(one.certificate.source)});
    }
    if (!asked.has("json"))
        print(table.text(1));
    if (std::ranges::any_of(all, [](const kds::Fetched &one) { return !one.cached && one.certificate.role == "crl"; }))
        reappraiseForNewList(context);
    if (failed) // with --json an error is the one object; 'certs list' shows what was kept
        return std::unexpected(std::move(*failed));
    if (asked.has("json"))
        printJson({{"added", added}, {"certificates", std::move(list)}});
    return exit_code::done;
}

} // namespace kastellan::keepctl
