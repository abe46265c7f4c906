// SPDX-License-Identifier: Apache-2.0
// The tables of the evidence store and how an older store becomes a newer one. Private to core/storage. docs/records.md.
#pragma once

#include "core/storage/database.h"

#include <string>
#include <vector>

namespace kastellan::storage {

/// What this program writes into user_version.
[[nodiscard]] int newestVersion();
/// Makes or migrates the tables, one version after another, each in a transaction of its own. A store of a newer version, and a file
/// that is no evidence store, are refused by name.
/// `newest` is for tests of older stores.
[[nodiscard]] Status migrate(const Database &database, int newest = newestVersion());
/// Differences between the tables, indexes and triggers that are there and those that should be: a removed trigger would allow changes.
[[nodiscard]] Result<std::vector<std::string>> schemaProblems(const Database &database);

} // namespace kastellan::storage
