// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/abi/firmware_status.h"

#include <cstdio>

namespace kastellan::sev {
namespace {

struct Row {
    FirmwareStatus status;
    StatusText text;
};
using enum FirmwareStatus;

constexpr Row rows[] = {
    {Success, {"SUCCESS", "the command was done", ""}},
    {InvalidPlatformState,
        {"INVALID_PLATFORM_STATE", "the platform is not in the state that the command needs",
            "Initialise or shut down the firmware first."}},
    {InvalidGuestState,
        {"INVALID_GUEST_STATE", "the guest is not in the state that the command needs",
            "Start a new launch: a guest that was launched can't be changed any more."}},
    {InvalidConfig,
        {"INVALID_CONFIG", "the platform's configuration does not allow the command",
            "Check the BIOS settings and the parameters of the module kvm_amd."}},
    {InvalidLength, {"INVALID_LENGTH", "a buffer is too small or has a wrong length", "Give the length that was returned."}},
    {AlreadyOwned, {"ALREADY_OWNED", "the platform has an owner already", "Reset the platform first."}},
    {InvalidCertificate, {"INVALID_CERTIFICATE", "a certificate is not valid here", "Check the chain of certificates."}},
    {PolicyFailure,
        {"POLICY_FAILURE", "the guest's policy asks for what this platform does not give, or forbids the command",
            "Compare the policy with the platform: firmware version, SMT, memory encryption, migration, debugging."}},
    {Inactive, {"INACTIVE", "the guest is not active", "Activate the guest first."}},
    {InvalidAddress, {"INVALID_ADDRESS", "an address is not valid or not aligned", "Align pages to 4096 bytes."}},
    {BadSignature, {"BAD_SIGNATURE", "a signature does not verify", "Sign the ID block again, with the key that it names."}},
    {BadMeasurement,
        {"BAD_MEASUREMENT", "the launch digest is not the one that the ID block demands",
            "Compute the launch digest of what is launched and sign that, or launch what was signed."}},
    {AsidOwned, {"ASID_OWNED", "the address space id is in use", "Choose another one, or end the guest that uses it."}},
    {InvalidAsid, {"INVALID_ASID", "the address space id is out of range", "Check the ranges set in the BIOS."}},
    {WbinvdRequired, {"WBINVD_REQUIRED", "the caches have to be flushed first", "Flush the caches and try again."}},
    {DfFlushRequired, {"DFFLUSH_REQUIRED", "the data fabric has to be flushed first", "Flush it and try again."}},
    {InvalidGuest, {"INVALID_GUEST", "there is no guest with this handle", "Launch the guest again."}},
    {InvalidCommand, {"INVALID_COMMAND", "the firmware does not know the command", "Update the firmware."}},
    {Active, {"ACTIVE", "the guest is active", "Deactivate the guest first."}},
    {HwerrorPlatform, {"HWERROR_PLATFORM", "the hardware failed; the platform is safe", "Reset the platform."}},
    {HwerrorUnsafe, {"HWERROR_UNSAFE", "the hardware failed, and may be unsafe", "Switch the machine off."}},
    {Unsupported, {"UNSUPPORTED", "the platform does not support this", "Update the firmware."}},
    {InvalidParam, {"INVALID_PARAM", "a parameter is not valid", "Check the fields that have to be zero, and the types."}},
    {ResourceLimit, {"RESOURCE_LIMIT", "the firmware has no room left", "End other guests first."}},
    {SecureDataInvalid, {"SECURE_DATA_INVALID", "stored data of the firmware failed its check", "Reset the platform."}},
    {InvalidPageSize, {"INVALID_PAGE_SIZE", "the page has the wrong size for the command", "Use pages of 4096 bytes."}},
    {InvalidPageState,
        {"INVALID_PAGE_STATE", "the page is not in the state that the command needs", "Give each page of the guest once only."}},
    {InvalidMdataEntry, {"INVALID_MDATA_ENTRY", "a metadata entry is not valid", "Swap the page in again."}},
    {InvalidPageOwner, {"INVALID_PAGE_OWNER", "the page belongs to another guest", "Give a page of this guest."}},
    {AeadOflow, {"AEAD_OFLOW", "the guest has used up its message numbers", "Launch the guest again."}},
    {RbModeExited, {"RB_MODE_EXITED", "the ring buffer mode was left", "Enter it again."}},
    {RmpInitRequired, {"RMP_INIT_REQUIRED", "the table of page owners is not initialised", "Initialise SNP first."}},
    {BadSvn, {"BAD_SVN", "the image's security version is lower than the committed one", "Use a newer image."}},
    {BadVersion, {"BAD_VERSION", "the image's version is lower than the committed one", "Use a newer image."}},
    {ShutdownRequired, {"SHUTDOWN_REQUIRED", "the firmware has to be shut down first", "Shut it down and try again."}},
    {UpdateFailed, {"UPDATE_FAILED", "the update failed", "Try again; the old firmware still runs."}},
    {RestoreRequired, {"RESTORE_REQUIRED", "an image has to be restored first", "Restore it and try again."}},
    {RmpInitFailed, {"RMP_INIT_FAILED", "the table of page owners could not be initialised", "Check the BIOS settings."}},
    {InvalidKey, {"INVALID_KEY", "the chosen key is not there", "Ask for a report signed by the VCEK, or load a VLEK."}},
    {NoFirmwareCall,
        {"NO_FW_CALL", "the kernel's driver refused the command before the firmware was asked",
            "Look into the kernel's log for the cause: dmesg | grep -i ccp."}},
};

} // namespace

StatusText describe(FirmwareStatus status)
{
    for (const auto &row : rows)
        if (row.status == status)
            return row.text;
    return {"UNKNOWN_STATUS", "this status code is not in the firmware's specification",
        "Look it up in the documents of this firmware version."};
}

std::string message(FirmwareStatus status)
{
    const auto text = describe(status);
    char number[16];
    std::snprintf(number, sizeof number, " (0x%02x): ", static_cast<unsigned>(status));
    return std::string(text.name) + number + std::string(text.explanation);
}

} // namespace kastellan::sev
