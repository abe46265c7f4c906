// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace kastellan {

/// How a caller should treat a failure; the command line maps it to its exit codes.
enum class ErrorKind {
    Input, ///< what the person gave is unusable (exit 2)
    Environment, ///< the machine does not offer what is needed: device, permission, space (exit 3)
    Negative, ///< the question was answered, and the answer is no (exit 1)
    Cancelled, ///< the person asked to stop
    Internal, ///< a defect of ours
};

/// A failure as a person has to read it: what failed, where, why, and what to do about it.
/// No field ever carries a secret.
struct Error {
    ErrorKind kind = ErrorKind::Internal;
    std::string what; ///< the action that failed: "read the attestation report"
    std::string where; ///< file, offset, field or peer: "report.bin, offset 0x1a0"; may be empty
    std::string why; ///< the cause, in words
    std::string remedy; ///< what to do; may be empty

    /// One line: "cannot WHAT (WHERE): WHY. REMEDY".
    [[nodiscard]] std::string message() const;
    /// The same error as seen from an outer action: `what` is replaced, the old one joins `why`.
    [[nodiscard]] Error during(std::string_view outer) const;
};

template <typename T>
using Result = std::expected<T, Error>;
using Status = std::expected<void, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(
    ErrorKind kind, std::string what, std::string where, std::string why, std::string remedy = {})
{
    return std::unexpected(Error{kind, std::move(what), std::move(where), std::move(why), std::move(remedy)});
}
[[nodiscard]] inline std::unexpected<Error> badInput(std::string what, std::string where, std::string why, std::string remedy = {})
{
    return fail(ErrorKind::Input, std::move(what), std::move(where), std::move(why), std::move(remedy));
}
[[nodiscard]] inline std::unexpected<Error> environment(std::string what, std::string where, std::string why, std::string remedy = {})
{
    return fail(ErrorKind::Environment, std::move(what), std::move(where), std::move(why), std::move(remedy));
}
/// An Environment error whose cause is `errno` (or the given number), with the usual remedies for EACCES, ENOSPC, ENOENT…
[[nodiscard]] std::unexpected<Error> systemError(std::string what, std::string where, int number);

} // namespace kastellan

/// Returns the error of a Result expression from the current function, else yields nothing.
#define KASTELLAN_TRY(expression)                                                                                                          \
    do {                                                                                                                                   \
        if (auto kastellanStatus = (expression); !kastellanStatus)                                                                         \
            return std::unexpected(std::move(kastellanStatus).error());                                                                    \
    } while (false)

#define KASTELLAN_CONCAT_(a, b) a##b
#define KASTELLAN_CONCAT(a, b) KASTELLAN_CONCAT_(a, b)
/// Declares `declaration` from a Result expression, or returns its error from the current function.
#define KASTELLAN_ASSIGN(declaration, expression)                                                                                          \
    auto KASTELLAN_CONCAT(kastellanResult, __LINE__) = (expression);                                                                       \
    if (!KASTELLAN_CONCAT(kastellanResult, __LINE__))                                                                                      \
        return std::unexpected(std::move(KASTELLAN_CONCAT(kastellanResult, __LINE__)).error());                                            \
    declaration = std::move(*KASTELLAN_CONCAT(kastellanResult, __LINE__))
