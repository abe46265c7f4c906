// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"

#include <cerrno>
#include <cstring>

namespace kastellan {

std::string Error::message() const
{
    std::string text = "cannot " + what;
    if (!where.empty())
        text += " (" + where + ")";
    text += ": " + why;
    if (!remedy.empty())
        text += (text.ends_with('.') ? " " : ". ") + remedy;
    return text;
}

Error Error::during(std::string_view outer) const
{
    Error error = *this;
    error.why = "cannot " + what + ": " + why;
    error.what = outer;
    return error;
}

namespace {
const char *remedyFor(int number)
{
    switch (number) {
    case EACCES:
    case EPERM:
        return "Check the permissions, or run as a user who has them.";
    case ENOSPC:
    case EDQUOT:
        return "Free some disk space and try again.";
    case ENOENT:
        return "Check the name.";
    case EMFILE:
    case ENFILE:
        return "Raise the limit of open files (ulimit -n) and try again.";
    case EROFS:
        return "Choose a place that can be written.";
    default:
        return "";
    }
}
} // namespace

std::unexpected<Error> systemError(std::string what, std::string where, int number)
{
    return environment(std::move(what), std::move(where), std::strerror(number), remedyFor(number));
}

} // namespace kastellan
