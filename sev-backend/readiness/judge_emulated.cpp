// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/checks.h"
#include "sev-backend/readiness/judge.h"

namespace kastellan::sev {
namespace {

const std::vector<std::string_view> blocksEmulated{"emulated"};

/// A feature of the kernel that a keep's sandbox is made of: "yes", or why not with a remedy beside it.
Judgement offered(const HostFacts &facts, const std::string &key, const char *means, const char *otherwise)
{
    if (const auto value = facts.text(key); value && facts.flag(key) != false)
        return passed(*value == "yes" ? "offered" : std::string(*value));
    if (const Fact *fact = facts.find(key); !fact || fact->had == Fact::Had::NotLooked)
        return unknown(facts, key);
    const std::string remedy(facts.text(key + ".remedy").value_or(otherwise));
    return failed(facts.flag(key) == false ? "not offered by this kernel" : facts.why(key), means, remedy);
}

Judgement judgeNamespaces(const HostFacts &facts)
{
    return offered(facts, "emulated.namespaces", "A keep could not be closed off from this machine.", "Allow user namespaces.");
}
Judgement judgeSeccomp(const HostFacts &facts)
{
    return offered(
        facts, "emulated.seccomp", "The system calls of a keep could not be held down.", "Use a kernel with CONFIG_SECCOMP_FILTER.");
}
Judgement judgeLandlock(const HostFacts &facts)
{
    if (facts.number("emulated.landlock") == 0)
        return failed("not offered by this kernel", "The files that a keep reaches could not be held down.",
            "Use a kernel with CONFIG_SECURITY_LANDLOCK and lsm=…,landlock.");
    const auto version = facts.number("emulated.landlock");
    return version ? passed("version " + std::to_string(*version)) : unknown(facts, "emulated.landlock");
}
Judgement judgeMemory(const HostFacts &facts)
{
    return offered(
        facts, "emulated.memfd", "What is measured could not be sealed against changes.", "Use a kernel with CONFIG_MEMFD_CREATE.");
}
Judgement judgeImage(const HostFacts &facts)
{
    const auto path = facts.text("emulated.image");
    if (path)
        return passed(std::string(*path));
    return failed(facts.why("emulated.image"), "There is nothing that could be launched.",
        "Install Kastellan again, or name the folder in KASTELLAN_KEEP_IMAGE.");
}
Judgement judgeReference(const HostFacts &facts)
{
    const auto differences = facts.text("emulated.image.differences");
    if (!differences)
        return unknown(facts, "emulated.image.differences", "Run it with probes.");
    if (differences->empty())
        return passed("every file is as it was built");
    return failed(std::string(*differences), "The launch digest would be another one, and every keep refused.",
        "Install Kastellan again; if you did not change the file, find out who did.");
}
Judgement judgeIdentity(const HostFacts &facts)
{
    if (const auto description = facts.text("emulated.processor"))
        return passed(std::string(*description));
    if (facts.isAbsent("emulated.processor"))
        return info("not made yet", "It is made on first launch, which takes some seconds.");
    return failed(facts.why("emulated.processor"), "The emulated processor can't be opened.",
        std::string(facts.text("emulated.processor.remedy").value_or("")));
}

} // namespace

bool isEmulated(const HostFacts &facts)
{
    return facts.find("emulated.processor") != nullptr;
}

const std::vector<CheckDefinition> &emulatedCheckTable()
{
    static const Checks table{
        {"emulated.processor", "Emulated platform", "Identity of the processor", "", {}, blocksEmulated, "the identity's folder", "",
            judgeIdentity},
        {"emulated.image", "Keep image", "Keep image", "", {}, blocksEmulated, "the image's folder", "", judgeImage},
        {"emulated.image_reference", "Keep image", "As it was built", "emulated.image", {"emulated.image"}, blocksEmulated,
            "SHA-256 of every file against what was compiled in", "docs/process-keep.md", judgeReference},
        {"emulated.namespaces", "Sandbox", "Namespaces", "", {}, blocksEmulated,
            "a process in new user, mount, pid, net, ipc and uts namespaces", "", judgeNamespaces},
        {"emulated.seccomp", "Sandbox", "seccomp", "", {}, blocksEmulated, "seccomp(2)", "", judgeSeccomp},
        {"emulated.landlock", "Sandbox", "Landlock", "", {}, blocksEmulated, "landlock_create_ruleset(2)", "", judgeLandlock},
        {"emulated.memfd", "Sandbox", "Sealed memory", "", {}, blocksEmulated, "memfd_create(2)", "", judgeMemory},
    };
    return table;
}

} // namespace kastellan::sev
