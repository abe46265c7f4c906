// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/activity.h"
#include "app/keepctl/certs.h"
#include "app/keepctl/commands.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "app/keepctl/reference_options.h"
#include "core/evidence/json.h"
#include "sev-backend/kds/address.h"
#include "sev-backend/store/layouts.h"
#include "sev-backend/store/read.h"
#include "sev-backend/store/state.h"

#include <algorithm>
#include <ctime>

namespace kastellan::keepctl {

js::Out toJson(const StoredCertificate &certificate)
{
    return {{"sha256", toHex(certificate.digest.view())}, {"format", certificate.format}, {"role", certificate.role},
        {"product", certificate.product}, {"chip_id", certificate.chip}, {"tcb", certificate.tcb}, {"subject", certificate.subject},
        {"issuer", certificate.issuer}, {"not_before", certificate.notBefore}, {"not_after", certificate.notAfter},
        {"emulated", certificate.emulated}, {"source", certificate.source}, {"added", certificate.added}};
}

Result<CertificateFilter> certificateFilter(const Invocation &asked)
{
    CertificateFilter filter;
    filter.role = asked.value("role");
    sev::Product product = sev::Product::Unknown;
    if (asked.has("product")) {
        KASTELLAN_ASSIGN(product, sev::kds::parseProduct(asked.value("product")));
        filter.product = name(product);
    }
    if (asked.has("chip-id")) {
        KASTELLAN_ASSIGN(const Bytes chip, fromHex(asked.value("chip-id")));
        const bool turin = chip.size() == 64 && std::ranges::all_of(ByteView(chip).subspan(8), [](std::uint8_t byte) { return byte == 0; });
        filter.chip = toHex(ByteView(chip).first(turin ? 8 : chip.size()));
    }
    if (asked.has("tcb")) {
        const bool fmc = asked.value("tcb").contains("fmc");
        KASTELLAN_ASSIGN(const sev::TcbVersion tcb,
            sev::kds::parseTcb(asked.value("tcb"),
                product != sev::Product::Unknown ? product
                    : fmc                        ? sev::Product::Turin
                                                 : sev::Product::Milan));
        filter.tcb = tcb.text();
    }
    return filter;
}

Result<std::vector<StoredCertificate>> everyCertificate()
{
    KASTELLAN_ASSIGN(const auto store, CertificateStore::openExisting());
    if (!store)
        return std::vector<StoredCertificate>();
    return store->list();
}

Result<StoredCertificate> findCertificate(std::string_view word)
{
    KASTELLAN_ASSIGN(const auto store, CertificateStore::openExisting());
    if (!store)
        return badInput("find a certificate", std::string(word.substr(0, 64)), "the certificate store is empty",
            "Put certificates into it with 'keepctl certs import' or 'keepctl certs fetch'.");
    return store->find(word);
}

std::string titleOf(const StoredCertificate &certificate)
{
    constexpr std::size_t shownChip = 16;
    const std::string &subject = certificate.subject;
    const auto common = subject.find("CN=");
    std::string title = common == std::string::npos ? subject : subject.substr(common + 3, subject.find(", ", common) - common - 3);
    if (!certificate.chip.empty())
        title += " (chip " + certificate.chip.substr(0, shownChip) + (certificate.chip.size() > shownChip ? "…" : "")
            + (certificate.tcb.empty() ? "" : ", " + certificate.tcb) + ")";
    return title;
}

Result<std::vector<Bytes>> storedLists()
{
    KASTELLAN_ASSIGN(auto stored, everyCertificate());
    std::vector<Bytes> lists;
    for (auto &certificate : stored)
        if (certificate.role == "crl")
            lists.push_back(std::move(certificate.bytes));
    return lists;
}

std::string shortDigest(const StoredCertificate &certificate)
{
    return toHex(certificate.digest.view()).substr(0, 12);
}

Result<int> certsImport(const Invocation &asked, const Context &context)
{
    KASTELLAN_ASSIGN(const auto inputs, sev::readInputs(asked.operands));
    const sev::ReadCertificates read = sev::readCertificates(inputs);
    KASTELLAN_ASSIGN(const auto known, everyCertificate());
    std::size_t added = 0;
    bool newList = false;
    if (!read.certificates.empty()) {
        KASTELLAN_ASSIGN(const auto store, CertificateStore::open());
        KASTELLAN_ASSIGN(added, store->add(read.certificates));
        logActivity("import certificates", std::to_string(added) + " new", "done");
    }
    js::Out list = js::Out::array(), unknown = js::Out::array();
    Table table({"SHA-256", "ROLE", "WHAT", "FILE", ""});
    for (const auto &certificate : read.certificates) {
        const bool isNew = !std::ranges::contains(known, certificate.digest, &StoredCertificate::digest);
        js::Out entry = toJson(certificate);
        entry["new"] = isNew;
        newList = newList || (isNew && certificate.role == "crl");
        list.push_back(std::move(entry));
        table.add({shortDigest(certificate), certificate.role, inLine(titleOf(certificate)), inLine(certificate.source),
            isNew ? "new" : "known"});
    }
    for (const auto &part : read.unknown)
        unknown.push_back({{"file", part.file}, {"why", part.why}});
    if (asked.has("json")) {
        printJson({{"added", added}, {"certificates", std::move(list)}, {"unknown", std::move(unknown)}});
    } else {
        if (!read.certificates.empty())
            print(table.text(1));
        for (const auto &part : read.unknown)
            say(inLine(part.file) + ": " + inLine(part.why));
    }
    if (newList)
        reappraiseForNewList(context);
    if (read.certificates.empty())
        return badInput("import certificates", inLine(asked.operands.front()),
            "there is no certificate or revocation list of AMD SEV in what was given");
    return exit_code::done;
}

Result<int> certsList(const Invocation &asked)
{
    KASTELLAN_ASSIGN(const CertificateFilter filter, certificateFilter(asked));
    std::int64_t at = std::time(nullptr);
    if (asked.has("at")) {
        KASTELLAN_ASSIGN(at, timeFrom(asked.value("at")));
    }
    KASTELLAN_ASSIGN(const auto all, everyCertificate());
    const auto states = sev::statesOf(all, at);
    js::Out list = js::Out::array();
    Table table({"SHA-256", "STATE", "ROLE", "PRODUCT", "CHIP", "TCB", "UNTIL (UTC)"});
    for (std::size_t i = 0; i < all.size(); ++i) {
        const StoredCertificate &certificate = all[i];
        if (!filter.matches(certificate))
            continue;
        js::Out entry = toJson(certificate);
        entry["state"] = states[i].word;
        entry["why"] = states[i].why;
        list.push_back(std::move(entry));
        const std::string role = certificate.format == "sev" ? certificate.role + " (legacy)" : certificate.role;
        table.add({shortDigest(certificate), states[i].word, role, certificate.product + (certificate.emulated ? " (emulated)" : ""),
            certificate.chip.size() > 16 ? certificate.chip.substr(0, 16) + "…" : certificate.chip, certificate.tcb,
            timeText(certificate.notAfter)});
    }
    if (asked.has("json"))
        printJson({{"certificates", std::move(list)}});
    else
        print(table.text(1));
    return exit_code::done;
}

Result<int> certsShow(const Invocation &asked)
{
    KASTELLAN_ASSIGN(const StoredCertificate certificate, findCertificate(asked.operands.front()));
    KASTELLAN_ASSIGN(const auto all, everyCertificate());
    const auto states = sev::statesOf(all, std::time(nullptr));
    const auto place = std::ranges::find(all, certificate.digest, &StoredCertificate::digest) - all.begin();
    const auto state = place < std::ssize(all) ? states[static_cast<std::size_t>(place)] : sev::CertificateState{};
    const bool legacy = certificate.format == "sev";
    if (asked.has("json")) {
        js::Out entry = toJson(certificate);
        entry["state"] = state.word;
        entry["why"] = state.why;
        if (legacy)
            entry["base64"] = toBase64(certificate.bytes);
        else
            entry["pem"] = sev::toPem(certificate);
        printJson(entry);
        return exit_code::done;
    }
    print(facts({{"sha256", toHex(certificate.digest.view())}, {"role", certificate.role}, {"format", certificate.format},
        {"state", state.word + (state.why.empty() ? "" : ": " + state.why)}, {"product", certificate.product},
        {"chip id", certificate.chip}, {"tcb", certificate.tcb}, {"subject", inLine(certificate.subject)},
        {"issuer", inLine(certificate.issuer)}, {"valid from", timeText(certificate.notBefore)},
        {"valid until", timeText(certificate.notAfter)},
        {"emulated", certificate.emulated ? "yes: proves the procedure, nothing about hardware" : ""},
        {"came from", inLine(certificate.source)}, {"stored", timeText(certificate.added)}}));
    if (!legacy)
        print(sev::toPem(certificate));
    return exit_code::done;
}

Result<int> certsRemove(const Invocation &asked)
{
    if (asked.operands.empty() && !asked.has("expired"))
        return badInput("remove certificates", {}, "nothing was named", "Name certificates, or give --expired.");
    std::vector<StoredCertificate> chosen;
    for (const auto &word : asked.operands) {
        KASTELLAN_ASSIGN(StoredCertificate certificate, findCertificate(word));
        chosen.push_back(std::move(certificate));
    }
    if (asked.has("expired")) {
        KASTELLAN_ASSIGN(const auto all, everyCertificate());
        const auto states = sev::statesOf(all, std::time(nullptr));
        for (std::size_t i = 0; i < all.size(); ++i)
            if (states[i].word == "expired" || states[i].word == "out of date")
                chosen.push_back(all[i]);
    }
    std::ranges::sort(chosen, {}, &StoredCertificate::digest);
    chosen.erase(std::ranges::unique(chosen, {}, &StoredCertificate::digest).begin(), chosen.end());
    js::Out removed = js::Out::array();
    if (!chosen.empty()) {
        KASTELLAN_ASSIGN(const auto store, CertificateStore::open());
        std::vector<Sha256> digests;
        for (const auto &certificate : chosen) {
            digests.push_back(certificate.digest);
            removed.push_back(toHex(certificate.digest.view()));
        }
        KASTELLAN_TRY(store->remove(digests));
        logActivity("remove certificates", std::to_string(digests.size()), "done");
    }
    if (asked.has("json"))
        printJson({{"removed", std::move(removed)}});
    else
        print(std::to_string(chosen.size()) + (chosen.size() == 1 ? " certificate removed\n" : " certificates removed\n"));
    return exit_code::done;
}

} // namespace kastellan::keepctl
