// SPDX-License-Identifier: Apache-2.0
// What the commands of the noun certs share.
#pragma once

#include "app/keepctl/commands.h"
#include "core/certificates/certificate_store.h"

#include <nlohmann/json_fwd.hpp>

namespace kastellan::keepctl {

[[nodiscard]] nlohmann::ordered_json toJson(const StoredCertificate &certificate);
/// From --role, --product, --chip-id and --tcb.
[[nodiscard]] Result<CertificateFilter> certificateFilter(const Invocation &asked);
/// The whole store; nothing when there is none yet.
[[nodiscard]] Result<std::vector<StoredCertificate>> everyCertificate();
/// By the beginning of its SHA-256.
[[nodiscard]] Result<StoredCertificate> findCertificate(std::string_view word);
/// What it is called, short: "SEV-VCEK (chip d49554ec717f4e5b…, bl 3, tee 0, snp 8, ucode 115)".
[[nodiscard]] std::string titleOf(const StoredCertificate &certificate);
/// The revocation lists of the store; none when there is no store yet.
[[nodiscard]] Result<std::vector<Bytes>> storedLists();
/// When a revocation list is new to the store: appraises stored evidence again, and says what turned bad. Of a large store the newest, for
/// some seconds. Failures are said and change nothing else.
void reappraiseForNewList(const Context &context);
/// The first 12 digits of its SHA-256.
[[nodiscard]] std::string shortDigest(const StoredCertificate &certificate);

} // namespace kastellan::keepctl
