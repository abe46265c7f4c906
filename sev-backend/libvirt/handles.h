// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"
#include "core/base/free_with.h"

#include <cstdlib>
#include <memory>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

namespace kastellan::sev::libvirt {

using DomainHandle = std::unique_ptr<virDomain, FreeWith<virDomainFree>>;
using StreamHandle = std::unique_ptr<virStream, FreeWith<virStreamFree>>;
using PoolHandle = std::unique_ptr<virStoragePool, FreeWith<virStoragePoolFree>>;
using VolumeHandle = std::unique_ptr<virStorageVol, FreeWith<virStorageVolFree>>;
using Text = std::unique_ptr<char, FreeWith<std::free>>;

/// Another handle of the same domain.
[[nodiscard]] inline DomainHandle another(virDomainPtr domain)
{
    return DomainHandle(domain && ::virDomainRef(domain) == 0 ? domain : nullptr);
}

/// A list of typed parameters that libvirt made.
class Parameters {
public:
    Parameters() = default;
    ~Parameters() { ::virTypedParamsFree(list, count); }
    Parameters(const Parameters &) = delete;
    Parameters &operator=(const Parameters &) = delete;
    [[nodiscard]] std::string text(const char *name) const;
    [[nodiscard]] unsigned number(const char *name) const; ///< 0 where there is none
    virTypedParameterPtr list = nullptr;
    int count = 0;
};

/// What libvirt said last in this thread, whole.
[[nodiscard]] std::string lastWords();
/// Its number (VIR_ERR_…); 0 for none.
[[nodiscard]] int lastCode();
/// An Environment error with what libvirt said last in this thread, explained where the words are known (sev-backend/failures). `log`: what
/// QEMU wrote besides.
[[nodiscard]] std::unexpected<Error> failure(std::string what, std::string where, std::string remedy = {}, std::string_view log = {});

} // namespace kastellan::sev::libvirt
