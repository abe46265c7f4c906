// SPDX-License-Identifier: Apache-2.0
#include "app/backends/backends.h"

#include "app/backends/added_hosts.h"
#include "app/backends/addresses.h"
#include "core/base/file.h"
#include "resources/keep-image/reference.h"
#include "sev-backend/appraisal/backend.h"
#include "sev-backend/launch/emulated_host.h"
#include "sev-backend/launch/local_host.h"

#include <cstdlib>

namespace kastellan {
namespace fs = std::filesystem;

namespace {

class Registry final : public HostRegistry {
public:
    void add(std::string id, std::shared_ptr<Host> host)
    {
        m_ids.push_back(std::move(id));
        m_hosts.push_back(std::move(host));
    }
    [[nodiscard]] std::vector<std::shared_ptr<Host>> hosts() const override
    {
        auto all = m_hosts;
        for (auto &host : addedHosts())
            all.push_back(std::move(host));
        return all;
    }
    /// One of the built-in hosts, one that the person added (by address or name), or any address.
    [[nodiscard]] Result<std::shared_ptr<Host>> find(std::string_view id) const override
    {
        std::string known;
        for (std::size_t i = 0; i < m_hosts.size(); ++i) {
            if (m_ids[i] == id)
                return m_hosts[i];
            known += (i ? ", " : "") + m_ids[i];
        }
        KASTELLAN_ASSIGN(auto added, addedHost(id));
        if (added)
            return added;
        if (id.contains("://"))
            return hostAt(id);
        return badInput("find a host", std::string(id), "there is no such host",
            "These are known: " + known + ", and those that were added: see 'keepctl host list'.");
    }

private:
    std::vector<std::shared_ptr<Host>> m_hosts;
    std::vector<std::string> m_ids;
};

} // namespace

fs::path keepImageFolder()
{
    if (const char *folder = std::getenv("KASTELLAN_KEEP_IMAGE"); folder && *folder)
        return folder;
    // Programs lie in bin, and tests in bin/tests.
    const fs::path programs = programFolder();
    const fs::path prefix = programs.filename() == "tests" ? programs.parent_path().parent_path() : programs.parent_path();
    return prefix / "share" / "kastellan" / "keep-image";
}

std::shared_ptr<HostRegistry> makeHosts()
{
    sev::EmulatedHostOptions emulated;
    emulated.image = keepImageFolder();
    emulated.reference = keepImageReference();
    emulated.referenceDigest = keepImageReferenceDigest();
    auto registry = std::make_shared<Registry>();
    registry->add("emulated", std::make_shared<sev::EmulatedHost>(std::move(emulated)));
    registry->add("local", std::make_shared<sev::LocalHost>());
    return registry;
}

std::shared_ptr<EvidenceBackend> makeEvidenceBackend()
{
    return sev::makeEvidenceBackend();
}

} // namespace kastellan
