// SPDX-License-Identifier: Apache-2.0
#include "app/kastellan/services.h"

#include "app/backends/backends.h"
#include "app/kastellan/certificates.h"
#include "app/kastellan/machines.h"
#include "core/base/file.h"
#include "core/hosts/platform_log.h"
#include "core/keeps/leftovers.h"

#include <thread>

namespace kastellan {

ui::Services engineServices()
{
    std::thread(keeps::clearAllLeftovers).detach(); // of keeps whose host was away when they ended
    ui::Services services;
    services.hosts = makeHosts();
    services.backend = makeEvidenceBackend();
    services.certificates = certificateFunctions(services.backend);
    services.hostList = hostListFunctions();
    services.machines = machineFunctions(services.hosts, services.backend);
    services.performPlatform = performAndLog;
    services.openStore = [] { return RecordStore::open(); };
    services.keeps.launch = [](const LaunchPlan &plan, std::vector<Secret> secrets) { return keeps::launch(plan, std::move(secrets)); };
    services.keeps.connect = [](const KeepId &id) { return KeepClient::connect(id); };
    services.keeps.list = [](std::vector<Error> *problems) { return keeps::list(problems); };
    services.keeps.recover = [](const KeepId &id) { return keeps::recover(id); };
    services.keeps.remove = [](const KeepId &id) { return keeps::remove(id); };
    services.keeps.logPath = [](const KeepId &id) { return keeps::logPath(id); };
    services.plan = [](const LaunchRequest &request, Host &host, const Progress &progress, std::stop_token stop) {
        return makePlan(request, host, progress, std::move(stop));
    };
    services.examples = programFolder() / ".." / "share" / "kastellan" / "examples";
    return services;
}

} // namespace kastellan
