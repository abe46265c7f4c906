// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/libvirt/handles.h"

#include "sev-backend/failures/failures.h"

namespace kastellan::sev::libvirt {

std::string Parameters::text(const char *name) const
{
    const char *value = nullptr;
    return ::virTypedParamsGetString(list, count, name, &value) == 1 && value ? value : "";
}

unsigned Parameters::number(const char *name) const
{
    unsigned value = 0;
    return ::virTypedParamsGetUInt(list, count, name, &value) == 1 ? value : 0;
}

std::string lastWords()
{
    const virErrorPtr error = ::virGetLastError();
    return error && error->message ? error->message : "libvirt does not say why";
}

int lastCode()
{
    const virErrorPtr error = ::virGetLastError();
    return error ? error->code : 0;
}

std::unexpected<Error> failure(std::string what, std::string where, std::string remedy, std::string_view log)
{
    Error error{ErrorKind::Environment, std::move(what), std::move(where), lastWords(), std::move(remedy)};
    return std::unexpected(explained(std::move(error), log));
}

} // namespace kastellan::sev::libvirt
