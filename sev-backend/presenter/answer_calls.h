// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/presenter/caller.h"
#include "sev-backend/presenter/handles.h"
#include "sev-backend/presenter/system_call.h"
#include "sev-backend/presenter/tree.h"

#include <functional>
#include <string_view>

namespace kastellan::sev {

/// The value of a model-specific register of a processor; nothing when it has none such (reading it is EIO).
using ModelRegisters = std::function<std::optional<std::uint64_t>(unsigned processor, std::uint32_t index)>;

/// Answers the system calls of programs that see emulated devices. How a call got here (seccomp, an interposed library) is not its matter.
/// Safe in several threads.
class CallAnswers {
public:
    CallAnswers(std::unique_ptr<Tree> tree, std::unique_ptr<Handles> handles, ModelRegisters registers, bool readOnly);

    /// Whether it can be told at once that a call continues: most reading and writing, which there is a lot of.
    [[nodiscard]] bool passes(const SystemCall &call, const Caller &caller) const;
    /// Calls that have nothing to do with emulated files continue. May block as long as the firmware is busy.
    [[nodiscard]] CallAnswer answer(const SystemCall &call, Caller &caller);
    /// No program is left: what was made for them in the file system goes.
    void clear() { m_handles->clear(); }

private:
    // file_calls.cpp: calls that name files
    struct Named { ///< a path as a call has it
        int folder;
        std::uint64_t address;
        bool follow = true;
    };
    [[nodiscard]] std::optional<std::string> path(Caller &caller, const Named &named) const;
    [[nodiscard]] std::optional<Node> node(Caller &caller, const Named &named) const;
    [[nodiscard]] CallAnswer open(Caller &caller, const Named &named, std::uint64_t flags);
    [[nodiscard]] CallAnswer openHow(Caller &caller, const SystemCall &call);
    [[nodiscard]] CallAnswer stat(Caller &caller, const std::optional<Node> &node, std::uint64_t target) const;
    [[nodiscard]] CallAnswer statAt(Caller &caller, const SystemCall &call) const;
    [[nodiscard]] CallAnswer statx(Caller &caller, const SystemCall &call) const;
    [[nodiscard]] CallAnswer access(Caller &caller, const Named &named, int mode) const;
    [[nodiscard]] CallAnswer readLink(Caller &caller, const Named &named, std::uint64_t target, std::uint64_t size) const;
    [[nodiscard]] CallAnswer makeFolder(Caller &caller, const Named &named);
    [[nodiscard]] CallAnswer removeFolder(Caller &caller, const Named &named);

    // read_calls.cpp: calls on descriptors
    [[nodiscard]] std::optional<Node> node(const Caller &caller, int descriptor) const;
    [[nodiscard]] CallAnswer control(Caller &caller, const SystemCall &call);
    [[nodiscard]] CallAnswer read(Caller &caller, const SystemCall &call);
    [[nodiscard]] CallAnswer write(Caller &caller, const SystemCall &call);
    [[nodiscard]] CallAnswer readRegisters(Caller &caller, const SystemCall &call, const Node &node, std::uint64_t offset) const;
    [[nodiscard]] CallAnswer fill(Caller &caller, int descriptor, const Node &node);

    std::unique_ptr<Tree> m_tree;
    std::unique_ptr<Handles> m_handles;
    ModelRegisters m_registers;
    bool m_readOnly;
};

} // namespace kastellan::sev
