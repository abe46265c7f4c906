// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/kubevirt/api.h"
#include "sev-backend/kubevirt/vmi.h"

namespace kastellan::sev::kubevirt {

/// What the server offers: whether KubeVirt is there (else an error), its subresources, and its schema of launchSecurity. A schema that
/// this user may not read is no error; `read` is false then.
[[nodiscard]] ApiResult<ServerSchema> discover(Api &api, const std::stop_token &stop);

/// From the OpenAPI v3 document of kubevirt.io/v1. Bounded: 16 MiB, references 16 deep.
[[nodiscard]] Result<ServerSchema> parseSchema(std::string_view openapi);
/// The subresources of VirtualMachineInstances in an APIResourceList.
[[nodiscard]] Result<std::vector<std::string>> parseSubresources(std::string_view list);

/// The most of an OpenAPI document that is read, bytes.
inline constexpr std::size_t schemaLimit = std::size_t{16} << 20;

} // namespace kastellan::sev::kubevirt
