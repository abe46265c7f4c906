// SPDX-License-Identifier: Apache-2.0
// Any bytes as what a launch through libvirt reads: an edited domain, what a host offers, a firmware descriptor, a keep's note, an address.
// The first byte says which. What is accepted of an edited domain still has what decides trust.
#include "machine_launch.h"
#include "sev-backend/libvirt/edited_xml.h"
#include "sev-backend/libvirt/firmware_descriptors.h"
#include "sev-backend/libvirt/machine_note.h"
#include "sev-backend/libvirt/offer.h"

#include <cstdlib>

using namespace kastellan;
using namespace kastellan::sev::libvirt;

namespace {

void editedDomain(std::string_view text)
{
    const DomainSpec planned = fuzz::plannedDomain();
    const auto held = heldToPlan(text, planned, "fuzz");
    if (!held)
        return;
    for (const std::string &part : {planned.kernel, planned.firmware, domainUuid(planned.keep), std::string(sessionPort)})
        if (!held->contains(part))
            std::abort();
    if (held->contains("<qemu:commandline"))
        std::abort();
    const auto again = heldToPlan(*held, planned, "again");
    LaunchValues values;
    values.kernel = "/k";
    values.hostData = "QUJD";
    if (!again || *again != *held || !withLaunchValues(*held, values))
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string_view text(reinterpret_cast<const char *>(data + 1), size - 1);
    switch (data[0]) {
    case 'd':
        editedDomain(text);
        break;
    case 'o':
        if (const auto offer = parseOffer(text); offer && offer->technologies().size() > 3)
            std::abort();
        break;
    case 'f':
        if (const auto firmware = parseFirmwareDescriptor(text, "fuzz"); firmware && !firmware->image.is_absolute())
            std::abort();
        break;
    case 'n':
        if (const auto note = machineNoteFrom(text))
            for (const auto &volume : note->upload.volumes)
                if (!volume.starts_with("kastellan-"))
                    std::abort();
        break;
    case 'u':
        if (const auto uri = sev::parseLibvirtUri(text); uri && (uri->text != text || uri->host.starts_with('-')))
            std::abort();
        break;
    default:
        break;
    }
    return 0;
}
