// SPDX-License-Identifier: Apache-2.0
// What the engine delivers, and the workload's input and output until its end.
#include "engine.h"

#include "core/base/file.h"

#include <openssl/crypto.h>

namespace kastellan::loader {
namespace {

constexpr std::size_t mostHeldInput = 1 << 20;

} // namespace

void Engine::deliver()
{
    enter(KeepState::Delivering);
    if (over())
        return;
    const std::string execution = m_prepared->execution;
    auto parcel = pack(m_plan, *m_prepared, std::move(m_secrets));
    m_secrets.clear();
    m_prepared.reset();
    if (!parcel)
        return fail(parcel.error());
    if (auto saved = writeFileAtomically(m_folder / manifestFile, parcel->manifest); !saved)
        return fail(saved.error());
    m_delivered = Attestor::Delivered{parcel->manifest, execution};
    std::size_t size = 0;
    for (const auto &blob : parcel->blobs) {
        std::error_code none;
        size += blob.file.empty() ? blob.value.size() : std::filesystem::file_size(blob.file, none);
    }
    expectAnswer("the report over the delivery", size);
    m_session->deliver(std::move(parcel->blobs), m_delivered->manifest);
}

void Engine::output(unsigned stream, ByteView data)
{
    if (over())
        return;
    // Output proves that the workload runs, and may come before the warden's own word: a loader that takes over has to know it.
    if (m_status.get().state == KeepState::Delivering)
        enter(KeepState::Running);
    if (over())
        return;
    const auto kind = stream == 2 ? LogEntry::Stream::Err : LogEntry::Stream::Out;
    if (auto status = m_log.append(kind, data); !status) // held by the warden as long as it is not acknowledged
        return m_loop.post([this, error = status.error()] { fail(error.during("write the keep's log")); });
    m_session->acknowledge(m_log.streamBytes(LogEntry::Stream::Out), m_log.streamBytes(LogEntry::Stream::Err));
    m_status.edit().logBytes = m_log.size();
    m_listener.log(m_log.size());
}

bool Engine::takesInput() const
{
    if (over() || m_inputClosed)
        return false;
    return (passesInput() ? m_session->pendingInput() : m_heldInput.size()) < mostHeldInput;
}

/// Whether input goes to the session. Else it is held: for a keep that is suspect, or behind what came before there was a session.
bool Engine::passesInput() const
{
    return m_session && m_status.get().state == KeepState::Running && m_heldInput.empty();
}

void Engine::input(ByteView data)
{
    if (over() || m_inputClosed)
        return;
    if (passesInput())
        m_session->input(data);
    else
        m_heldInput.insert(m_heldInput.end(), data.begin(), data.end());
}

void Engine::closeInput()
{
    if (over() || std::exchange(m_inputClosed, true))
        return;
    if (passesInput()) // else it follows what is held
        m_session->closeInput();
}

void Engine::workloadEnded(int code, const std::string &trap, const std::string &reason)
{
    if (over())
        return;
    if (m_session && m_plan.machine) // its exit is in the log: the machine may power itself off
        m_session->stop(0);
    auto &status = m_status.edit();
    status.trap = trap;
    if (reason.starts_with("could not start"))
        return end(KeepState::Failed, reason);
    if (trap.empty()) // what trapped has no exit code
        status.exitCode = code;
    end(KeepState::Stopped, !trap.empty() ? "the workload trapped: " + trap : reason);
}

void Engine::keepEnded()
{
    m_loop.drop(std::exchange(m_keepWatch, 0));
    if (over())
        return;
    // What warden and console wrote before the end is still in the streams.
    m_console.drain();
    if (m_session)
        m_session->process();
    m_loop.post([this] {
        if (over())
            return;
        if (m_stopWanted)
            return end(KeepState::Stopped, "stopped");
        const KeepEnd how = m_keep->end();
        m_console.drain();
        if (isWhole() && !how.bySignal && how.code == 0) {
            m_status.edit().exitCode = 0;
            return end(KeepState::Stopped, {});
        }
        const std::string what = m_plan.machine ? "its virtual machine" : "its warden";
        std::string why = !how.known ? what + " has ended"
            : how.bySignal           ? what + " was killed by signal " + std::to_string(how.code)
                                     : what + " ended with status " + std::to_string(how.code);
        if (!how.lastWords.empty())
            why += ": " + makeVisible(how.lastWords);
        fail({ErrorKind::Environment, "run the keep", m_plan.name, why, "Look at the keep's log; launch it again."});
    });
}

} // namespace kastellan::loader
