// SPDX-License-Identifier: Apache-2.0
// The stand-in for qemu-system-x86_64 in rehearsals: libvirt starts it under QEMU's name, from a folder that makeRehearsalEmulator made.
#include "sev-backend/rehearsal/stand_in.h"

int main(int count, char **words)
{
    return kastellan::sev::runStandIn(count > 0 ? words[0] : "", std::vector<std::string>(words + (count > 0 ? 1 : 0), words + count));
}
