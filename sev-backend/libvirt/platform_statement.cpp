// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/libvirt/platform_statement.h"

#include "sev-backend/emulator/emulated_authorities.h"
#include "sev-backend/kds/key_server.h"
#include "sev-backend/libvirt/handles.h"

namespace kastellan::sev::libvirt {
namespace {

constexpr const char *what = "ask the host's platform for its certificates";
constexpr std::size_t room = 64 << 10;

} // namespace

Result<legacy::PlatformStatement> platformStatement(const Connection &connection, const std::stop_token &stop)
{
    Parameters parameters;
    if (::virNodeGetSEVInfo(connection.get(), &parameters.list, &parameters.count, 0) != 0)
        return failure(what, connection.uri().text);
    legacy::PlatformStatement statement;
    statement.pdh = parameters.text(VIR_NODE_SEV_PDH);
    statement.chain = parameters.text(VIR_NODE_SEV_CERT_CHAIN);
    const auto id = fromBase64(parameters.text(VIR_NODE_SEV_CPU0_ID));
    if (!id || id->empty())
        return statement; // libvirt before 8.4: the chain has to hold a certificate of the chip that is signed
    const auto transport = kds::curlTransport();
    kds::KeyServer server(kds::usualSettings(), *transport, kds::systemClock());
    auto cek = server.cek(*id, stop);
    if (!cek)
        return std::unexpected(cek.error().during("get the certificate of the host's chip"));
    statement.signedCek = std::move(cek->certificate.bytes);
    return statement;
}

Result<legacy::PlatformStatement> platformStatement(Processor &processor)
{
    legacy::PlatformStatement statement;
    // Who else runs a guest on this platform has initialised it already.
    static_cast<void>(processor.legacy().init());
    const auto exported = processor.legacy().pdhCertExport(room, room);
    if (!exported)
        return environment(what, "emulated", "the emulated firmware refuses it", "Look at it with 'keepctl host status --host emulated'.");
    statement.pdh = toBase64(exported->pdh);
    statement.chain = toBase64(exported->chain);
    KASTELLAN_ASSIGN(statement.authorities, emulatedAuthorities(processor));
    return statement;
}

} // namespace kastellan::sev::libvirt
