// SPDX-License-Identifier: Apache-2.0
#define KASTELLAN_SHA384_LANES 4
#include "sev-backend/measurement/sha384_lanes_body.h"

void kastellan::sev::sha384FourPages(const std::uint8_t *pages, std::uint8_t *digests)
{
    hashLanes(pages, digests);
}
