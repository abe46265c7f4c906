// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/keep_client.h"
#include "core/keeps/launcher.h"
#include "core/keys/keys.h"
#include "core/storage/record_store.h"

#include <memory>
#include <string>

namespace kastellan::keepctl {

/// What a person may write for things that have ids: whole ids, unique beginnings, names. Nothing found, or more than one, is an Input
/// error that suggests or lists what there is.
[[nodiscard]] Result<std::shared_ptr<Host>> findHost(const HostRegistry &hosts, std::string_view text);
[[nodiscard]] Result<KeepStatus> findKeep(std::string_view text);
/// A record by its id or the beginning of it; by a keep's id or name: its newest record, also of keeps that were removed.
[[nodiscard]] Result<Record> findRecord(RecordStore &store, std::string_view text);
[[nodiscard]] Result<KeyInfo> findKey(std::string_view text);

/// Lines "WORD<Tab>description" for shells: kind is hosts, keeps, records or keys. Words that a shell would have to quote are left out.
[[nodiscard]] Result<std::string> completionWords(const std::string &kind, const HostRegistry &hosts);

} // namespace kastellan::keepctl
