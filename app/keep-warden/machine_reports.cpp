// SPDX-License-Identifier: Apache-2.0
#include "app/keep-warden/machine_reports.h"

#include "app/keep-warden/firmware_port.h"
#include "app/keep-warden/guest_report_source.h"
#include "app/keep-warden/secret_report_source.h"
#include "app/keep-warden/unattested_source.h"

#include <sys/stat.h>

namespace kastellan::warden {

Result<MachineReports> findReports(const KernelWords &words, MachinePorts &ports)
{
    struct stat state{};
    if (::stat("/dev/sev-guest", &state) == 0) { // then this is SEV-SNP, and nothing less is taken in its place
        KASTELLAN_ASSIGN(auto device, GuestReportSource::open(sev::GuestWay::Device));
        return MachineReports{std::move(device), true, false};
    }
    // configfs-tsm is there in every kernel that knows it, with or without firmware behind it: only a report tells.
    if (auto tsm = GuestReportSource::open(sev::GuestWay::Tsm); tsm && (*tsm)->ownerKey())
        return MachineReports{std::move(*tsm), false, true};
    KASTELLAN_ASSIGN(auto secret, SecretReportSource::take());
    if (secret)
        return MachineReports{std::move(secret)};
    const auto patience = words.unattested ? std::chrono::seconds(0) : std::chrono::seconds(5);
    KASTELLAN_ASSIGN(auto port, ports.open(firmwarePort, patience));
    if (port)
        return MachineReports{std::make_unique<FirmwarePort>(std::move(*port))};
    if (words.unattested)
        return MachineReports{std::make_unique<UnattestedSource>(*words.owner)};
    return environment("find what this keep can prove itself with", {},
        std::string("no /dev/sev-guest, no configfs-tsm, no session secret, no port ") + firmwarePort,
        "Launch it under SEV-SNP; under SEV or SEV-ES with its secret; in a rehearsal; or with kastellan.unattested.");
}

} // namespace kastellan::warden
