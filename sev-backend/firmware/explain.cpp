// SPDX-License-Identifier: Apache-2.0
// What went wrong with a command, for a person who has to mend it.
#include "sev-backend/abi/firmware_status.h"
#include "sev-backend/firmware/platform.h"

#include <cerrno>
#include <cstring>

namespace kastellan::sev {
namespace {

struct Advice {
    SevCommand command;
    FirmwareStatus status;
    std::string_view remedy;
};
using enum SevCommand;
using enum FirmwareStatus;

/// Where a command is known, the remedy can say more than that of the status alone.
constexpr Advice advices[] = {
    {PekCertImport, AlreadyOwned,
        "The platform has an owner's certificate already. Give it up with 'keepctl host self-own' or 'keepctl host reset', make a new CSR, "
        "and "
        "import what was signed for that."},
    {PekCertImport, InvalidCertificate,
        "Sign a CSR that was made since the last 'self-own' or 'reset': each of these makes another PEK. The OCA's certificate has to be "
        "the "
        "signer's, signed by itself."},
    {PekCertImport, BadSignature, "Sign the CSR again with the key that belongs to the OCA's certificate."},
    {PekCertImport, InvalidPlatformState, "End all SEV guests first: ownership can change only while none runs."},
    {PekGen, InvalidPlatformState, "End all SEV guests first: a new PEK can be made only while none runs."},
    {FactoryReset, InvalidPlatformState, "End all SEV guests first, and try again."},
    {SnpSetConfig, InvalidParam,
        "No level of the reported TCB may be higher than the committed one, and all other bytes have to be zero; 'keepctl host status' "
        "shows "
        "the levels."},
    {SnpSetConfig, InvalidPlatformState,
        "Initialise SEV-SNP first: load kvm_amd with sev_snp=1, on a kernel and firmware setup that allow it."},
    {SnpCommit, InvalidPlatformState,
        "Initialise SEV-SNP first: load kvm_amd with sev_snp=1, on a kernel and firmware setup that allow it."},
    {SnpVlekLoad, InvalidParam, "Fetch a hashstick for this chip and its reported TCB, and load that."},
    {SnpVlekLoad, BadMeasurement, "Fetch a hashstick for this chip and its reported TCB, and load that: this one does not decrypt here."},
    {SnpVlekLoad, BadVersion, "Fetch a hashstick for the TCB that the platform reports."},
    {SnpVlekLoad, InvalidConfig,
        "Fetch a hashstick for this chip and its reported TCB; VLEKs also have to be enabled by the cloud provider."},
    {PdhCertExport, InvalidPlatformState, "Initialise SEV first: load the modules ccp and kvm_amd (sev=1)."},
    {PdhCertExport, InvalidLength, "Update Kastellan: this firmware's certificates are longer than those it knows."},
    {PekCsr, InvalidPlatformState, "Initialise SEV first: load the modules ccp and kvm_amd (sev=1)."},
};

std::string remedyFor(SevCommand command, FirmwareStatus status)
{
    for (const auto &advice : advices)
        if (advice.command == command && advice.status == status)
            return std::string(advice.remedy);
    return std::string(describe(status).remedy);
}

/// What a person gave was wrong, not the machine.
bool isInput(SevCommand command, FirmwareStatus status)
{
    const bool takesInput = command == PekCertImport || command == SnpSetConfig || command == SnpVlekLoad;
    switch (status) {
    case InvalidCertificate:
    case BadSignature:
    case BadMeasurement:
    case BadVersion:
    case InvalidParam:
    case InvalidLength:
        return takesInput;
    default:
        return false;
    }
}

bool isSnp(SevCommand command)
{
    return command == SnpPlatformStatus || command == SnpCommit || command == SnpSetConfig || command == SnpVlekLoad;
}

constexpr const char *noDevice = "Turn on SEV (SMEE, SVM and, for SEV-SNP, its own switch) in the firmware's setup, load the module ccp, "
                                 "and run on an AMD EPYC processor; "
                                 "'keepctl host check' says which of these is missing.";

} // namespace

Error notAllowed(SevCommand command, const DeviceAccess &access, const std::string &device)
{
    const CommandLayout &layout = layoutOf(command);
    const bool forWriting = access.read;
    return {ErrorKind::Environment, std::string(layout.action), device,
        std::string(layout.name) + " needs the device open for " + (forWriting ? "writing" : "reading") + "; "
            + (access.why.empty() ? "this user may not" : access.why),
        access.remedy};
}

Error explain(SevCommand command, const CommandAnswer &answer, const SevDevice &device)
{
    const CommandLayout &layout = layoutOf(command);
    Error error{ErrorKind::Environment, std::string(layout.action), device.name() + ", " + std::string(layout.name), answer.said, {}};
    const auto status = FirmwareStatus(answer.status);
    const bool fromFirmware = status != Success && status != NoFirmwareCall;
    if (fromFirmware && (answer.error == EIO || answer.error == EBUSY || answer.error == EINVAL)) {
        error.why = "the firmware said " + message(status);
        error.remedy = remedyFor(command, status);
        if (isInput(command, status))
            error.kind = ErrorKind::Input;
        return error;
    }
    const auto because = [&error](std::string why, std::string remedy) {
        error.why = error.why.empty() ? std::move(why) : error.why;
        error.remedy = std::move(remedy);
    };
    switch (answer.error) {
    case ECANCELED:
        error.kind = ErrorKind::Cancelled;
        because("it was stopped", {});
        break;
    case ENOENT:
        because("there is no such device", noDevice);
        break;
    case ENODEV:
    case ENXIO:
        because("the driver has found no AMD Secure Processor that knows SEV", noDevice);
        break;
    case EACCES:
    case EPERM: {
        const DeviceAccess access = device.access();
        if (answer.said.empty() && !access.why.empty())
            return notAllowed(command, access, device.name());
        if (!answer.said.empty()) { // of the helper
            because({},
                "Run it where polkit can ask an administrator: in a terminal, or in a session at the machine. A rule of polkit for the "
                "action "
                "org.kastellan.platform allows it without a question.");
            break;
        }
        because("the kernel does not allow it to this user",
            "Run it as root, outside of a container; a security module (SELinux, AppArmor) or kernel lockdown may forbid it too.");
        break;
    }
    case EBUSY:
        because(command == FactoryReset ? "SEV guests run, and the driver refuses a reset while they do"
                                        : "the firmware is busy with another command",
            command == FactoryReset ? "End all SEV guests first, and try again." : "Try again in a moment.");
        break;
    case EIO:
        because("the driver could not reach the firmware",
            "Look into the kernel's log ('dmesg | grep -i ccp'); often the firmware's setup or an old firmware is the cause.");
        break;
    case ETIMEDOUT:
        because("the firmware did not answer in time",
            "Look into the kernel's log ('dmesg | grep -i ccp'); a firmware that has stopped answers only after a restart of the machine.");
        break;
    case EINVAL:
        because(isSnp(command) ? "SEV-SNP is not initialised, or this kernel does not know the command"
                               : "the driver does not know the command, or refuses its parameters",
            isSnp(command)
                ? "Initialise SEV-SNP: a kernel of 6.11 or newer, kvm_amd with sev_snp=1, SEV-SNP and RMP coverage turned on in the "
                  "firmware's setup; 'keepctl host check --for snp' says which is missing."
                : "Use a newer kernel.");
        break;
    case ENOTTY:
        because("it is not the device of the AMD Secure Processor's driver", "Check the path: Linux has it as /dev/sev.");
        break;
    case ENOTSUP:
        because("this device does not do that", "Run keepctl on the host itself.");
        break;
    case ENOMEM:
        because("the kernel had no memory for it", "Free some memory and try again.");
        break;
    default:
        because(std::strerror(answer.error), "Look into the kernel's log ('dmesg | grep -i ccp').");
    }
    return error;
}

} // namespace kastellan::sev
