// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/table_words.h"

namespace kastellan::keepctl {

Noun hostNoun()
{
    Noun noun{"host", "the places where keeps can run",
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
            {Command::HostPins, "pins", "list the pinned hosts",
                {"A host is pinned to its processor when it first proves itself. If it is another processor later, the finding "
                 "platform.identity fails, and the launch is refused."},
                {}, {json}, {{"keepctl host pins", "which host is which processor"}}},
            {Command::HostPin, "pin", "pin a host to a processor",
                {"By default to the one of its newest record with a positive verdict. Replaces what was pinned."},
                {{"HOST", "a host's id", Word::Host}},
                {{"record", 0, "RECORD", "The processor that this record is of", Word::Record},
                    {"identity", 0, "IDENTITY", "'chip:' and a chip id in hex"}, json},
                {{"keepctl host pin emulated", "to what it was last"}}},
            {Command::HostUnpin, "unpin", "give up the pin of a host", {"The next launch that proves itself pins what it finds."},
                {{"HOST", "a host's id", Word::Host}}, {json}, {{"keepctl host unpin emulated", "after the machine was replaced"}}},
        }};
    for (auto &verb : readinessVerbs())
        noun.verbs.push_back(std::move(verb));
    for (auto &verb : platformVerbs())
        noun.verbs.push_back(std::move(verb));
    return noun;
}

} // namespace kastellan::keepctl
