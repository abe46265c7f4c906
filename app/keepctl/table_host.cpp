// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/table_words.h"

namespace kastellan::keepctl {

Noun hostNoun()
{
    return {"host", "the places where keeps can run",
        {"Keeps run on the emulated host, which is made of software. The host 'local' says what this machine has of AMD SEV; "
         "launching on it is not in this version."},
        {
            {Command::HostList, "list", "list the hosts", {"One line for each host: its id, its state, and its platform."}, {}, {json},
                {{"keepctl host list", "which hosts there are, and whether they are ready"}}},
            {Command::HostShow, "show", "show one host",
                {"State, what to do when it is not ready, and all that is known of its platform. What a host says of itself is help, "
                 "never proof."},
                {{"HOST", "a host's id or the beginning of it", Word::Host}}, {json},
                {{"keepctl host show emulated", "the software platform and its root"}}},
        }};
}

} // namespace kastellan::keepctl
