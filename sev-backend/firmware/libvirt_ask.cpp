// SPDX-License-Identifier: Apache-2.0
// The part of libvirt_platform.h that talks to libvirt.
#include "core/hosts/asking.h"
#include "sev-backend/firmware/libvirt_platform.h"
#include "sev-backend/readiness/inspectors.h"
#include "sev-backend/readiness/within_time.h"

#include <cstdlib>
#include <format>
#include <memory>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

namespace kastellan::sev {
namespace {

/// libvirt's driver for tests, which knows no SEV.
constexpr std::string_view testUri = "test:///default";

struct CloseConnection {
    void operator()(virConnectPtr connection) const { ::virConnectClose(connection); }
};
using Connection = std::unique_ptr<virConnect, CloseConnection>;
using Text = std::unique_ptr<char, decltype(&std::free)>;

std::string lastError()
{
    const virErrorPtr error = ::virGetLastError();
    return error && error->message ? error->message : "libvirt does not say why";
}

class Parameters {
public:
    Parameters() = default;
    ~Parameters() { ::virTypedParamsFree(m_list, m_count); }
    Parameters(const Parameters &) = delete;
    Parameters &operator=(const Parameters &) = delete;
    [[nodiscard]] bool read(virConnectPtr connection) { return ::virNodeGetSEVInfo(connection, &m_list, &m_count, 0) == 0; }
    [[nodiscard]] std::string text(const char *name) const
    {
        const char *value = nullptr;
        return ::virTypedParamsGetString(m_list, m_count, name, &value) == 1 && value ? value : "";
    }
    [[nodiscard]] std::optional<unsigned> number(const char *name) const
    {
        unsigned value = 0;
        return ::virTypedParamsGetUInt(m_list, m_count, name, &value) == 1 ? std::optional(value) : std::nullopt;
    }

private:
    virTypedParameterPtr m_list = nullptr;
    int m_count = 0;
};

Result<LibvirtAnswers> askNow(const std::string &uri)
{
    if (::virInitialize() != 0)
        return environment("ask libvirt", uri, lastError());
    ::virSetErrorFunc(nullptr, [](void *, virErrorPtr) {}); // it would write to standard error
    // Not read-only: libvirt answers these questions on no such connection ("read only access prevents…").
    const Connection connection(::virConnectOpen(askingNobody(uri).c_str()));
    if (!connection)
        return environment("ask libvirt", uri, lastError(), "Check that libvirt runs there, and that this user may ask it.");
    LibvirtAnswers answers;
    if (Parameters parameters; parameters.read(connection.get())) {
        answers.pdh = parameters.text(VIR_NODE_SEV_PDH);
        answers.chain = parameters.text(VIR_NODE_SEV_CERT_CHAIN);
        answers.cpu0Id = parameters.text(VIR_NODE_SEV_CPU0_ID);
        answers.cbitPosition = parameters.number(VIR_NODE_SEV_CBITPOS);
        answers.reducedPhysBits = parameters.number(VIR_NODE_SEV_REDUCED_PHYS_BITS);
        answers.maxGuests = parameters.number(VIR_NODE_SEV_MAX_GUESTS);
        answers.maxEsGuests = parameters.number(VIR_NODE_SEV_MAX_ES_GUESTS);
    } else {
        answers.problem = lastError();
    }
    if (const Text xml(::virConnectGetDomainCapabilities(connection.get(), nullptr, "x86_64", "q35", "kvm", 0), &std::free); xml)
        answers.capabilities = xml.get();
    else
        answers.capabilitiesProblem = lastError();
    return answers;
}

} // namespace

Result<LibvirtAnswers> askLibvirt(const std::string &uri)
{
    if (uri != testUri) {
        KASTELLAN_TRY(checkLibvirtUri(uri));
    }
    const auto answers = std::make_shared<Result<LibvirtAnswers>>();
    const char *what = "ask libvirt";
    switch (withinTime([answers, uri] { *answers = askNow(uri); }, libvirtPatience, Asking::current())) {
    case Waited::Stopped:
        return fail(ErrorKind::Cancelled, what, uri, "it was stopped");
    case Waited::TooLong:
        return environment(what, uri, std::format("its daemon did not answer within {} seconds", libvirtPatience.count()),
            "Check that it works there: 'virsh -c URI version'. Restarting the daemon ends no virtual machine.");
    case Waited::Done:
        break;
    }
    return std::move(*answers);
}

} // namespace kastellan::sev
