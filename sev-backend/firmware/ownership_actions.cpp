// SPDX-License-Identifier: Apache-2.0
// Who owns a platform, and its keys.
#include "sev-backend/firmware/action_run.h"

#include <algorithm>

namespace kastellan::sev {
namespace {

constexpr const char *ownersFetchAgain =
    "Owners of guests have to fetch the platform's certificates again ('export-chain'): launch sessions that "
    "were made for the old ones are void.";

bool sameKey(const legacy::Certificate &a, const legacy::Certificate &b)
{
    const auto first = a.point(), second = b.point();
    return first && second && first->curve == second->curve && first->x == second->x && first->y == second->y;
}

/// The PEK that the platform has now, where it can be read without changing anything and without a password; else none.
Result<std::optional<legacy::Certificate>> currentPek(const ActionRun &run)
{
    const auto state = run.now->status.state;
    if (state == SevState::Uninit || run.platform().needsPrivilege(SevCommand::PdhCertExport, state))
        return std::nullopt;
    KASTELLAN_ASSIGN(const auto exported, run.platform().exportChain(state));
    KASTELLAN_ASSIGN(auto pek,
        legacy::Certificate::parse(
            ByteView(exported.chain).first(std::min(exported.chain.size(), legacy::Certificate::size)), "PDH_CERT_EXPORT, PEK"));
    return pek;
}

Result<PlatformFact> ownerFact(ActionRun &run)
{
    KASTELLAN_ASSIGN(const auto status, run.platform().status());
    return PlatformFact{"sev.owner", "Owner", status.externallyOwned ? "an OCA from outside" : "the platform itself", ""};
}

Result<ActionOutcome> done(ActionRun &run, std::string summary)
{
    ActionOutcome outcome{std::move(summary), {}, {}};
    // It is done: what can't be read of the new state is no error of it.
    if (auto fact = ownerFact(run))
        outcome.facts.push_back(std::move(*fact));
    return outcome;
}

Status readOwner(ActionRun &run)
{
    KASTELLAN_ASSIGN(const Bytes file, run.input("oca-certificate"));
    KASTELLAN_ASSIGN(run.oca, readOca(file, run.text("oca-certificate")));
    return {};
}

Status prepareImport(ActionRun &run)
{
    KASTELLAN_TRY(readOwner(run));
    KASTELLAN_ASSIGN(const Bytes file, run.input("pek"));
    KASTELLAN_ASSIGN(run.pek, readSignedPek(file, run.text("pek"), *run.oca));
    KASTELLAN_ASSIGN(const auto current, currentPek(run));
    if (current && !sameKey(*current, *run.pek))
        return badInput(run.what(), run.text("pek"), "it is signed for another endorsement key than the platform has now",
            "Make a new request with 'keepctl host csr', and sign that: 'self-own' and 'reset' make a new key.");
    run.step("Give the signed PEK and the owner's certificate to the platform (PEK_CERT_IMPORT).");
    run.consequence("The platform belongs to the holder of the owner's key (SHA-256 of its certificate: "
        + toHex(run.oca->fingerprint().view()) + ") until 'self-own' or 'reset'.");
    run.consequence(ownersFetchAgain);
    return {};
}

Result<ActionOutcome> performImport(ActionRun &run, const Progress &)
{
    KASTELLAN_TRY(run.platform().importPek(run.pek->bytes(), run.oca->bytes()));
    return done(run, "The platform was taken into ownership.");
}

Status prepareProvision(ActionRun &run)
{
    KASTELLAN_TRY(readOwner(run));
    KASTELLAN_ASSIGN(Bytes file, run.input("oca-key"));
    auto key = OcaKey::read(file, run.text("oca-key"));
    wipe(file);
    KASTELLAN_ASSIGN(run.key, std::move(key));
    if (!run.key->belongsTo(*run.oca))
        return badInput(run.what(), run.text("oca-key"), "it is not the key of the certificate " + run.text("oca-certificate"),
            "Give the key and the certificate that were made together.");
    run.step("Ask the platform for its endorsement key (PEK_CSR).");
    run.step("Sign it with the owner's key, here.");
    run.step("Give the signed PEK and the owner's certificate to the platform (PEK_CERT_IMPORT).");
    run.consequence("The platform belongs to the holder of the owner's key (SHA-256 of its certificate: "
        + toHex(run.oca->fingerprint().view()) + ") until 'self-own' or 'reset'.");
    run.consequence(ownersFetchAgain);
    run.consequence("The owner's key is read on this machine: where that is not wanted, use 'csr', 'sign-csr' elsewhere, and 'import'.");
    return {};
}

Result<ActionOutcome> performProvision(ActionRun &run, const Progress &progress)
{
    const auto tell = [&progress](const char *what, std::uint64_t step) {
        if (progress)
            progress(what, step, 3);
    };
    tell("asking for the endorsement key", 0);
    KASTELLAN_ASSIGN(const Bytes request, run.platform().pekCsr());
    KASTELLAN_ASSIGN(const auto csr, readCsr(request, "PEK_CSR"));
    tell("signing it", 1);
    KASTELLAN_ASSIGN(const Bytes pek, signCsr(csr, *run.oca, *run.key));
    tell("giving it back", 2);
    KASTELLAN_TRY(run.platform().importPek(pek, run.oca->bytes()));
    return done(run, "The platform was taken into ownership.");
}

Status prepareSelfOwn(ActionRun &run)
{
    run.step("Make a new endorsement key that the platform signs itself (PEK_GEN).");
    if (run.now->status.externallyOwned)
        run.consequence("The present owner loses the platform.");
    run.consequence("The present PEK and PDH are lost for good.");
    run.consequence(ownersFetchAgain);
    return {};
}

Result<ActionOutcome> performSelfOwn(ActionRun &run, const Progress &)
{
    KASTELLAN_TRY(run.platform().generatePek());
    return done(run, "The platform has a new endorsement key and belongs to itself.");
}

Status prepareRotation(ActionRun &run)
{
    run.step("Make a new Diffie-Hellman key (PDH_GEN).");
    run.consequence("The present PDH is lost for good. Guests that run are not touched.");
    run.consequence(ownersFetchAgain);
    return {};
}

Result<ActionOutcome> performRotation(ActionRun &run, const Progress &)
{
    KASTELLAN_TRY(run.platform().rotatePdh());
    ActionOutcome outcome{"The platform has a new Diffie-Hellman key.", {}, {}};
    if (const auto exported = run.platform().exportChain())
        if (const auto pdh = legacy::Certificate::parse(exported->pdh, "PDH"))
            outcome.facts.push_back({"pdh.sha256", "PDH", toHex(pdh->fingerprint().view()), "SHA-256 of its certificate."});
    return outcome;
}

Status prepareReset(ActionRun &run)
{
    run.step("Shut the legacy platform down and delete its persistent keys and certificates (FACTORY_RESET).");
    if (run.now->status.externallyOwned)
        run.consequence("The present owner loses the platform.");
    run.consequence("OCA, PEK and PDH are lost for good; the chip makes new ones. The chip's own keys (CEK, VCEK) stay.");
    run.consequence("Guests that were sent to this platform, or stored for it, can't be received any more.");
    run.consequence(ownersFetchAgain);
    return {};
}

Result<ActionOutcome> performReset(ActionRun &run, const Progress &)
{
    KASTELLAN_TRY(run.platform().reset());
    auto outcome = done(run, "The platform was reset.");
    if (const auto status = run.platform().status(); status && outcome)
        outcome->facts.push_back({"sev.state", "State", std::string(name(status->state)), ""});
    return outcome;
}

} // namespace

void addOwnershipActions(std::vector<ActionRow> &rows)
{
    const auto oca = inputFile("oca-certificate", "Owner's certificate", "The OCA's certificate, 2084 bytes");
    rows.push_back({described("import", "Import a signed PEK…", "Gives the platform its endorsement key as an owner signed it",
                        ActionEffect::Changes, {inputFile("pek", "Signed PEK", "What 'sign-csr' wrote"), oca}),
        true, false, true, GuestRule::NoneEnds, {SevCommand::PekCertImport}, prepareImport, performImport});
    rows.push_back(
        {described("provision", "Take into ownership…", "Requests, signs and imports the endorsement key in one go", ActionEffect::Changes,
             {oca, inputFile("oca-key", "Owner's key", "The OCA's private key, PEM or DER, not encrypted")}),
            true, false, true, GuestRule::NoneEnds, {SevCommand::PekCsr, SevCommand::PekCertImport}, prepareProvision, performProvision});
    rows.push_back({described("self-own", "Give up ownership…", "Makes a new endorsement key that the platform signs itself",
                        ActionEffect::Destroys, {}),
        true, false, false, GuestRule::NoneEnds, {SevCommand::PekGen}, prepareSelfOwn, performSelfOwn});
    rows.push_back({described("rotate-pdh", "Rotate the PDH…", "Makes a new Diffie-Hellman key", ActionEffect::Destroys, {}), true, false,
        false, GuestRule::Any, {SevCommand::PdhGen}, prepareRotation, performRotation});
    rows.push_back(
        {described("reset", "Reset the platform…", "Deletes the platform's persistent keys and certificates", ActionEffect::Destroys, {}),
            true, false, false, GuestRule::NoneEnds, {SevCommand::FactoryReset}, prepareReset, performReset});
}

} // namespace kastellan::sev
