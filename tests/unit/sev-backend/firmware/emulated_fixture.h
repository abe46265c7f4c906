// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/emulator/sev_device.h"
#include "sev-backend/firmware/emulator_sev_device.h"
#include "sev-backend/firmware/firmware_control.h"
#include "sev-backend/firmware/hosts_platforms.h"
#include "tests/support/data_folder.h"
#include "tests/support/emulated_identity.h"

namespace kastellan::test {

/// Passes commands on, or answers with what a test has put there.
class FaultyDevice final : public sev::SevDevice {
public:
    explicit FaultyDevice(std::shared_ptr<sev::SevDevice> real = {})
        : m_real(std::move(real))
    {
    }
    [[nodiscard]] std::string name() const override { return "/dev/sev"; }
    [[nodiscard]] sev::DeviceAccess access() const override { return granted; }
    [[nodiscard]] sev::CommandAnswer issue(sev::SevCall &call, bool write) override
    {
        issued.push_back(call.command);
        writes.push_back(write);
        if (failing && *failing == call.command)
            return answer;
        return m_real ? m_real->issue(call, write) : answer;
    }

    sev::DeviceAccess granted{true, true, true, false, {}, {}};
    std::optional<sev::SevCommand> failing;
    sev::CommandAnswer answer;
    std::vector<sev::SevCommand> issued;
    std::vector<bool> writes;

private:
    std::shared_ptr<sev::SevDevice> m_real;
};

/// An emulated processor with a data folder, identity and state of its own, and its platform under control.
class EmulatedFixture {
public:
    explicit EmulatedFixture(const sev::Profile &profile = sev::defaultProfile(), std::string_view faults = {})
    {
        giveEmulatedIdentity(data.data(), profile);
        sev::ProcessorOptions options;
        options.profile = &profile;
        if (!faults.empty())
            options.faults = sev::FaultPlan::parse(faults).value();
        auto opened = sev::Processor::open(data.data() / "emulated", {}, {}, options);
        if (!opened)
            qFatal("%s", opened.error().message().c_str());
        processor = std::move(*opened);
        device =
            std::make_shared<FaultyDevice>(std::make_shared<sev::EmulatorSevDevice>(std::make_shared<sev::EmulatedSevDevice>(processor)));
    }

    [[nodiscard]] sev::FirmwareControl control()
    {
        auto host = sev::emulatedPlatform("emulated", [this]() -> Result<std::shared_ptr<sev::Processor>> { return processor; });
        host.device = [this]() -> Result<std::shared_ptr<sev::SevDevice>> { return device; };
        host.keeps = [this] { return keeps; };
        return sev::FirmwareControl(std::move(host));
    }
    [[nodiscard]] std::string path(const char *name) const { return (data.path() / name).string(); }

    DataFolder data;
    std::shared_ptr<sev::Processor> processor;
    std::shared_ptr<FaultyDevice> device;
    std::vector<KeepStatus> keeps;
};

} // namespace kastellan::test
