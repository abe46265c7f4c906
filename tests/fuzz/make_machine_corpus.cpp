// SPDX-License-Identifier: Apache-2.0
// Writes the corpora of the machine fuzzers: command lines, domains, firmware images and certificates of our own making.
// usage: make_machine_corpus FOLDER
#include "sev-backend/legacy/ecdh.h"
#include "tests/fuzz/corpus.h"
#include "tests/support/firmware_image.h"

using namespace kastellan;
using fuzz::put;
namespace fs = std::filesystem;

int main(int argc, char **argv)
{
    if (argc != 2) {
        std::fprintf(stderr, "usage: make_machine_corpus FOLDER\n");
        return 2;
    }
    const fs::path corpus = argv[1];
    const char *const lines[] = {
        "qemu-system-x86_64 -enable-kvm -machine q35,confidential-guest-support=sev0 -cpu EPYC-v4,+x -smp 4,maxcpus=8 -bios /f.fd -object "
        "sev-snp-guest,id=sev0,policy=0x30000,kernel-hashes=on,secure-tsc=on -kernel k -initrd i -append 'a \"b\"' -accel kvm",
        "qemu -M q35,memory-encryption=s,pflash0=fmt,smp.cpus=2 -cpu EPYC,family=25,model=1,stepping=1 -object sev-guest,id=s,policy=5 "
        "-blockdev "
        "'{\"driver\":\"raw\",\"file\":\"store\",\"node-name\":\"fmt\"}' -blockdev driver=file,filename=f,node-name=store -device "
        "EPYC-x86_64-cpu,core-id=2",
        "a \\\n 'b' \"c\\\"d\" # e\n -object '{\"qom-type\":\"igvm-cfg\",\"id\":\"i\"}' -drive if=pflash,file=x,unit=0 -smp "
        "sockets=2,cores=4,threads=2",
    };
    int number = 0;
    for (const char *line : lines)
        put(corpus / "qemu_line" / ("line" + std::to_string(number++)), asBytes(line));
    const char *const domains[] = {
        "<domain type='kvm'><vcpu current='2'>4</vcpu><os firmware='efi'><loader "
        "type='rom'>/f.fd</loader><kernel>k</kernel><initrd>i</initrd><cmdline>a&amp;b &#x20;</cmdline>"
        "</os><cpu mode='custom'><model>EPYC-Milan</model><topology sockets='1' dies='1' cores='2' threads='2'/></cpu><launchSecurity "
        "type='sev-snp' kernelHashes='yes'><policy>0x30000"
        "</policy></launchSecurity></domain>",
        "<domstatus><domain xmlns:qemu='q'><vcpu>2</vcpu><vcpus><vcpu id='0' enabled='yes'/></vcpus><os><loader "
        "type='pflash'>/f</loader><nvram>v</nvram></os><cpu mode='host-model'/>"
        "<launchSecurity type='sev'><policy>5</policy></launchSecurity><qemu:commandline><qemu:arg value='-cpu'/><qemu:arg "
        "value='EPYC'/></qemu:commandline></domain></domstatus>",
        "<!DOCTYPE domain [<!ENTITY a 'b'>]><domain><os><![CDATA[x]]></os></domain>",
    };
    number = 0;
    for (const char *domain : domains)
        put(corpus / "libvirt_domain" / ("domain" + std::to_string(number++) + ".xml"), asBytes(domain));
    put(corpus / "ovmf" / "snp", test::FirmwareImage{.pages = 1}.bytes());
    put(corpus / "ovmf" / "svsm", test::FirmwareImage{.pages = 1, .svsm = 0x10}.bytes());
    put(corpus / "ovmf" / "plain",
        test::FirmwareImage{.pages = 1, .hashTable = {}, .sections = {{0x800000, 0x2000, 1}, {0x80f000, 0x1000, 4}, {0x810000, 0x1000, 7}}}
            .bytes());
    const auto key = sev::legacy::EphemeralKey::make(2);
    if (!key)
        return 1;
    Bytes certificate = key->godhCertificate(0, 22), chain;
    for (const std::uint32_t usage : {0x1003u, 0x1002u, 0x1001u, 0x1004u}) {
        storeLe(certificate, 8, usage);
        chain.insert(chain.end(), certificate.begin(), certificate.end());
    }
    put(corpus / "platform_chain" / "export", chain);
    put(corpus / "platform_chain" / "base64",
        asBytes("{\"pdh\": \"" + toBase64(ByteView(chain).first(2084)) + "\", \"cert-chain\": \"" + toBase64(ByteView(chain).subspan(2084))
            + "\"}"));
    Bytes authority(832);
    storeLe<std::uint32_t>(authority, 0, 1);
    storeLe<std::uint32_t>(authority, 0x24, 0x13);
    storeLe<std::uint32_t>(authority, 0x38, 2048);
    storeLe<std::uint32_t>(authority, 0x3c, 2048);
    authority[0x42] = 1;
    authority[0x40 + 256] = 0x55;
    put(corpus / "platform_chain" / "authority", authority);
    return 0;
}
