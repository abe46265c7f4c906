// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/commands.h"

namespace kastellan::keepctl {

Result<int> run(const Invocation &asked, const Context &context)
{
    switch (asked.verb->command) {
    case Command::HostList:
        return hostList(asked, context);
    case Command::HostShow:
        return hostShow(asked, context);
    case Command::HostAdd:
        return hostAdd(asked, context);
    case Command::HostRemove:
        return hostRemove(asked);
    case Command::HostExplain:
        return hostExplain(asked);
    case Command::KeepPlan:
        return keepPlan(asked, context);
    case Command::KeepLaunch:
        return keepLaunch(asked, context);
    case Command::KeepList:
        return keepList(asked);
    case Command::KeepShow:
        return keepShow(asked);
    case Command::KeepLogs:
        return keepLogs(asked);
    case Command::KeepStop:
        return keepStop(asked);
    case Command::KeepRemove:
        return keepRemove(asked);
    case Command::KeepAttest:
        return keepAttest(asked);
    case Command::KeepDomainXml:
        return keepDomainXml(asked, context);
    case Command::KeepRecover:
        return keepRecover(asked);
    case Command::KeepImportReport:
        return keepImportReport(asked, context);
    case Command::EvidenceList:
        return evidenceList(asked);
    case Command::EvidenceShow:
        return evidenceShow(asked, context);
    case Command::EvidenceVerify:
        return evidenceVerify(asked, context);
    case Command::EvidenceDiff:
        return evidenceDiff(asked, context);
    case Command::EvidenceExport:
        return evidenceExport(asked, context);
    case Command::EvidenceFsck:
        return evidenceFsck(asked);
    case Command::EvidencePolicy:
        return evidencePolicy(asked, context);
    case Command::MeasureProcess:
        return measureProcess(asked);
    case Command::MeasureSev:
        return measureSev(asked);
    case Command::MeasureEs:
        return measureEs(asked);
    case Command::MeasureSnp:
        return measureSnp(asked);
    case Command::MeasureSvsm:
        return measureSvsm(asked);
    case Command::MeasureVm:
        return measureVm(asked);
    case Command::MeasureOvmfHash:
        return measureOvmfHash(asked);
    case Command::MeasureIdBlock:
        return measureIdBlock(asked);
    case Command::MeasureKeyDigest:
        return measureKeyDigest(asked);
    case Command::OwnerSession:
        return ownerSession(asked);
    case Command::OwnerMeasurement:
        return ownerMeasurement(asked);
    case Command::OwnerSecret:
        return ownerSecret(asked);
    case Command::OwnerReport:
        return ownerReport(asked);
    case Command::OwnerVmsa:
        return ownerVmsa(asked);
    case Command::ProfileList:
        return profileList(asked);
    case Command::ProfileShow:
        return profileShow(asked);
    case Command::ProfileRemove:
        return profileRemove(asked);
    case Command::KeysList:
        return keysList(asked);
    case Command::KeysCreate:
        return keysCreate(asked);
    case Command::KeysShow:
        return keysShow(asked);
    case Command::KeysRemove:
        return keysRemove(asked);
    case Command::CertsImport:
        return certsImport(asked, context);
    case Command::CertsList:
        return certsList(asked);
    case Command::CertsShow:
        return certsShow(asked);
    case Command::CertsVerify:
        return certsVerify(asked);
    case Command::CertsExport:
        return certsExport(asked);
    case Command::CertsRemove:
        return certsRemove(asked);
    case Command::CertsFetch:
        return certsFetch(asked, context);
    case Command::HostPins:
        return hostPins(asked);
    case Command::HostPin:
        return hostPin(asked, context);
    case Command::HostUnpin:
        return hostUnpin(asked);
    case Command::HostCheck:
        return hostCheck(asked, context);
    case Command::HostRecord:
        return hostRecord(asked, context);
    case Command::HostStatus:
        return hostStatus(asked, context);
    case Command::HostCerts:
        return hostCerts(asked, context);
    case Command::HostExportChain:
    case Command::HostCsr:
    case Command::HostGenerateOca:
    case Command::HostSignCsr:
    case Command::HostImport:
    case Command::HostProvision:
    case Command::HostSelfOwn:
    case Command::HostRotatePdh:
    case Command::HostReset:
    case Command::HostSetConfig:
    case Command::HostResetConfig:
    case Command::HostCommit:
    case Command::HostVlekLoad:
    case Command::HostKds:
        return hostAction(asked, context);
    case Command::EvidenceReappraise:
        return evidenceReappraise(asked, context);
    case Command::EvidenceHold:
        return evidenceHold(asked);
    case Command::EvidenceRelease:
        return evidenceRelease(asked);
    case Command::EvidencePurge:
        return evidencePurge(asked);
    case Command::EvidenceBackup:
        return evidenceBackup(asked);
    case Command::EvidenceRestore:
        return evidenceRestore(asked);
    case Command::Log:
        return activityLog(asked);
    case Command::Emulate:
        return emulate(asked);
    case Command::ImageBuild:
        return imageBuild(asked);
    case Command::ImageShow:
        return imageShow(asked);
    case Command::ImageVerify:
        return imageVerify(asked);
    }
    return fail(ErrorKind::Internal, "run the command", {}, "it is in no room of the program");
}

} // namespace kastellan::keepctl
