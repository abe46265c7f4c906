// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/commands.h"
#include "app/keepctl/export_file.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "app/keepctl/owner_input.h"
#include "app/keepctl/secret_file.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/evidence/json.h"

#include <algorithm>

#include <openssl/crypto.h>

namespace kastellan::keepctl {

namespace {

constexpr std::uint64_t secretLimit = 16384;

/// The entries' contents, wiped at the end.
struct Secrets {
    std::vector<legacy::SecretEntry> entries;
    Secrets() = default;
    Secrets(Secrets &&) = default;
    Secrets &operator=(Secrets &&) = default;
    Secrets(const Secrets &) = delete;
    Secrets &operator=(const Secrets &) = delete;
    ~Secrets()
    {
        for (legacy::SecretEntry &entry : entries)
            OPENSSL_cleanse(entry.value.data(), entry.value.size());
    }
};

/// GUIDs by the names that people know them by.
std::string guidOf(const std::string &name)
{
    return name == "disk-passphrase" ? "736869e5-84f0-4973-92ec-06879ce3da0b" : name;
}

Result<Secrets> readSecrets(const Invocation &asked)
{
    Secrets secrets;
    if (!asked.has("secret"))
        return badInput("seal a secret", {}, "no secret is given", "Give --secret GUID=FILE or --secret disk-passphrase=FILE.");
    for (const std::string &pair : asked.values("secret")) {
        // sevctl joins the two by a colon.
        const std::size_t mark = pair.find_first_of("=:");
        if (mark == std::string::npos || mark + 1 == pair.size())
            return badInput("seal a secret", "--secret " + pair.substr(0, mark), "it does not have the form GUID=FILE");
        const std::string guid = guidOf(pair.substr(0, mark)), file = pair.substr(mark + 1);
        if (guid.size() != 36)
            return badInput("seal a secret", "--secret " + pair.substr(0, mark), "this is neither a GUID nor a name that is known",
                "Names: disk-passphrase.");
        for (const legacy::SecretEntry &entry : secrets.entries)
            if (entry.guid == guid)
                return badInput("seal a secret", "--secret " + guid, "this GUID comes twice, and the guest takes the first one");
        KASTELLAN_ASSIGN(const SecretBytes content, SecretBytes::read(file, secretLimit));
        secrets.entries.push_back({guid, toBytes(content.view())});
    }
    return secrets;
}

/// The launch measurement that the secret is bound to.
Result<legacy::LaunchMeasure> measureOf(const Invocation &asked)
{
    if (asked.has("launch-measure-blob")) {
        KASTELLAN_ASSIGN(const Bytes blob, bytesOrFile(asked.value("launch-measure-blob"), 48, "--launch-measure-blob"));
        return legacy::LaunchMeasure::parse(blob, "--launch-measure-blob");
    }
    if (!asked.has("domlaunchsecinfo"))
        return badInput("seal a secret", {}, "the launch measurement is not given, which the secret is bound to",
            "Give --launch-measure-blob or --domlaunchsecinfo, after owner measurement has found it good.");
    const std::string file = asked.value("domlaunchsecinfo");
    KASTELLAN_ASSIGN(const Bytes text, readFile(file, 1u << 20));
    KASTELLAN_ASSIGN(const LaunchInfo info, launchInfo(asText(text), file));
    if (!info.measurement)
        return badInput("seal a secret", file, "there is no measurement in it", "Give --launch-measure-blob.");
    return legacy::LaunchMeasure::parse(*info.measurement, file);
}

} // namespace

Result<int> ownerSecret(const Invocation &asked)
{
    legacy::TransportKeys keys;
    KASTELLAN_ASSIGN(const TransportKey tik, transportKey(asked, "tik"));
    KASTELLAN_ASSIGN(const TransportKey tek, transportKey(asked, "tek"));
    keys.tik = tik.bytes;
    keys.tek = tek.bytes;
    KASTELLAN_ASSIGN(const auto measure, measureOf(asked));
    std::array<std::uint8_t, 16> iv{};
    randomBytes(iv);
    if (asked.has("iv")) {
        KASTELLAN_ASSIGN(const Bytes given, bytesOrFile(asked.value("iv"), 16, "--iv"));
        std::ranges::copy(given, iv.begin());
    }
    KASTELLAN_ASSIGN(const Secrets secrets, readSecrets(asked));
    KASTELLAN_ASSIGN(Bytes plain, legacy::secretTable(secrets.entries));
    const SecretBytes table(std::move(plain));
    KASTELLAN_ASSIGN(const legacy::SecretPacket packet, legacy::sealSecret(table.view(), keys, measure.measure, iv));
    const std::string header = toBase64(packet.header), payload = toBase64(packet.payload);
    const bool text = asked.has("base64");
    KASTELLAN_TRY(writeExports({{asked.operands[0], text ? toBytes(header) : packet.header, 0644},
                                   {asked.operands[1], text ? toBytes(payload) : packet.payload, 0644}},
        asked.has("force")));
    const js::Out command = {{"execute", "sev-inject-launch-secret"}, {"arguments", {{"packet-header", header}, {"secret", payload}}}};
    if (asked.has("json")) {
        js::Out guids = js::Out::array();
        for (const legacy::SecretEntry &entry : secrets.entries)
            guids.push_back({{"guid", entry.guid}, {"bytes", entry.value.size()}});
        printJson({{"header", header}, {"payload", payload}, {"secrets", std::move(guids)}, {"qmp", command}});
    } else if (asked.has("qmp")) {
        print(command.dump() + "\n");
    } else {
        note("keepctl: sealed " + std::to_string(secrets.entries.size()) + " secret" + (secrets.entries.size() == 1 ? "" : "s") + " into "
            + asked.operands[0] + " and " + asked.operands[1] + "\n");
    }
    return exit_code::done;
}

} // namespace kastellan::keepctl
