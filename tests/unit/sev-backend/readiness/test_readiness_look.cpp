// SPDX-License-Identifier: Apache-2.0
#include "core/base/fd.h"
#include "sev-backend/readiness/look.h"
#include "tests/support/data_folder.h"

#include <QtTest>

#include <cerrno>
#include <fstream>

#include <fcntl.h>
#include <linux/psp-sev.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace kastellan;
using namespace kastellan::sev;
namespace fs = std::filesystem;

class TestReadinessLook : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void processor();
    void cpuinfoAlone();
    void registers();
    void registersDenied();
    void commandLine();
    void memory();
    void cgroup();
    void devices();
    void platform();
    void platformRefuses();
    void qemu();
    void images();
    void surroundings();
    void thisMachine();
    void stopped();

private:
    void put(const std::string &path, const std::string &text)
    {
        fs::create_directories((m_root / path).parent_path());
        std::ofstream(m_root / path) << text;
    }
    HostFacts look(void (*part)(Looking &))
    {
        HostFacts facts;
        m_options.root = m_root;
        Looking looking{facts, m_options};
        part(looking);
        return facts;
    }
    static QByteArray text(const HostFacts &facts, const char *key)
    {
        return QByteArray::fromStdString(std::string(facts.text(key).value_or("NONE")));
    }

    kastellan::test::DataFolder m_data;
    fs::path m_root = m_data.path() / "root";
    LookOptions m_options;
};

void TestReadinessLook::processor()
{
    m_options.machine.cpuid = [](std::uint32_t leaf, std::uint32_t) -> CpuidRegisters {
        switch (leaf) {
        case 0:
            return {0x10, 0x68747541, 0x444d4163, 0x69746e65}; // AuthenticAMD
        case 1:
            return {0xa10f11, 0, 1u << 31, 0};
        case 0x40000000:
            return {0, 0x7263694d, 0x666f736f, 0x76482074}; // Microsoft Hv
        case 0x80000000:
            return {0x80000021, 0, 0, 0};
        case 0x8000001f:
            return {0x3f, 0x4173, 1006, 100};
        default:
            return {};
        }
    };
    const HostFacts facts = look(lookAtProcessor);
    QCOMPARE(text(facts, "cpu.vendor"), "AuthenticAMD");
    QCOMPARE(text(facts, "cpu.hypervisor"), "Microsoft Hv");
    QCOMPARE(text(facts, "cpuid.8000001f.eax"), "0x3f");
    QCOMPARE(text(facts, "cpuid.8000001f.ecx"), "0x3ee");
    m_options.machine.cpuid = [](std::uint32_t leaf, std::uint32_t) -> CpuidRegisters {
        return {leaf == 0x80000000 ? 0x80000008 : 0, 0, 0, 0};
    };
    QVERIFY(look(lookAtProcessor).isAbsent("cpuid.8000001f.eax"));
    m_options.machine = {};
}

void TestReadinessLook::cpuinfoAlone()
{
    put("proc/cpuinfo",
        "processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC 9354\nmicrocode\t: 0xa101154\nflags\t\t: fpu svm sev sev_es\n\n"
        "processor\t: 1\nvendor_id\t: AuthenticAMD\nmodel name\t: other\nmicrocode\t: 0xa101155\nflags\t\t: fpu svm sev_es sev_snp\n");
    put("sys/devices/system/cpu/smt/active", "1\n");
    const HostFacts facts = look(lookAtProcessor);
    QCOMPARE(text(facts, "cpuinfo.vendor"), "AuthenticAMD");
    QCOMPARE(text(facts, "cpuinfo.model"), "AMD EPYC 9354");
    QCOMPARE(text(facts, "cpuinfo.cpus"), "2");
    QCOMPARE(text(facts, "cpuinfo.flag.svm"), "2");
    QCOMPARE(text(facts, "cpuinfo.flag.sev"), "1");
    QCOMPARE(text(facts, "cpuinfo.flag.sme"), "0");
    QCOMPARE(text(facts, "cpuinfo.microcode"), "0xa101154, 0xa101155");
    QCOMPARE(text(facts, "smt.active"), "1");
    QVERIFY(facts.isAbsent("smt.control"));
}

void TestReadinessLook::registers()
{
    for (const auto &[cpu, value] : {std::pair{0, 0x3f40000ull}, {1, 0x3f40000ull}, {2, 0x740000ull}}) {
        const fs::path folder = m_root / "dev/cpu" / std::to_string(cpu);
        fs::create_directories(folder);
        const Fd file(::open((folder / "msr").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600));
        QVERIFY(::pwrite(file.get(), &value, sizeof value, 0xc0010010) == sizeof value);
    }
    const HostFacts facts = look(lookAtMsrs);
    QCOMPARE(text(facts, "msr.syscfg"), "0x3f40000 on 0-1; 0x740000 on 2");
    QCOMPARE(text(facts, "msr.device"), "yes");
    QVERIFY(facts.isAbsent("msr.rmp_base")); // the file ends before it, as a processor without it answers
}

void TestReadinessLook::registersDenied()
{
    fs::remove_all(m_root / "dev/cpu");
    QVERIFY(look(lookAtMsrs).isAbsent("msr.syscfg"));
    fs::create_directories(m_root / "dev/cpu/0");
    QVERIFY(::symlink("/proc/1/mem/x", (m_root / "dev/cpu/0/msr").c_str()) == 0);
    const HostFacts facts = look(lookAtMsrs);
    QVERIFY(!facts.has("msr.syscfg"));
    QVERIFY(!facts.why("msr.syscfg").empty());
    fs::remove_all(m_root / "dev/cpu");
    if (::geteuid() == 0)
        return; // root is denied nothing
    put("dev/cpu/0/msr", "");
    fs::permissions(m_root / "dev/cpu/0/msr", fs::perms::none);
    QCOMPARE(look(lookAtMsrs).find("msr.syscfg")->had, Fact::Had::Denied);
}

void TestReadinessLook::commandLine()
{
    put("proc/cmdline", "BOOT_IMAGE=/vmlinuz root=UUID=1 password=secret iommu=pt quiet kvm-amd.sev=1 mem_encrypt=on\n");
    put("proc/sys/kernel/osrelease", "6.12.1\n");
    put("boot/config-6.12.1", "CONFIG_X=y\nCONFIG_KVM_AMD_SEV=y\nCONFIG_KVM_AMD=m\n# CONFIG_CGROUP_MISC is not set\n");
    put("sys/module/kvm_amd/parameters/sev", "Y\n");
    const HostFacts facts = look(lookAtKernel);
    QCOMPARE(text(facts, "kernel.cmdline"), "iommu=pt kvm-amd.sev=1 mem_encrypt=on");
    QCOMPARE(text(facts, "kernel.cmdline.others"), "4");
    QCOMPARE(text(facts, "kernel.config.KVM_AMD_SEV"), "y");
    QCOMPARE(text(facts, "kernel.config.KVM_AMD"), "m");
    QCOMPARE(text(facts, "kernel.config.CGROUP_MISC"), "n");
    QCOMPARE(text(facts, "module.kvm_amd"), "yes");
    QCOMPARE(text(facts, "module.kvm_amd.sev"), "Y");
    QVERIFY(facts.isAbsent("module.kvm_amd.sev_snp"));
    QVERIFY(facts.isAbsent("module.ccp"));
}

void TestReadinessLook::memory()
{
    put("proc/meminfo", "MemTotal:       16000000 kB\nMemFree: 1 kB\n");
    put("proc/iomem",
        "00001000-0009ffff : System RAM\n100000000-43fffffff : System RAM\n  100000000-1000fffff : Kernel\n500000000-5ffffffff : PCI\n");
    put("proc/zoneinfo",
        "Node 0, zone      DMA\n  per-node stats\n        spanned  4095\n        present  3998\n  start_pfn:           1\n"
        "Node 0, zone   Normal\n        spanned  3407872\n  start_pfn:           1048576\nNode 1, zone   Normal\n        spanned  0\n  "
        "start_pfn:           0\n");
    put("sys/kernel/iommu_groups/0/type", "DMA-FQ\n");
    put("sys/kernel/iommu_groups/1/type", "identity\n");
    put("sys/kernel/iommu_groups/2/type", "DMA-FQ\n");
    put("sys/class/iommu/ivhd0/x", "");
    HostFacts facts = look(lookAtMemory);
    QCOMPARE(text(facts, "memory.total"), "16384000000");
    QCOMPARE(text(facts, "memory.end"), "0x440000000");
    QCOMPARE(text(facts, "iommu.groups"), "3");
    QCOMPARE(text(facts, "iommu.types"), "DMA-FQ 2, identity 1");
    QCOMPARE(text(facts, "iommu.units"), "1");
    // As an ordinary user sees it: no addresses.
    put("proc/iomem", "00000000-00000000 : System RAM\n");
    facts = look(lookAtMemory);
    QCOMPARE(text(facts, "memory.end"), "0x440000000");
    QCOMPARE(QByteArray::fromStdString(facts.find("memory.end")->how), "/proc/zoneinfo");
}

void TestReadinessLook::cgroup()
{
    QVERIFY(look(lookAtMemory).isAbsent("cgroup.sev.capacity"));
    put("sys/fs/cgroup/misc.capacity", "sev 410\nsev_es 99\n");
    put("sys/fs/cgroup/misc.current", "sev 0\nsev_es 3\n");
    const HostFacts facts = look(lookAtMemory);
    QCOMPARE(text(facts, "cgroup.sev.capacity"), "410");
    QCOMPARE(text(facts, "cgroup.sev_es.capacity"), "99");
    QCOMPARE(text(facts, "cgroup.sev_es.current"), "3");
}

void TestReadinessLook::devices()
{
    fs::remove_all(m_root / "dev");
    put("dev/kvm", "");
    fs::permissions(m_root / "dev/kvm", fs::perms::owner_read | fs::perms::owner_write);
    const HostFacts facts = look(lookAtDevices);
    QVERIFY(facts.isAbsent("dev.sev"));
    QCOMPARE(text(facts, "dev.kvm.mode"), "0600");
    QCOMPARE(text(facts, "dev.kvm.write"), "yes");
    QVERIFY(facts.has("user.groups"));
    rlimit limit{};
    QCOMPARE(::getrlimit(RLIMIT_MEMLOCK, &limit), 0);
    QCOMPARE(text(facts, "user.memlock.soft"),
        limit.rlim_cur == RLIM_INFINITY ? QByteArray("unlimited") : QByteArray::number(static_cast<qulonglong>(limit.rlim_cur)));
}

void TestReadinessLook::platform()
{
    fs::remove_all(m_root / "dev");
    QVERIFY(look(lookAtPlatform).isAbsent("platform.sev.state"));
    put("dev/sev", "");
    m_options.machine.sevCommand = [](int, std::uint32_t command, void *data) {
        if (command == SEV_PLATFORM_STATUS) {
            auto *status = static_cast<sev_user_data_status *>(data);
            status->api_major = 1;
            status->api_minor = 55;
            status->build = 39;
            status->state = 2;
            status->flags = 0x101;
            status->guest_count = 7;
        } else if (command == SEV_GET_ID2) {
            auto *request = static_cast<sev_user_data_get_id2 *>(data);
            auto *bytes = reinterpret_cast<std::uint8_t *>(request->address);
            bytes[0] = 0xab;
            bytes[1] = 0xcd;
            request->length = 2;
        } else if (command == SNP_PLATFORM_STATUS) {
            auto *bytes = static_cast<std::uint8_t *>(data);
            const std::uint8_t status[32] = {
                1, 55, 1, 3, 39, 0, 0, 0, 0xd, 0, 0, 0, 5, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0x18, 0xdb, 3, 0, 0, 0, 0, 0, 0x18, 0xdb};
            std::ranges::copy(status, bytes);
        } else {
            return SevAnswer{EINVAL, 0};
        }
        return SevAnswer{};
    };
    HostFacts before = look(lookAtPlatform);
    QVERIFY(before.isAbsent("platform.snp.state")); // CPUID did not say that there is SNP: it is not asked
    before.setHex("cpuid.8000001f.eax", 0x3f, "");
    Looking looking{before, m_options};
    lookAtPlatform(looking);
    QCOMPARE(text(before, "platform.sev.version"), "1.55.39");
    QCOMPARE(text(before, "platform.sev.state"), "2");
    QCOMPARE(text(before, "platform.sev.flags"), "0x101");
    QCOMPARE(text(before, "platform.sev.guests"), "7");
    QCOMPARE(text(before, "platform.chip_id"), "abcd");
    QCOMPARE(text(before, "platform.snp.state"), "1");
    QCOMPARE(text(before, "platform.snp.rmp_initialized"), "yes");
    QCOMPARE(text(before, "platform.snp.alias_check"), "yes");
    QCOMPARE(text(before, "platform.snp.flags"), "0xd");
    QCOMPARE(text(before, "platform.snp.guests"), "5");
    QCOMPARE(text(before, "platform.snp.tcb.current"), "04000000000018db");
    QCOMPARE(text(before, "platform.snp.tcb.reported"), "03000000000018db");
}

void TestReadinessLook::platformRefuses()
{
    m_options.machine.sevCommand = [](int, std::uint32_t, void *) { return SevAnswer{EIO, 3}; };
    const HostFacts facts = look(lookAtPlatform);
    QCOMPARE(facts.find("platform.sev.state")->had, Fact::Had::Failed);
    QVERIFY(facts.why("platform.sev.state").find("firmware status 0x3") != std::string::npos);
    m_options.machine = {};
    QCOMPARE(look(lookAtPlatform).find("platform.sev.state")->had, Fact::Had::NotLooked);
}

void TestReadinessLook::qemu()
{
    QVERIFY(look(lookAtPrograms).isAbsent("qemu.path"));
    put("usr/bin/qemu-system-x86_64", "");
    fs::permissions(m_root / "usr/bin/qemu-system-x86_64", fs::perms::owner_all);
    std::vector<std::string> asked;
    m_options.machine.run = [&asked](const std::vector<std::string> &words) {
        ProgramOutput output{0, true, 0, "", ""};
        asked.push_back(words.back());
        if (words.back() == "--version")
            output.output = "QEMU emulator version 8.2.2 (Debian 1:8.2.2)\nCopyright\n";
        else if (words.back() == "help" && words[1] == "-object")
            output.output = "List of user creatable objects:\n  rng-builtin\n  sev-guest\n  tls-creds\n";
        else if (words.back() == "sev-guest,help")
            output.output = "sev-guest options:\n  cbitpos=<uint32>\n  policy=<uint32> - x\n";
        else
            output.output = "pc\nq35\n";
        return output;
    };
    HostFacts facts = look(lookAtPrograms);
    QCOMPARE(text(facts, "qemu.version"), "8.2.2");
    QCOMPARE(text(facts, "qemu.sev_guest"), "cbitpos policy");
    QVERIFY(facts.isAbsent("qemu.sev_snp_guest"));
    QCOMPARE(text(facts, "qemu.q35"), "yes");
    QVERIFY(std::ranges::find(asked, "sev-snp-guest,help") == asked.end());
    m_options.machine.run = [](const std::vector<std::string> &) { return ProgramOutput{0, true, 1, "", "broken"}; };
    facts = look(lookAtPrograms);
    QCOMPARE(facts.find("qemu.sev_snp_guest")->had, Fact::Had::Failed);
    m_options.probes = false;
    QCOMPARE(look(lookAtPrograms).find("qemu.version")->had, Fact::Had::NotLooked);
    m_options = {};
}

void TestReadinessLook::images()
{
    put("usr/share/qemu/firmware/10-a.json",
        R"({"features":["amd-sev","amd-sev-snp","acpi-s3"],"mapping":{"device":"memory","filename":"/usr/share/a.fd"}})");
    put("usr/share/qemu/firmware/20-b.json",
        R"({"features":["secure-boot"],"mapping":{"device":"flash","executable":{"filename":"/usr/share/none.fd"}}})");
    put("usr/share/qemu/firmware/30-c.json", "{ nonsense");
    put("etc/qemu/firmware/10-a.json", R"({"features":["amd-sev"],"mapping":{"device":"memory","filename":"/usr/share/a.fd"}})");
    put("usr/share/a.fd", std::string(8192, '\0'));
    const HostFacts facts = look(lookAtImages);
    QCOMPARE(text(facts, "images"), "2");
    QCOMPARE(text(facts, "image.00.features"), "amd-sev"); // the administrator's own hides the package's of that name
    QCOMPARE(text(facts, "image.01.path"), "/usr/share/none.fd");
    QCOMPARE(facts.find("image.00.hash_table")->had, Fact::Had::Failed);
    QVERIFY(facts.isAbsent("image.01.hash_table"));
}

void TestReadinessLook::surroundings()
{
    put("etc/os-release", "NAME=\"X\"\nPRETTY_NAME=\"Example Linux 1\"\nID=x\n");
    put("sys/class/dmi/id/bios_version", "2.9\n");
    HostFacts facts = look(lookAtSurroundings);
    QCOMPARE(text(facts, "env.enclosure"), "none");
    QCOMPARE(text(facts, "env.system"), "Example Linux 1");
    QCOMPARE(text(facts, "bios.version"), "2.9");
    put(".dockerenv", "");
    QCOMPARE(text(look(lookAtSurroundings), "env.enclosure"), "a Docker container");
}

void TestReadinessLook::thisMachine()
{
    LookOptions options;
    options.machine = MachineAccess::real();
    options.probes = false;
    std::vector<std::string> said;
    const auto facts = sev::look(options, [&said](std::string_view doing, std::uint64_t, std::uint64_t) { said.emplace_back(doing); }, {});
    QVERIFY(facts.has_value());
    QVERIFY(facts->has("cpu.vendor"));
    QVERIFY(facts->has("kernel.release"));
    QCOMPARE(facts->find("kvm.run")->had, Fact::Had::NotLooked);
    QVERIFY(said.size() > 5);
    for (const auto &[key, fact] : facts->all())
        QVERIFY2(fact.had == Fact::Had::Value || !fact.why.empty(), key.c_str());
}

void TestReadinessLook::stopped()
{
    std::stop_source source;
    source.request_stop();
    const auto facts = sev::look({}, {}, source.get_token());
    QVERIFY(!facts.has_value());
    QCOMPARE(facts.error().kind, ErrorKind::Cancelled);
}

QTEST_GUILESS_MAIN(TestReadinessLook)
#include "test_readiness_look.moc"
