// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/firmware/platform_view.h"

#include "sev-backend/appraisal/chain_state.h"
#include "sev-backend/appraisal/descriptions.h"
#include "sev-backend/appraisal/legacy_chain.h"
#include "sev-backend/kds/key_server.h"

#include <algorithm>
#include <iterator>

namespace kastellan::sev {
namespace {

std::string yes(bool value)
{
    return value ? "yes" : "no";
}

std::string stateMeaning(const SevPlatformStatus &status)
{
    switch (status.state) {
    case SevState::Uninit:
        return "The driver initialises it when the first guest starts, or for a command that needs it.";
    case SevState::Init:
        return "Ready for SEV guests; none runs.";
    case SevState::Working:
        return "SEV guests run: ownership can't change, and no reset is possible.";
    }
    return "This state is not in the firmware's specification.";
}

PlatformSection firmwareSection(const SevPlatformStatus &status)
{
    return {"Firmware",
        {{"sev.version", "SEV version", status.version.text(), "API version and build of the SEV firmware."},
            {"sev.state", "State", std::string(name(status.state)), stateMeaning(status)},
            {"sev.owner", "Owner", status.externallyOwned ? "an OCA from outside" : "the platform itself",
                status.externallyOwned ? "Who holds the OCA's key signed the platform's endorsement key."
                                       : "It signed its endorsement key itself: anybody with write access can take ownership."},
            {"sev.es", "SEV-ES initialised", yes(status.es), "Whether guests with encrypted registers can start."},
            {"sev.guests", "SEV guests", std::to_string(status.guests), "Of SEV and SEV-ES, as the firmware counts them."}}};
}

PlatformSection snpSection(const SnpPlatformStatus &snp)
{
    const std::string version = std::to_string(snp.major) + "." + std::to_string(snp.minor) + "." + std::to_string(snp.build);
    return {"SEV-SNP",
        {{"snp.version", "SEV-SNP version", version, "ABI version and build that run now."},
            {"snp.state", "State", snp.initialized ? "INIT" : "UNINIT",
                snp.initialized ? "Ready for SEV-SNP guests." : "No SEV-SNP guest can start."},
            {"snp.rmp", "RMP initialised", yes(snp.rmpInitialized), "The table that says to whom each page of memory belongs."},
            {"snp.alias-check", "Alias check complete", yes(snp.aliasChecked),
                "Whether memory was checked for aliases since the last start (CVE-2024-21944)."},
            {"snp.mask-chip-id", "Chip id masked", yes(snp.maskChipId), "Masked: reports do not say which chip made them."},
            {"snp.mask-chip-key", "Chip key masked", yes(snp.maskChipKey), "Masked: reports are not signed by the chip's key."},
            {"snp.vlek", "VLEK loaded", yes(snp.vlekLoaded), "A cloud provider's key that can sign reports in place of the chip's."},
            {"snp.rapl-disabled", "RAPL disabled", yes(snp.raplDisabled), "Disabled: power readings can't betray what guests compute."},
            {"snp.ciphertext-hiding", "Ciphertext hiding",
                snp.ciphertextHiding              ? "on"
                    : snp.ciphertextHidingCapable ? "off, could be on"
                                                  : "not offered",
                "On: the host can't even read what guests' memory looks like encrypted."},
            {"snp.guests", "SEV-SNP guests", std::to_string(snp.guests), "As the firmware counts them."}}};
}

PlatformSection identitySection(const PlatformModel &model, const Result<Bytes> &id, bool emulated)
{
    PlatformSection section{"Identity", {}};
    section.facts.push_back(
        {"product", "Product", model.generation.empty() ? "unknown" : model.generation, "By family and model of the processor."});
    if (id)
        section.facts.push_back({"chip.id", "Chip id", toHex(*id),
            emulated ? "Names this emulated processor; AMD's key server does not know it."
                     : "Names this processor; AMD's key server knows it by that."});
    return section;
}

/// The platform's own CEK gives way to the one that AMD's key server signed, where that is known.
void put(std::vector<Endorsement> &chain, std::string role, Bytes bytes)
{
    const auto there = std::ranges::find(chain, role, &Endorsement::role);
    if (there != chain.end())
        there->der = std::move(bytes);
    else
        chain.push_back({std::move(role), std::move(bytes)});
}

std::string title(const PlatformSurroundings &host, const Situation &now)
{
    if (!now.statusKnown)
        return "AMD SEV, as libvirt tells";
    return (host.emulated ? "Emulated AMD SEV firmware " : "AMD SEV firmware ") + now.status.version.text()
        + (now.model.generation.empty() ? "" : ", " + now.model.generation);
}

} // namespace

TcbColumn columnOf(std::string columnName, const TcbVersion &tcb)
{
    TcbColumn column{std::move(columnName), {}};
    for (const auto part : TcbVersion::parts(tcb.layout()))
        column.levels.push_back({std::string(name(part)), tcb.part(part).value_or(0)});
    return column;
}

std::vector<PlatformFact> certificateAddresses(const PlatformModel &model, ByteView id, const std::optional<TcbVersion> &reported)
{
    const kds::Settings settings = kds::usualSettings();
    std::vector<PlatformFact> facts;
    const auto add = [&facts](const char *fact, const char *factName, const std::string &server, const Result<std::string> &path,
                         const char *meaning) {
        if (path)
            facts.push_back({fact, factName, server + *path, meaning});
    };
    using kds::Kind;
    if (!id.empty() && reported)
        add("kds.vcek", "VCEK", settings.url, kds::vcekPath(model.product, id, *reported),
            "The certificate behind this chip's reports at its reported TCB.");
    add("kds.vcek-chain", "ASK and ARK", settings.url, kds::chainPath(model.product, Kind::Vcek), "The authorities behind a VCEK.");
    add("kds.vcek-crl", "Revocation list", settings.url, kds::crlPath(model.product, Kind::Vcek), "Which authorities were revoked.");
    add("kds.vlek-chain", "ASVK and ARK", settings.url, kds::chainPath(model.product, Kind::Vlek), "The authorities behind a VLEK.");
    add("kds.vlek-crl", "Revocation list of VLEKs", settings.url, kds::crlPath(model.product, Kind::Vlek), "Which of these were revoked.");
    if (!id.empty())
        add("kds.cek", "CEK", settings.url, kds::cekPath(id), "The legacy certificate of this chip, which signs the PEK.");
    add("kds.ask-ark", "ASK and ARK in SEV format", settings.downloadUrl, kds::sevAuthoritiesPath(model.generation),
        "The authorities behind a CEK.");
    return facts;
}

std::vector<PlatformFact> ownCertificates(std::string_view host, bool hasReports)
{
    const std::string id(host);
    std::vector<PlatformFact> facts{{"own.source", "Where they are", "the emulated platform hands them out itself",
                                        "AMD's key server does not know an emulated chip: there is no address to fetch from."},
        {"own.show", "To see all of them", "keepctl host certs " + id, "The chain of ownership, and the chain behind reports."},
        {"own.export", "PDH, PEK, OCA, CEK", "keepctl host export-chain " + id + " -o FILE",
            "With --layout sevctl-full also ASK and ARK in the format of SEV."}};
    if (hasReports)
        facts.push_back({"own.reports", "VCEK, ASK and ARK", "in the evidence of every keep on this host",
            "'keepctl evidence export' writes it; nothing has to be fetched to appraise it."});
    return facts;
}

Result<std::vector<Endorsement>> ownershipChain(const ExportedChain &exported, const CertificateSources &sources)
{
    constexpr std::size_t size = legacy::Certificate::size;
    const char *what = "read the platform's certificates";
    if (exported.pdh.size() != size || exported.chain.size() != 3 * size)
        return environment(what, "PDH_CERT_EXPORT",
            "the firmware gave " + std::to_string(exported.pdh.size()) + " and " + std::to_string(exported.chain.size())
                + " bytes, and 2084 and 6252 are expected",
            "Update the firmware, and Kastellan.");
    std::vector<Endorsement> chain{{"pdh", exported.pdh}};
    const char *roles[] = {"pek", "oca", "cek"};
    for (std::size_t i = 0; i < 3; ++i) {
        const ByteView bytes = ByteView(exported.chain).subspan(i * size, size);
        KASTELLAN_ASSIGN(const auto certificate, legacy::Certificate::parse(bytes, std::string("PDH_CERT_EXPORT, ") + roles[i]));
        chain.push_back({roles[i], toBytes(certificate.bytes())});
    }
    if (sources.ownership)
        for (auto &endorsement : sources.ownership(chain.back().der))
            put(chain, endorsement.role, std::move(endorsement.der));
    return chain;
}

std::vector<CertificateView> ownershipViews(const std::vector<Endorsement> &chain, bool emulated)
{
    Evidence evidence;
    evidence.kind = "sev-chain";
    for (const auto &endorsement : chain)
        if (endorsement.role == "pdh")
            evidence.report = endorsement.der;
        else
            evidence.endorsements.push_back(endorsement);
    const LegacyChain state = readLegacyChain(evidence);
    auto views = describeLegacy(evidence).chain;
    for (auto &view : views) {
        view.emulated = emulated;
        // No emulated key is built in: its root is good when it signed itself.
        if (emulated && view.role == "ark")
            view.signatureGood = state.arkSigned;
        if (view.role == "cek" && !state.ask.there() && !state.cekSigned && state.cek.certificate) {
            view.issuerMissing =
                state.cek.certificate->slot(0).usage != legacy::Usage::Ask && state.cek.certificate->slot(1).usage != legacy::Usage::Ask;
            view.extensions.emplace_back("note",
                view.issuerMissing ? "the platform's own copy; AMD's key server has the signed one"
                                   : "signed by none of AMD's keys, which are built in: it is emulated, or false");
        }
        if (view.role == "ask" && !state.ark.there() && !state.askKey)
            view.issuerMissing = true;
    }
    return views;
}

PlatformView viewOf(const PlatformSurroundings &host, const Situation &now)
{
    PlatformView view;
    view.host = host.host;
    view.title = title(host, now);
    view.reachedBy = now.platform->device().name();
    view.emulated = host.emulated;
    view.running = now.running;
    view.guests = now.status.guests + (now.snp ? now.snp->guests : 0);
    if (now.statusKnown)
        view.sections.push_back(firmwareSection(now.status));
    if (host.facts)
        std::ranges::move(host.facts(), std::back_inserter(view.sections));
    std::optional<TcbVersion> reported;
    if (now.snp) {
        view.sections.push_back(snpSection(*now.snp));
        reported = TcbVersion(now.snp->reportedTcb, now.layout());
        view.tcb = {columnOf("current", TcbVersion(now.snp->currentTcb, now.layout())), columnOf("reported", *reported)};
    } else if (now.statusKnown) {
        view.problems.push_back(now.snpError->message());
    }
    const auto id = now.platform->id();
    if (!id)
        view.problems.push_back(id.error().message());
    view.sections.push_back(identitySection(now.model, id, host.emulated));
    const ByteView chip = id ? ByteView(*id) : ByteView();
    auto addresses = host.emulated ? ownCertificates(host.host, now.snp.has_value()) : certificateAddresses(now.model, chip, reported);
    if (host.emulated)
        view.sections.push_back({"Certificates", std::move(addresses)});
    else if (!addresses.empty())
        view.sections.push_back({"Addresses of certificates", std::move(addresses)});

    const CertificateSources sources = host.certificates ? host.certificates(now.model) : CertificateSources{};
    if (id && reported && sources.reports)
        view.reports = certificateViews(readChain(sources.reports(chip, *reported)));
    // To export certificates of an uninitialised platform would initialise it: looking changes nothing.
    if (now.status.state == SevState::Uninit) {
        view.problems.push_back("the platform's certificates are not shown: it is uninitialised, and reading them would change that "
                                "('keepctl host export-chain' initialises it and writes them)");
        return view;
    }
    const auto chain = now.platform->exportChain(now.status.state).and_then([&sources](const ExportedChain &exported) {
        return ownershipChain(exported, sources);
    });
    if (chain)
        view.ownership = ownershipViews(*chain, host.emulated);
    else
        view.problems.push_back(chain.error().message());
    return view;
}

} // namespace kastellan::sev
