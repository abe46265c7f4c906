// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keepctl/parse.h"
#include "core/evidence/evidence.h"

namespace kastellan::keepctl {

/// Gives each report the certificates that it lacks, from the certificate store and the key server's cache, with --fetch also from the key
/// server. Says on standard error where they are from, and with --fetch what could not be had. Never fails: the appraisal says what is
/// unknown.
void completeEvidence(const Invocation &asked, Recognised &recognised);

} // namespace kastellan::keepctl
