// SPDX-License-Identifier: Apache-2.0
// The engine asks for evidence, has it appraised and recorded, and acts on the verdict.
#include "engine.h"

#include "core/base/digest.h"
#include "core/keeps/launch_steps.h"

namespace kastellan::loader {

void Engine::challenge()
{
    m_nonce = randomFixed<Nonce>();
    m_completing = false;
    expectAnswer("a report");
    m_session->challenge(*m_nonce);
}

void Engine::attest()
{
    if (!over() && isWhole())
        return m_listener.error(
            {ErrorKind::Negative, "attest the keep", m_plan.name, "it is a whole virtual machine, and nobody inside can be asked",
                "Have it make a report inside, and import it: keepctl keep import-report."});
    if (over() || !m_session || m_nonce || m_status.get().state < KeepState::Running)
        return m_listener.error({ErrorKind::Negative, "attest the keep", m_plan.name,
            "it is " + std::string(name(m_status.get().state)) + (m_nonce ? " and an attestation is under way" : ""),
            "Attestation can be repeated while the workload runs."});
    challenge();
}

void Engine::noteRecord(const std::string &id)
{
    if (isFinal(m_status.get().state))
        return;
    const auto record = m_attestor.imported(id);
    if (!record)
        return m_listener.error(record.error());
    static_cast<void>(recorded(record));
}

Binding Engine::currentBinding() const
{
    Binding binding;
    binding.keep = m_plan.id;
    binding.nonce = *m_nonce;
    binding.exporter = m_session->exporter();
    binding.wardenKey = m_session->wardenKey();
    if (m_delivered) {
        binding.first = binding.attestData();
        binding.manifest = sha256(m_delivered->manifest);
    }
    return binding;
}

void Engine::reported(Bytes report, Attestor::Kind kind)
{
    if (over() || !m_session || !m_nonce || m_completing)
        return; // an answer that nobody waits for any more, or a second one to the same question
    if (kind == Attestor::Kind::Attest && (m_delivered || m_status.get().state != KeepState::Attesting))
        return;
    m_loop.cancel("answer");
    if (lacksEndorsements())
        complete(std::move(report), kind);
    else
        appraise(std::move(report), kind);
}

/// A real platform's certificates do not come with the report of a keep: the owner has them, or gets them from AMD.
bool Engine::lacksEndorsements() const
{
    return m_complete && m_plan.expected.root == "amd" && !launchedUnattested(m_plan) && !m_keep->sessionSecret()
        && m_keep->endorsements().empty();
}

void Engine::complete(Bytes report, Attestor::Kind kind)
{
    step(launch_step::certificates);
    if (over())
        return;
    m_completing = true;
    m_finder = std::jthread([this, report = std::move(report), kind, nonce = m_nonce](const std::stop_token &stop) mutable {
        auto evidence = std::make_shared<Evidence>(Evidence{.report = std::move(report), .endorsements = {}});
        auto said = m_complete(*evidence, stop);
        m_loop.post([this, evidence, said = std::move(said), kind, nonce] {
            if (over() || !m_session || m_nonce != nonce)
                return; // another session has asked for another report
            m_completing = false;
            for (const auto &text : said)
                note(text);
            m_attestor.setEndorsements(std::move(evidence->endorsements));
            appraise(std::move(evidence->report), kind);
        });
    });
}

void Engine::appraise(Bytes report, Attestor::Kind kind)
{
    const auto record = m_attestor.appraise(kind, std::move(report), currentBinding(), *m_keep, m_delivered);
    if (record && kind != Attestor::Kind::Attest)
        m_nonce.reset(); // the first one also goes into the report over the delivery
    if (recorded(record))
        acted(*record, kind);
}

/// The record is on disk: everybody may know.
bool Engine::recorded(const Result<Record> &record)
{
    if (!record) {
        fail(record.error().during("record the attestation"));
        return false;
    }
    auto &status = m_status.edit();
    status.records.push_back(record->id);
    status.verdict = name(record->appraisal.verdict);
    status.emulated = record->appraisal.emulated;
    if (auto saved = m_status.save(); !saved) {
        fail(saved.error());
        return false;
    }
    note("record " + record->id + ": " + record->appraisal.sentence);
    m_listener.appraisal(*record);
    m_listener.status();
    return !over();
}

void Engine::acted(const Record &record, Attestor::Kind kind)
{
    // Without evidence nothing can be better than undecided; its owner launched it all the same, and it gets no secret.
    const bool good = record.appraisal.verdict == Verdict::Trusted || record.appraisal.verdict == Verdict::Authentic
        || (record.appraisal.verdict == Verdict::Undecided && launchedUnattested(m_plan));
    switch (kind) {
    case Attestor::Kind::Launch:
        return; // judged before the keep ran
    case Attestor::Kind::Attest:
        if (!good)
            return refuse(record);
        if (auto pinned = pinWarden(); !pinned)
            return fail(pinned.error());
        if (m_plan.attestOnly)
            return end(KeepState::Stopped, "only the attestation was asked for");
        return deliver();
    case Attestor::Kind::Deliver:
        if (!good)
            return refuse(record);
        expectAnswer("the start of the workload");
        return m_session->start();
    case Attestor::Kind::Reattest:
        if (!good) {
            suspect(record.appraisal.sentence);
            if (m_plan.stopOnFailedAttestation)
                return end(KeepState::Failed, "stopped because an attestation failed: " + record.appraisal.sentence);
            return scheduleAttestation();
        }
        if (m_status.get().state == KeepState::Suspect && m_session->wardenState().running == false
            && m_session->wardenState().exited == false)
            return fail({ErrorKind::Environment, "continue the keep", m_plan.name, "its workload does not run", "Launch it again."});
        // In a session that took over, output flows again only from here on.
        m_session->acknowledge(m_log.streamBytes(LogEntry::Stream::Out), m_log.streamBytes(LogEntry::Stream::Err));
        m_session->start();
        if (m_status.get().state == KeepState::Suspect)
            enter(KeepState::Running);
        return scheduleAttestation();
    }
}

void Engine::scheduleAttestation()
{
    if (m_plan.reattestSeconds)
        m_loop.after("reattest", std::chrono::seconds(m_plan.reattestSeconds), [this] {
            if (m_session && !m_nonce && !over())
                challenge();
            else if (!over())
                suspect("an attestation was missed: there is no session with the keep");
        });
}

void Engine::suspect(const std::string &reason)
{
    if (m_status.get().state == KeepState::Running || m_status.get().state == KeepState::Suspect)
        enter(KeepState::Suspect, reason);
}

} // namespace kastellan::loader
