// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/table_words.h"

namespace kastellan::keepctl {

Noun hostNoun()
{
    Noun noun{"host", "the places where keeps can run",
        {"Keeps run on the emulated host, which is made of software, and on libvirt connections: name them by their address, or add them "
         "to "
         "the list. The host 'local' says what this machine has of AMD SEV; on a machine with libvirt keeps are launched with "
         "--host qemu:///system. '--host auto' of 'keep launch' chooses among the hosts that were added."},
        {
            {Command::HostList, "list", "list the hosts",
                {"One line for each host: its id, its name, its state, the protections that it offers, how many keeps run there, and when "
                 "it was last looked at. Hosts that you added are not asked: what is shown was found then.",
                    "With --check they are looked at now, several at a time, each for at most --timeout seconds; interrupt (Ctrl-C) leaves "
                    "those that were not reached as they were."},
                {},
                {{"check", 0, "", "Look at the added hosts now"},
                    {"timeout", 0, "SECONDS", "With --check: how long each host may take; default 30"}, json},
                {{"keepctl host list", "which hosts there are, and whether they are ready"},
                    {"keepctl host list --check", "the same, looked at now"}}},
            {Command::HostShow, "show", "show one host",
                {"State, what to do when it is not ready, and all that is known of its platform. What a host says of itself is help, "
                 "never proof."},
                {{"HOST", "a host's id or the beginning of it, or its name", Word::Host}},
                {{"check", 0, "", "Of a host that you added: look at it now"}, json},
                {{"keepctl host show emulated", "the software platform and its root"}}},
            {Command::HostAdd, "add", "add a host to the list",
                {"A libvirt connection on which keeps are launched (qemu:///system, qemu:///session, qemu+ssh://[USER@]HOST/system, "
                 "qemu+tls://HOST/system), a cluster (kubevirt://CONTEXT/NAMESPACE), or a machine with keepctl on it that is looked at "
                 "over "
                 "ssh (ssh://[USER@]HOST[:PORT]). Other schemes, and parameters that name programs or keys, are refused.",
                    "The host is looked at once, and is added whether it is ready or not. Its name can be used wherever a host is named. "
                    "Adding it again with another name renames it."},
                {{"ADDRESS", "where it is", Word::Free}},
                {{"name", 'n', "NAME", "What you call it: letters, digits, '.', '_' and '-'"}, {"no-check", 0, "", "Do not look at it now"},
                    json},
                {{"keepctl host add qemu+ssh://root@epyc1/system --name epyc1", "then: keepctl keep launch --host epyc1 app/"}}},
            {Command::HostRemove, "remove", "take hosts off the list",
                {"Its keeps go on running and stay in the list of keeps; records and pins stay."},
                {{"HOST", "an added host, by its address or name", Word::Host, true}}, {}, {{"keepctl host remove epyc1", "forget it"}}},
            {Command::HostExplain, "explain", "explain an error of QEMU, libvirt, the firmware or the kernel",
                {"Reads an error message or a log and says what is known of the failures in it: the cause, what to change, and where it "
                 "was "
                 "told of. What is not known is not guessed. docs/hosts.md lists all that is recognised.",
                    "Exit status: 0 something was recognised, 1 nothing was."},
                {{"TEXT", "the message; or the name of a file that holds it; or - (or nothing) for standard input", Word::File, true,
                    true}},
                {json},
                {{"keepctl host explain \"SNP_LAUNCH_START ret=-22 fw_error=0 ''\"", "what QEMU meant"},
                    {"keepctl host explain /var/log/libvirt/qemu/vm1.log", "a log"},
                    {"keepctl host explain - <dmesg.txt", "the kernel's messages"}}},
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
