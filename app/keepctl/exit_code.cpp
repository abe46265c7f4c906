// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/commands.h"

namespace kastellan::keepctl {

int exitCodeOf(const Error &error)
{
    switch (error.kind) {
    case ErrorKind::Input:
        return exit_code::usage;
    case ErrorKind::Negative:
        return exit_code::negative;
    case ErrorKind::Cancelled:
        return 130;
    case ErrorKind::Environment:
    case ErrorKind::Internal:
        break;
    }
    return exit_code::environment;
}

} // namespace kastellan::keepctl
