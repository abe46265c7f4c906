// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/table.h"

#include "app/keepctl/table_words.h"

namespace kastellan::keepctl {

const std::vector<Noun> &nouns()
{
    static const std::vector<Noun> all{hostNoun(), certsNoun(), keepNoun(), evidenceNoun(), measureNoun(), imageNoun(), ownerNoun(),
        profileNoun(), keysNoun(), emulateNoun(), logNoun()};
    return all;
}

const std::vector<Exit> &exits()
{
    static const std::vector<Exit> all{
        {0, "done, and positive"},
        {1, "a negative verdict: not ready, refused, undecided, does not verify"},
        {2, "wrong usage, or unusable input"},
        {3, "the environment failed: no device, no permission, host unreachable, disk full"},
    };
    return all;
}

const std::vector<Exit> &launchExits()
{
    static const std::vector<Exit> all{
        {125, "the keep could not be launched (also for wrong usage and unusable input)"},
        {126, "refused or undecided: nothing was sent"},
        {127, "the evidence was good, but the workload could not be started"},
        {130, "stopped by Ctrl-C before the workload ended by itself (129 and 143: by a hang-up or a termination signal)"},
        {134, "the workload trapped"},
        {137, "the workload was ended: by one of its limits, or from elsewhere"},
    };
    return all;
}

const std::vector<Exit> &emulateExits()
{
    static const std::vector<Exit> all{
        {125, "nothing could be emulated"},
        {126, "the program cannot be run"},
        {127, "there is no such program"},
    };
    return all;
}

const std::vector<std::pair<std::string_view, std::string_view>> &environmentVariables()
{
    static const std::vector<std::pair<std::string_view, std::string_view>> all{
        {"KASTELLAN_DATA", "where keeps, keys and evidence lie; default: $XDG_DATA_HOME/kastellan, or ~/.local/share/kastellan"},
        {"KASTELLAN_KEEP_IMAGE", "the keep image's files, in place of the installed ones; a launch still expects the built ones' digest"},
        {"KASTELLAN_POOL",
            "the storage pool of a libvirt host that images are uploaded to, where its daemon can't read this user's files; without one "
            "the pool 'default', or one made for the keep"},
        {"KASTELLAN_VM_IMAGE",
            "the keep image for virtual machines, a folder, in place of the one that 'image build' made or the installed one"},
        {"KASTELLAN_KDS_URL", "a mirror of AMD's key server for 'certs fetch' and 'evidence verify --fetch'"},
        {"KASTELLAN_KDS_CACHE",
            "the most that the cache of the key server's answers takes on the disk, MiB; default: 64; 0: nothing is kept"},
        {"KASTELLAN_KDS_CA", "certificate authorities for TLS with the key server, a PEM file; default: the system's"},
        {"KASTELLAN_PLATFORM_HELPER", "the helper that polkit starts for commands of the platform, in place of the installed one"},
        {"NO_COLOR", "no colours, even on a terminal"},
    };
    return all;
}

const Noun *findNoun(std::string_view name)
{
    for (const Noun &noun : nouns())
        if (noun.name == name)
            return &noun;
    return nullptr;
}

const Verb *findVerb(const Noun &noun, std::string_view name)
{
    for (const Verb &verb : noun.verbs)
        if (verb.name == name)
            return &verb;
    return nullptr;
}

const Option *findOption(const Verb &verb, std::string_view name)
{
    for (const Option &option : verb.options)
        if (option.name == name)
            return &option;
    return nullptr;
}

std::string commandName(const Noun &noun, const Verb &verb)
{
    std::string text = "keepctl " + std::string(noun.name);
    if (!verb.name.empty())
        text += " " + std::string(verb.name);
    return text;
}

} // namespace kastellan::keepctl
