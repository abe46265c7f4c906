// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/firmware/hosts_platforms.h"

#include "sev-backend/emulator/sev_device.h"
#include "sev-backend/firmware/emulator_sev_device.h"
#include "sev-backend/firmware/helper_sev_device.h"
#include "sev-backend/firmware/kernel_sev_device.h"
#include "sev-backend/legacy/certificate.h"

namespace kastellan::sev {
namespace {

CertificateSources emulatedCertificates(const std::shared_ptr<Processor> &processor)
{
    CertificateSources sources;
    sources.reports = [processor](ByteView, const TcbVersion &) { return processor->endorsements(); };
    sources.ownership = [processor](ByteView) -> std::vector<Endorsement> {
        const auto both = processor->legacy().askArk();
        if (!both)
            return {};
        const auto ask = legacy::CaCertificate::parse(*both, "emulated ASK");
        if (!ask)
            return {};
        return {{"ask", toBytes(ask->bytes())}, {"ark", toBytes(ByteView(*both).subspan(ask->size()))}};
    };
    return sources;
}

} // namespace

PlatformSurroundings localPlatform(const std::filesystem::path &root)
{
    PlatformSurroundings host;
    host.host = "local";
    host.device = [root]() -> Result<std::shared_ptr<SevDevice>> {
        return std::make_shared<HelperSevDevice>(std::make_shared<KernelSevDevice>(root.string() + "/dev/sev"), findHelper());
    };
    host.model = [root] { return modelOfThisComputer(root); };
    host.certificates = [](const PlatformModel &model) { return storedCertificates(model); };
    return host;
}

PlatformSurroundings emulatedPlatform(std::string id, std::function<Result<std::shared_ptr<Processor>>()> open)
{
    PlatformSurroundings host;
    host.host = std::move(id);
    host.emulated = true;
    host.device = [open]() -> Result<std::shared_ptr<SevDevice>> {
        KASTELLAN_ASSIGN(const auto processor, open());
        return std::make_shared<EmulatorSevDevice>(std::make_shared<EmulatedSevDevice>(processor));
    };
    host.model = [open]() -> PlatformModel {
        const auto processor = open();
        if (!processor)
            return {};
        const Profile &profile = (*processor)->profile();
        return {profile.hasSnp ? profile.product : Product::Unknown, std::string(profile.title)};
    };
    host.certificates = [open](const PlatformModel &) {
        const auto processor = open();
        return processor ? emulatedCertificates(*processor) : CertificateSources{};
    };
    return host;
}

} // namespace kastellan::sev
