// SPDX-License-Identifier: Apache-2.0
// What is read from a platform, or needs none: certificates, requests, keys of owners, addresses.
#include "core/base/digest.h"
#include "sev-backend/firmware/action_run.h"
#include "sev-backend/firmware/platform_view.h"
#include "sev-backend/legacy/platform_chain.h"
#include "sev-backend/store/layouts.h"
#include "sev-backend/store/read.h"

#include <algorithm>

namespace kastellan::sev {
namespace fs = std::filesystem;

namespace {

/// The certificates of SEV's own form in a file that was given, as endorsements.
Status addExtra(ActionRun &run, const char *argument)
{
    if (!run.has(argument))
        return {};
    KASTELLAN_ASSIGN(const Bytes file, run.input(argument));
    legacy::PlatformChain chain;
    KASTELLAN_TRY(chain.add(file, run.text(argument)));
    if (chain.cek)
        run.extra.push_back({"cek", toBytes(chain.cek->bytes())});
    if (chain.ask)
        run.extra.push_back({"ask", toBytes(chain.ask->bytes())});
    if (chain.ark)
        run.extra.push_back({"ark", toBytes(chain.ark->bytes())});
    if (run.extra.empty())
        return badInput(
            "read certificates", run.text(argument), "there is no CEK, ASK or ARK in it", "Give cek.cert, or AMD's ask_ark file.");
    return {};
}

/// The one to export: what was given goes before what the platform and the store have. A given CEK has to be this chip's.
Result<std::vector<Endorsement>> chainToExport(const ActionRun &run)
{
    KASTELLAN_ASSIGN(const ExportedChain exported, run.platform().exportChain(run.now->status.state));
    CertificateSources sources = run.host.certificates ? run.host.certificates(run.now->model) : CertificateSources{};
    KASTELLAN_ASSIGN(auto chain, ownershipChain(exported, sources));
    for (const auto &[role, bytes] : run.extra) {
        const auto there = std::ranges::find(chain, role, &Endorsement::role);
        if (role == "cek"
            && !std::ranges::equal(
                ByteView(bytes).first(legacy::Certificate::signedSize), ByteView(there->der).first(legacy::Certificate::signedSize)))
            return badInput("export the platform's certificates", "CEK", "the CEK that was given is another chip's",
                "Fetch that of this chip: 'keepctl host kds' shows its address.");
        if (there == chain.end())
            chain.push_back({role, bytes});
        else
            there->der = bytes;
    }
    return chain;
}

Status prepareExport(ActionRun &run)
{
    KASTELLAN_ASSIGN(const Layout *layout, findLayout(run.text("layout", "sevctl")));
    KASTELLAN_TRY(addExtra(run, "cek"));
    KASTELLAN_TRY(addExtra(run, "ask-ark"));
    if (!layout->folder) {
        KASTELLAN_TRY(run.checkOutput("output"));
    }
    if (run.now->status.state == SevState::Uninit)
        run.consequence("The platform is uninitialised: the driver initialises it for this.");
    run.step("Read PDH, PEK, OCA and CEK from the platform (PDH_CERT_EXPORT).");
    run.step("Write them to " + run.text("output") + " as " + std::string(layout->name) + " has it: " + std::string(layout->what) + ".");
    return {};
}

Result<ActionOutcome> performExport(ActionRun &run, const Progress &)
{
    KASTELLAN_ASSIGN(const auto chain, chainToExport(run));
    KASTELLAN_ASSIGN(const Layout *layout, findLayout(run.text("layout", "sevctl")));
    std::vector<StoredCertificate> certificates;
    for (const auto &[role, bytes] : chain) {
        KASTELLAN_ASSIGN(auto described, describeSev(bytes, "the platform"));
        certificates.push_back(std::move(described));
    }
    KASTELLAN_ASSIGN(const auto outputs, layOut(*layout, false, certificates));
    std::vector<ExportFile> files;
    const fs::path output = run.text("output");
    if (layout->folder) {
        std::error_code problem;
        fs::create_directory(output, problem);
        if (problem)
            return systemError("make the folder", output.string(), problem.value());
    }
    for (const auto &file : outputs)
        files.push_back({layout->folder ? output / file.name : output, file.bytes, 0644});
    KASTELLAN_ASSIGN(auto outcome, writeOutputs(run, std::move(files), "The platform's certificates were exported."));
    for (const auto &view : ownershipViews(chain, run.host.emulated))
        outcome.facts.push_back({"certificate." + view.role, view.subject, view.sha256,
            view.signatureGood       ? "Its signature verifies."
                : view.issuerMissing ? "What signed it is not there."
                                     : "Its signature does not verify."});
    return outcome;
}

Status prepareCsr(ActionRun &run)
{
    KASTELLAN_TRY(run.checkOutput("output"));
    run.step("Ask the platform for its endorsement key, to be signed (PEK_CSR).");
    run.step("Write it to " + run.text("output") + ": 2084 bytes.");
    return {};
}

Result<ActionOutcome> performCsr(ActionRun &run, const Progress &)
{
    KASTELLAN_ASSIGN(const Bytes bytes, run.platform().pekCsr());
    KASTELLAN_ASSIGN(const auto csr, readCsr(bytes, "PEK_CSR"));
    KASTELLAN_ASSIGN(
        auto outcome, writeOutputs(run, {{run.text("output"), bytes, 0644}}, "The request for a signature of the PEK was written."));
    outcome.facts.push_back({"csr.sha256", "SHA-256", toHex(csr.fingerprint().view()), "Of the file, to compare it where it is signed."});
    return outcome;
}

Status prepareOca(ActionRun &run)
{
    KASTELLAN_TRY(run.checkOutput("certificate"));
    KASTELLAN_TRY(run.checkOutput("key"));
    if (fs::path(run.text("certificate")).lexically_normal() == fs::path(run.text("key")).lexically_normal())
        return badInput(run.what(), run.text("key"), "certificate and key would be one file", "Give them different names.");
    run.step("Make an owner's key on P-384, and a certificate of it signed by itself.");
    run.step("Write the certificate to " + run.text("certificate") + ", and the key to " + run.text("key")
        + ", where this user alone can read it.");
    run.consequence("Who has the key can take platforms into ownership in its name: keep it off the host.");
    return {};
}

Result<ActionOutcome> performOca(ActionRun &run, const Progress &)
{
    const OcaKey key = OcaKey::make();
    const Bytes certificate = key.certificate();
    const bool der = run.text("key-form", "pem") == "der";
    KASTELLAN_ASSIGN(Bytes secret, der ? key.toDer() : key.toPem());
    std::vector<ExportFile> files{{run.text("certificate"), certificate, 0644}, {run.text("key"), secret, 0600}};
    auto outcome = writeOutputs(run, files, "An owner's key and certificate were made.");
    wipe(secret);
    wipe(files[1].content);
    if (outcome)
        outcome->facts.push_back({"oca.sha256", "SHA-256", toHex(sha256(certificate).view()), "Of the certificate."});
    return outcome;
}

Status prepareSigning(ActionRun &run)
{
    KASTELLAN_ASSIGN(const Bytes csrFile, run.input("csr"));
    KASTELLAN_ASSIGN(run.csr, readCsr(csrFile, run.text("csr")));
    KASTELLAN_ASSIGN(const Bytes ocaFile, run.input("oca-certificate"));
    KASTELLAN_ASSIGN(run.oca, readOca(ocaFile, run.text("oca-certificate")));
    KASTELLAN_ASSIGN(Bytes keyFile, run.input("oca-key"));
    auto key = OcaKey::read(keyFile, run.text("oca-key"));
    wipe(keyFile);
    KASTELLAN_ASSIGN(run.key, std::move(key));
    if (!run.key->belongsTo(*run.oca))
        return badInput(run.what(), run.text("oca-key"), "it is not the key of the certificate " + run.text("oca-certificate"),
            "Give the key and the certificate that were made together.");
    KASTELLAN_TRY(run.checkOutput("output"));
    run.step("Sign the PEK of " + run.text("csr") + " with the owner's key.");
    run.step("Write the signed certificate to " + run.text("output") + ".");
    return {};
}

Result<ActionOutcome> performSigning(ActionRun &run, const Progress &)
{
    KASTELLAN_ASSIGN(const Bytes pek, signCsr(*run.csr, *run.oca, *run.key));
    KASTELLAN_TRY(readSignedPek(pek, run.text("output"), *run.oca));
    return writeOutputs(run, {{run.text("output"), pek, 0644}}, "The PEK was signed.");
}

Status prepareKds(ActionRun &run)
{
    run.step(run.host.emulated
            ? "Say how the emulated platform hands out its certificates; AMD's key server does not know an emulated chip."
            : "Work out where AMD's key server has the certificates of this chip; nothing is asked of it.");
    return {};
}

Result<ActionOutcome> performKds(ActionRun &run, const Progress &)
{
    if (run.host.emulated)
        return ActionOutcome{"AMD's key server does not know an emulated chip: the emulated platform hands its certificates out itself.",
            ownCertificates(run.host.host, run.now->snp.has_value()), {}};
    const auto id = run.platform().id();
    std::optional<TcbVersion> reported;
    if (run.now->snp)
        reported = TcbVersion(run.now->snp->reportedTcb, run.now->layout());
    ActionOutcome outcome{
        "The addresses of the certificates.", certificateAddresses(run.now->model, id ? ByteView(*id) : ByteView(), reported), {}};
    if (outcome.facts.empty())
        return environment(run.what(), run.platform().device().name(), "the product is not known, and without it there are no addresses",
            "Give product, chip id and TCB to 'keepctl certs fetch' yourself.");
    return outcome;
}

Status prepareLook(ActionRun &run)
{
    run.step("Read the platform's state and certificates.");
    return {};
}

Result<ActionOutcome> performLook(ActionRun &run, const Progress &)
{
    return ActionOutcome{"The platform was read.", {{"sev.state", "State", std::string(name(run.now->status.state)), ""}}, {}};
}

} // namespace

void addExportActions(std::vector<ActionRow> &rows)
{
    using Kind = ActionParameter::Kind;
    rows.push_back(
        {described("export-chain", "Export certificates…", "Writes the platform's certificates for the owners of guests",
             ActionEffect::Reads,
             {outputFile("output", "File", "Where to: a file, for the layout sev-tool a folder"),
                 {"layout", "Layout", "sevctl (PDH, PEK, OCA, CEK), sevctl-full (also ASK and ARK) or sev-tool (a folder)", Kind::Choice,
                     false, {"sevctl", "sevctl-full", "sev-tool"}, "sevctl"},
                 inputFile("cek", "CEK", "The chip's CEK as AMD's key server signed it; default: that of the certificate store", false),
                 inputFile("ask-ark", "ASK and ARK", "AMD's ask_ark file, for sevctl-full; default: those of the certificate store", false),
                 forceFlag()}),
            true, false, false, GuestRule::Any, {SevCommand::PdhCertExport}, prepareExport, performExport});
    rows.push_back({described("csr", "Request a signature…", "Writes the platform's endorsement key (PEK), for an owner to sign",
                        ActionEffect::Reads, {outputFile("output", "File", "Where to"), forceFlag()}),
        true, false, false, GuestRule::Any, {SevCommand::PekCsr}, prepareCsr, performCsr});
    rows.push_back(
        {described("generate-oca", "Make an owner's key…",
             "Makes an owner's certificate authority (OCA): key and certificate; needs no platform", ActionEffect::Reads,
             {outputFile("certificate", "Certificate", "Where to write the certificate"),
                 outputFile("key", "Key", "Where to write the private key; readable by this user alone"),
                 {"key-form", "Form of the key", "pem (PKCS #8) or der, as sevctl has it", Kind::Choice, false, {"pem", "der"}, "pem"},
                 forceFlag()}),
            false, false, false, GuestRule::Any, {}, prepareOca, performOca});
    rows.push_back(
        {described("sign-csr", "Sign a request…",
             "Signs a PEK with an owner's key; needs no platform, so that the key can stay off the host", ActionEffect::Reads,
             {inputFile("csr", "Request", "What 'csr' wrote"), inputFile("oca-certificate", "Owner's certificate", "The OCA's certificate"),
                 inputFile("oca-key", "Owner's key", "The OCA's private key, PEM or DER, not encrypted"),
                 outputFile("output", "Signed PEK", "Where to write the signed certificate"), forceFlag()}),
            false, false, false, GuestRule::Any, {}, prepareSigning, performSigning});
    rows.push_back({described(std::string(lookAction), "Look with an administrator's password…",
                        "Shows the platform, which this user may not read", ActionEffect::Reads, {}),
        true, false, false, GuestRule::Any, {SevCommand::PlatformStatus}, prepareLook, performLook});
    rows.push_back({described("kds", "Show addresses of certificates", "Shows where AMD's key server has this chip's certificates",
                        ActionEffect::Reads, {}),
        true, false, false, GuestRule::Any, {}, prepareKds, performKds});
}

} // namespace kastellan::sev
