// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/commands.h"
#include "app/keepctl/export_file.h"
#include "app/keepctl/json_output.h"
#include "app/keepctl/output.h"
#include "app/keepctl/owner_input.h"
#include "app/keepctl/vm_request.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/evidence/json.h"
#include "sev-backend/legacy/guest_policy.h"
#include "sev-backend/machine/launch.h"

#include <algorithm>
#include <format>

namespace kastellan::keepctl {

namespace {

using sev::GuestKind;

/// All that goes into the HMAC beside the digest.
struct Frame {
    TransportKey tik;
    std::array<std::uint8_t, 16> nonce{};
    legacy::PlatformBuild build;
    legacy::Policy policy = 0;
    std::optional<legacy::LaunchMeasure> seen;
};

Result<std::uint8_t> versionPart(const Invocation &asked, const std::string &option, const std::optional<std::uint64_t> &said)
{
    if (!asked.has(option) && !said)
        return badInput("compute a launch measurement", {},
            "--" + option + " is missing: the version of the platform's firmware goes into it",
            "Give --api-major, --api-minor and --build-id, or --domlaunchsecinfo FILE.");
    KASTELLAN_ASSIGN(const std::uint64_t number, wordNumber(asked, option, said.value_or(0), 255));
    return static_cast<std::uint8_t>(number & 0xff);
}

Result<Frame> frameOf(const Invocation &asked)
{
    Frame frame;
    LaunchInfo info;
    if (asked.has("domlaunchsecinfo")) {
        const std::string file = asked.value("domlaunchsecinfo");
        KASTELLAN_ASSIGN(const Bytes text, readFile(file == "-" ? "/dev/stdin" : file, 1u << 20));
        KASTELLAN_ASSIGN(info, launchInfo(asText(text), file));
    }
    KASTELLAN_ASSIGN(frame.tik, transportKey(asked, "tik"));
    KASTELLAN_ASSIGN(frame.build.apiMajor, versionPart(asked, "api-major", info.apiMajor));
    KASTELLAN_ASSIGN(frame.build.apiMinor, versionPart(asked, "api-minor", info.apiMinor));
    KASTELLAN_ASSIGN(frame.build.build, versionPart(asked, "build-id", info.build));
    if (!asked.has("policy") && !info.policy)
        return badInput(
            "compute a launch measurement", {}, "the guest policy is missing", "Give --policy, as it was given to owner session.");
    KASTELLAN_ASSIGN(frame.policy, legacy::parsePolicy(asked.has("policy") ? asked.value("policy") : std::to_string(*info.policy)));
    if (asked.has("policy") && info.policy && *info.policy != frame.policy)
        note(std::format("warning: the host says that the policy is {}, not {}\n",
            legacy::policyText(static_cast<legacy::Policy>(*info.policy)), legacy::policyText(frame.policy)));
    Bytes blob = info.measurement.value_or(Bytes{});
    if (asked.has("launch-measure-blob")) {
        KASTELLAN_ASSIGN(blob, bytesOrFile(asked.value("launch-measure-blob"), 48, "--launch-measure-blob"));
    }
    if (!blob.empty()) {
        KASTELLAN_ASSIGN(frame.seen, legacy::LaunchMeasure::parse(blob, "the launch measurement"));
        frame.nonce = frame.seen->nonce;
    }
    if (asked.has("nonce")) {
        KASTELLAN_ASSIGN(const Bytes nonce, bytesOrFile(asked.value("nonce"), 16, "--nonce"));
        std::ranges::copy(nonce, frame.nonce.begin());
    } else if (blob.empty()) {
        return badInput(
            "compute a launch measurement", {}, "the nonce is missing: the host chooses it", "Give --launch-measure-blob, or --nonce.");
    }
    return frame;
}

/// One of two options with the same meaning.
std::string either(const Invocation &asked, const char *one, const char *other)
{
    return asked.has(one) ? asked.value(one) : asked.value(other);
}

Result<sev::LaunchParameters> parametersOf(const Invocation &asked, legacy::Policy policy)
{
    KASTELLAN_ASSIGN(sev::DerivedLaunch derived, launchFrom(asked, (policy & 4) ? GuestKind::SevEs : GuestKind::Sev));
    sev::LaunchParameters &parameters = derived.parameters;
    parameters.ovmf = either(asked, "firmware", "ovmf");
    parameters.append = either(asked, "cmdline", "append");
    if (asked.has("num-cpus")) {
        KASTELLAN_ASSIGN(const std::uint64_t count, wordNumber(asked, "num-cpus", 1, sev::mostVcpus));
        parameters.vcpus = static_cast<unsigned>(count);
    }
    return parameters;
}

/// With the VMSAs from files, as sevctl does it.
Result<Sha256> digestWithVmsas(const Invocation &asked, const sev::LaunchParameters &parameters)
{
    sev::LaunchParameters plain = parameters;
    plain.kind = GuestKind::Sev;
    KASTELLAN_ASSIGN(const sev::Launch launch, sev::Launch::open(plain));
    Sha256Stream stream;
    stream.add(launch.ovmf().image());
    if (launch.machine().boot) {
        KASTELLAN_TRY(launch.measure()); // says what is wrong with the firmware
        stream.add(sev::buildHashTable(*launch.machine().boot));
    }
    for (unsigned number = 0; number < parameters.vcpus.value_or(1); ++number) {
        const std::string option = number == 0 ? "vmsa-cpu0" : "vmsa-cpu1";
        if (!asked.has(option))
            return badInput("compute a launch digest", {}, "the VMSA of vCPU " + std::to_string(number) + " is not given",
                "Give --" + option + " FILE (owner vmsa build).");
        KASTELLAN_ASSIGN(const Bytes page, readFile(asked.value(option), 65536));
        if (page.size() != sev::pageSize)
            return badInput(
                "compute a launch digest", asked.value(option), "it has " + std::to_string(page.size()) + " bytes, and a VMSA has 4096");
        stream.add(page);
    }
    return stream.finish();
}

struct Expected {
    Sha256 digest;
    std::optional<sev::Launch> launch; ///< where it was computed, so that the search can change it
};

Result<Expected> expectedDigest(const Invocation &asked, legacy::Policy policy)
{
    if (asked.has("launch-digest")) {
        KASTELLAN_ASSIGN(const Bytes digest, bytesOrFile(asked.value("launch-digest"), 32, "--launch-digest"));
        KASTELLAN_ASSIGN(const Sha256 given, Sha256::from(digest, "--launch-digest"));
        return Expected{given, std::nullopt};
    }
    if (!asked.has("firmware") && !asked.has("ovmf"))
        return badInput("compute a launch measurement", {}, "neither the launch digest nor the firmware is given",
            "Give --launch-digest, or --ovmf FILE and what else is measured.");
    KASTELLAN_ASSIGN(const sev::LaunchParameters parameters, parametersOf(asked, policy));
    if (asked.has("vmsa-cpu0") || asked.has("vmsa-cpu1")) {
        KASTELLAN_ASSIGN(const Sha256 digest, digestWithVmsas(asked, parameters));
        return Expected{digest, std::nullopt};
    }
    KASTELLAN_ASSIGN(sev::Launch launch, sev::Launch::open(parameters));
    KASTELLAN_ASSIGN(const Bytes digest, launch.measure());
    KASTELLAN_ASSIGN(const Sha256 measured, Sha256::from(digest, "the launch digest"));
    return Expected{measured, std::move(launch)};
}

/// Another firmware version or policy with the same digest.
std::vector<std::string> explainFrame(const Frame &frame, const Sha256 &digest)
{
    std::vector<std::string> found;
    const auto test = [&](const legacy::PlatformBuild &build, legacy::Policy policy, std::string sentence) {
        if (found.size() < 4 && legacy::launchMeasurement(frame.tik.bytes, build, policy, digest, frame.nonce) == frame.seen->measure)
            found.push_back(std::move(sentence));
    };
    for (unsigned bits = 0; bits < 64; ++bits)
        if (const legacy::Policy policy = (frame.policy & ~legacy::Policy{0x3f}) | bits; policy != frame.policy)
            test(frame.build, policy,
                "It is the measurement of a guest with the policy " + legacy::policyText(policy) + " instead of "
                    + legacy::policyText(frame.policy) + ".");
    for (unsigned major = 0; major < 2 && found.empty(); ++major)
        for (unsigned minor = 0; minor < 256; ++minor)
            for (unsigned build = 0; build < 256; ++build)
                test({static_cast<std::uint8_t>(major), static_cast<std::uint8_t>(minor), static_cast<std::uint8_t>(build)}, frame.policy,
                    std::format("It is the measurement by firmware {}.{} build {} instead of {}.{} build {}.", major, minor, build,
                        frame.build.apiMajor, frame.build.apiMinor, frame.build.build));
    return found;
}

Result<std::vector<std::string>> explainMeasurement(const Invocation &asked, const Frame &frame, Expected &expected)
{
    std::vector<std::string> sentences = explainFrame(frame, expected.digest);
    if (!sentences.empty() || !expected.launch)
        return sentences;
    const std::filesystem::path folder = std::filesystem::path(expected.launch->parameters().ovmf).parent_path();
    KASTELLAN_TRY(expected.launch->addCandidates(folder.empty() ? std::filesystem::path(".") : folder));
    for (const std::string &candidate : asked.values("candidates"))
        KASTELLAN_TRY(expected.launch->addCandidates(candidate));
    const auto seen = [&](ByteView digest) {
        Sha256 launch;
        std::ranges::copy(digest, launch.bytes.begin());
        return legacy::launchMeasurement(frame.tik.bytes, frame.build, frame.policy, launch, frame.nonce) == frame.seen->measure;
    };
    for (const sev::Explanation &one : expected.launch->explain(seen))
        sentences.push_back(one.sentence());
    return sentences;
}

} // namespace

Result<int> ownerMeasurement(const Invocation &asked)
{
    KASTELLAN_ASSIGN(const Frame frame, frameOf(asked));
    KASTELLAN_ASSIGN(Expected expected, expectedDigest(asked, frame.policy));
    legacy::LaunchMeasure measure;
    measure.measure = legacy::launchMeasurement(frame.tik.bytes, frame.build, frame.policy, expected.digest, frame.nonce);
    measure.nonce = frame.nonce;
    const bool matches = !frame.seen || equalConstantTime(frame.seen->measure.view(), measure.measure.view());
    std::vector<std::string> sentences;
    if (!matches) {
        KASTELLAN_ASSIGN(sentences, explainMeasurement(asked, frame, expected));
    }
    if (asked.has("outfile"))
        KASTELLAN_TRY(writeExport(asked.value("outfile"), measure.bytes(), asked.has("force")));
    const int code = matches ? exit_code::done : exit_code::negative;
    if (asked.has("json")) {
        js::Out value = {{"measurement", toBase64(measure.bytes())}, {"launch_digest", toHex(expected.digest.view())},
            {"policy", std::format("{:#x}", frame.policy)}};
        if (frame.seen) {
            value["seen"] = toBase64(frame.seen->bytes());
            value["matches"] = matches;
            value["explanations"] = sentences;
        }
        printJson(value);
        return code;
    }
    if (!asked.has("outfile"))
        print(toBase64(measure.bytes()) + "\n");
    if (frame.seen && matches)
        note("It is the measurement of the host: the guest was launched with exactly this.\n");
    if (!matches) {
        note("It is NOT the measurement of the host, " + toBase64(frame.seen->bytes()) + ". Give this guest no secret.\n");
        for (const std::string &sentence : sentences)
            note(inLine(sentence) + "\n");
        if (sentences.empty())
            note("Nothing that was tried explains it: policy, firmware version"
                + std::string(
                    expected.launch ? ", vCPUs, their model and VMSAs, kernel hashes, command line, initrd and other firmware" : "")
                + ". Check that the TIK is that of this guest's session.\n");
    }
    return code;
}

} // namespace kastellan::keepctl
