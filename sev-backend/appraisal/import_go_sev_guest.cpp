// SPDX-License-Identifier: Apache-2.0
#include "core/workload/text.h"
#include "sev-backend/appraisal/policy_import.h"
#include "sev-backend/appraisal/textproto.h"

#include <algorithm>
#include <functional>
#include <unordered_map>

namespace kastellan::sev {
namespace {

using Kind = ProtoField::Kind;

/// What stands in the two messages, before it is joined.
struct Read {
    std::string_view file;
    ImportedPolicy result;
    std::optional<std::uint64_t> guestPolicy, minimumTcb, minimumLaunchTcb;
    bool requireAuthorKey = false, requireIdBlock = false, permitProvisional = false, checkCrl = false;
    std::string productLine;

    std::unexpected<Error> refuse(const ProtoField &field, const std::string &why, std::string remedy = {}) const
    {
        return badInput("import the policy of go-sev-guest", std::string(file) + ", line " + std::to_string(field.line),
            "'" + workload::shown(field.name, 60) + "' " + why, std::move(remedy));
    }
    void note(std::string text) { result.notes.push_back(std::move(text)); }
};
using Handler = std::function<Status(Read &, const ProtoField &)>;
using Handlers = std::unordered_map<std::string_view, Handler>;

Status message(Read &read, const std::vector<ProtoField> &fields, const Handlers &handlers)
{
    for (const auto &field : fields) {
        const auto at = handlers.find(field.name);
        if (at == handlers.end()) {
            std::vector<std::string_view> names;
            for (const auto &[name, handler] : handlers)
                names.push_back(name);
            std::ranges::sort(names);
            const std::string_view near = workload::nearest(field.name, names);
            return read.refuse(field, "is not known", near.empty() ? std::string() : "Did you mean '" + std::string(near) + "'?");
        }
        KASTELLAN_TRY(at->second(read, field));
    }
    return {};
}

Handler inside(const Handlers &handlers)
{
    return [&handlers](Read &read, const ProtoField &field) -> Status {
        if (field.kind != Kind::Message)
            return read.refuse(field, "has to be a message: { … }");
        return message(read, field.fields, handlers);
    };
}

Result<std::uint64_t> number(const Read &read, const ProtoField &field, std::uint64_t most)
{
    const auto value = field.kind == Kind::Number ? protoNumber(field.text) : std::nullopt;
    if (!value || *value > most)
        return read.refuse(field, "has to be a whole number from 0 to " + std::to_string(most));
    return *value;
}

/// A number in a wrapper message: { value: 1 }.
Result<std::uint64_t> wrapped(const Read &read, const ProtoField &field, std::uint64_t most)
{
    if (field.kind != Kind::Message)
        return number(read, field, most);
    if (field.fields.empty())
        return 0;
    if (field.fields.size() != 1 || field.fields[0].name != "value")
        return read.refuse(field, "has to be { value: NUMBER }");
    return number(read, field.fields[0], most);
}

template <typename Act>
Handler flag(Act act)
{
    return [act](Read &read, const ProtoField &field) -> Status {
        const bool yes = field.text == "true" || field.text == "True" || field.text == "t" || field.text == "1";
        const bool no = field.text == "false" || field.text == "False" || field.text == "f" || field.text == "0";
        if ((field.kind != Kind::Word && field.kind != Kind::Number) || (!yes && !no))
            return read.refuse(field, "has to be true or false");
        act(read, yes);
        return {};
    };
}

/// Bytes of a fixed length; none at all means "not compared".
template <typename Fixed>
Handler fixed(std::function<std::vector<Fixed> &(Policy &)> target)
{
    return [target = std::move(target)](Read &read, const ProtoField &field) -> Status {
        if (field.kind != Kind::Text)
            return read.refuse(field, "has to be a text of bytes");
        if (field.text.empty())
            return {};
        auto value = Fixed::from(asBytes(field.text), field.name);
        if (!value)
            return read.refuse(field, "has " + std::to_string(field.text.size()) + " bytes, and needs " + std::to_string(Fixed::size));
        target(read.result.policy).push_back(*value);
        return {};
    };
}

Handler keyCertificate(std::function<std::vector<KeyDigest> &(Policy &)> target)
{
    return [target = std::move(target)](Read &read, const ProtoField &field) -> Status {
        if (field.kind != Kind::Text)
            return read.refuse(field, "has to be a text of bytes");
        const auto digest = keyDigestOfCertificate(asBytes(field.text));
        if (!digest)
            return read.refuse(field, "is no certificate of a key on P-384: " + digest.error().why);
        target(read.result.policy).push_back(*digest);
        return {};
    };
}

std::optional<Product> productFromName(std::string_view name)
{
    for (const auto product : {Product::Milan, Product::Genoa, Product::Turin})
        if (name == sev::name(product))
            return product;
    return {};
}

Status platformInfo(Read &read, const ProtoField &field)
{
    KASTELLAN_ASSIGN(const std::uint64_t word, wrapped(read, field, UINT64_MAX));
    if (const auto bit = PlatformInfo(word).reservedBit())
        return read.refuse(field, "has the reserved bit " + std::to_string(*bit) + " set");
    auto &target = read.result.policy.platformInfo;
    target.allowed = word & maskOf(permissivePlatformBits);
    // A set TSME bit allows it there, and does not demand it.
    target.required = word & maskOf(protectivePlatformBits) & ~(std::uint64_t{1} << PlatformInfo::TsmeEnabled);
    return {};
}

Status minimumVersion(Read &read, const ProtoField &field)
{
    if (field.text.empty() && field.kind == Kind::Text)
        return {};
    const auto dot = field.text.find('.');
    const auto part = [&](std::size_t from, std::size_t size) -> std::optional<std::uint64_t> {
        const std::string digits = field.text.substr(from, size);
        const std::size_t first = std::min(digits.find_first_not_of('0'), digits.empty() ? 0 : digits.size() - 1);
        const auto value = protoNumber(std::string_view(digits).substr(first)); // "08" is decimal here
        return value && *value < 256 && !digits.empty() ? value : std::nullopt;
    };
    const auto major = dot == std::string::npos ? std::nullopt : part(0, dot);
    const auto minor = dot == std::string::npos ? std::nullopt : part(dot + 1, std::string::npos);
    if (field.kind != Kind::Text || !major || !minor)
        return read.refuse(field, "has to be a text \"major.minor\", each 0 to 255");
    read.result.policy.firmware.minimumVersion =
        FirmwareVersion{.build = 0, .minor = static_cast<std::uint8_t>(*minor), .major = static_cast<std::uint8_t>(*major)};
    return {};
}

const Handlers &productHandlers()
{
    static const auto stepping = [](Read &read, const ProtoField &field) -> Status {
        KASTELLAN_ASSIGN(const std::uint64_t value, wrapped(read, field, 15));
        read.result.policy.steppings = {static_cast<std::uint8_t>(value)};
        return {};
    };
    static const Handlers handlers = {
        {"name",
            [](Read &read, const ProtoField &field) -> Status {
                constexpr std::pair<std::string_view, Product> names[] = {{"SEV_PRODUCT_MILAN", Product::Milan},
                    {"SEV_PRODUCT_GENOA", Product::Genoa}, {"SEV_PRODUCT_TURIN", Product::Turin}, {"1", Product::Milan},
                    {"2", Product::Genoa}, {"3", Product::Turin}};
                for (const auto &[name, product] : names)
                    if (field.text == name) {
                        read.result.policy.products = {product};
                        return {};
                    }
                if (field.text == "SEV_PRODUCT_UNKNOWN" || field.text == "0")
                    return {};
                return read.refuse(field, "is no product that is known: " + workload::shown(field.text, 40));
            }},
        {"stepping", stepping},
        {"machine_stepping", stepping},
    };
    return handlers;
}

const Handlers &policyHandlers()
{
    static const Handlers handlers = {
        {"minimum_guest_svn",
            [](Read &read, const ProtoField &field) -> Status {
                KASTELLAN_ASSIGN(const std::uint64_t value, number(read, field, UINT32_MAX));
                read.result.policy.launch.minimumGuestSvn = static_cast<std::uint32_t>(value);
                return {};
            }},
        {"policy",
            [](Read &read, const ProtoField &field) -> Status {
                KASTELLAN_ASSIGN(const std::uint64_t value, number(read, field, UINT64_MAX));
                if (const auto invalid = GuestPolicy(value).invalid())
                    return read.refuse(field, "is no guest policy: " + *invalid);
                read.guestPolicy = value;
                return {};
            }},
        {"family_id", fixed<BlockId>([](Policy &policy) -> auto & { return policy.launch.familyIds; })},
        {"image_id", fixed<BlockId>([](Policy &policy) -> auto & { return policy.launch.imageIds; })},
        {"vmpl",
            [](Read &read, const ProtoField &field) -> Status {
                KASTELLAN_ASSIGN(const std::uint64_t value, wrapped(read, field, 3));
                read.result.policy.report.vmpls = {static_cast<std::uint32_t>(value)};
                return {};
            }},
        {"minimum_tcb",
            [](Read &read, const ProtoField &field) -> Status {
                KASTELLAN_ASSIGN(read.minimumTcb, number(read, field, UINT64_MAX));
                return {};
            }},
        {"minimum_launch_tcb",
            [](Read &read, const ProtoField &field) -> Status {
                KASTELLAN_ASSIGN(read.minimumLaunchTcb, number(read, field, UINT64_MAX));
                return {};
            }},
        {"platform_info", platformInfo},
        {"require_author_key", flag([](Read &read, bool value) { read.requireAuthorKey = value; })},
        {"report_data", fixed<ReportData>([](Policy &policy) -> auto & { return policy.report.data; })},
        {"measurement", fixed<LaunchDigest>([](Policy &policy) -> auto & { return policy.launch.digests; })},
        {"host_data", fixed<HostData>([](Policy &policy) -> auto & { return policy.report.hostData; })},
        {"report_id", fixed<ReportId>([](Policy &policy) -> auto & { return policy.report.ids; })},
        {"report_id_ma", fixed<ReportId>([](Policy &policy) -> auto & { return policy.report.agentIds; })},
        {"chip_id", fixed<ChipId>([](Policy &policy) -> auto & { return policy.report.chipIds; })},
        {"minimum_build",
            [](Read &read, const ProtoField &field) -> Status {
                KASTELLAN_ASSIGN(const std::uint64_t value, number(read, field, 255));
                read.result.policy.firmware.minimumBuild = static_cast<std::uint8_t>(value);
                return {};
            }},
        {"minimum_version", minimumVersion},
        {"permit_provisional_firmware", flag([](Read &read, bool value) { read.permitProvisional = value; })},
        {"require_id_block", flag([](Read &read, bool value) { read.requireIdBlock = value; })},
        {"trusted_author_keys", keyCertificate([](Policy &policy) -> auto & { return policy.idBlock.authorKeys; })},
        {"trusted_author_key_hashes", fixed<KeyDigest>([](Policy &policy) -> auto & { return policy.idBlock.authorKeys; })},
        {"trusted_id_keys", keyCertificate([](Policy &policy) -> auto & { return policy.idBlock.idKeys; })},
        {"trusted_id_key_hashes", fixed<KeyDigest>([](Policy &policy) -> auto & { return policy.idBlock.idKeys; })},
        {"product", inside(productHandlers())},
    };
    return handlers;
}

const Handlers &rootHandlers()
{
    static const auto product = [](Read &read, const ProtoField &field) -> Status {
        if (field.kind != Kind::Text)
            return read.refuse(field, "has to be a text");
        // "Milan-B0" was once accepted: the line is what counts.
        if (!field.text.empty() && !productFromName(field.text.substr(0, field.text.find('-'))))
            return read.refuse(field, "is no product that is known: " + workload::shown(field.text, 40));
        if (field.name == "product_line" || read.productLine.empty())
            read.productLine = field.text.substr(0, field.text.find('-'));
        return {};
    };
    static const auto bundle = [](Read &read, const ProtoField &field) -> Status {
        read.note("root_of_trust." + field.name
            + ": not carried over; only AMD's roots, which are built in, or one emulated root by its fingerprint are accepted here");
        return {};
    };
    static const Handlers handlers = {
        {"product", product},
        {"product_line", product},
        {"cabundle_paths", bundle},
        {"cabundles", bundle},
        {"check_crl", flag([](Read &read, bool value) { read.checkCrl = value; })},
        {"disallow_network", flag([](Read &read, bool value) {
             if (value)
                 read.note("root_of_trust.disallow_network: nothing to carry over; an appraisal never uses the network");
         })},
    };
    return handlers;
}

void floors(Read &read, std::string_view field, const std::optional<std::uint64_t> &word, TcbLayout layout, TcbFloors &target)
{
    if (!word || *word == 0)
        return;
    TcbBytes bytes;
    storeLe<std::uint64_t>(bytes.bytes, 0, *word);
    const TcbVersion tcb(bytes, layout);
    for (const auto part : TcbVersion::parts(layout))
        target.general.emplace_back(part, tcb.part(part).value_or(0));
    if (!tcb.reservedClear())
        read.note("policy." + std::string(field) + ": levels of parts that are reserved are not carried over (no firmware has them)");
}

Status join(Read &read)
{
    Policy &policy = read.result.policy;
    policy.root = "amd";
    if (read.checkCrl)
        policy.require.emplace_back("chain.crl");
    if (const auto product = productFromName(read.productLine); product && policy.products.empty())
        policy.products = {*product};
    else if (policy.products.empty())
        read.note("root_of_trust.product_line: not given; go-sev-guest then takes Milan, and here every product that is known is accepted");
    if (read.guestPolicy) {
        policy.guestPolicy.allowed = *read.guestPolicy & maskOf(permissiveBits);
        policy.guestPolicy.required = *read.guestPolicy & maskOf(protectiveBits);
        policy.guestPolicy.minimumAbi = {GuestPolicy(*read.guestPolicy).abiMajor(), GuestPolicy(*read.guestPolicy).abiMinor()};
    } else {
        read.note(
            "policy.policy: not given; go-sev-guest refuses such a policy, and here only debugging and migration agents stay refused");
    }
    const TcbLayout layout = policy.products == std::vector{Product::Turin} ? TcbLayout::Turin : TcbLayout::Milan;
    floors(read, "minimum_tcb", read.minimumTcb, layout, policy.tcb.minimum);
    floors(read, "minimum_launch_tcb", read.minimumLaunchTcb, layout, policy.tcb.launch);
    policy.firmware.allowProvisional = read.permitProvisional;

    auto &block = policy.idBlock;
    const auto impossible = [&](const std::string &why) {
        return badInput("import the policy of go-sev-guest", std::string(read.file), why, "Name the keys that are trusted.");
    };
    if (read.requireAuthorKey && block.authorKeys.empty())
        return impossible("'require_author_key' is set and no author key is trusted, so that nothing can meet it");
    if (read.requireIdBlock && block.idKeys.empty() && block.authorKeys.empty())
        return impossible("'require_id_block' is set and no key is trusted, so that nothing can meet it");
    if (!read.requireAuthorKey && !read.requireIdBlock && (!block.idKeys.empty() || !block.authorKeys.empty())) {
        block.idKeys.clear();
        block.authorKeys.clear();
        read.note("policy.trusted_id_keys, trusted_author_keys and their hashes: not carried over; without require_id_block or "
                  "require_author_key go-sev-guest never compares them, and here listed keys are always held to");
    }
    block.required = read.requireIdBlock || read.requireAuthorKey;
    block.authorRequired = read.requireAuthorKey;
    return {};
}

} // namespace

Result<ImportedPolicy> importGoSevGuest(std::string_view text, std::string_view name)
{
    KASTELLAN_ASSIGN(const std::vector<ProtoField> fields, parseTextProto(text, name));
    static const Handlers handlers = {{"root_of_trust", inside(rootHandlers())}, {"policy", inside(policyHandlers())}};
    Read read;
    read.file = name;
    read.result.policy.name = "imported from go-sev-guest";
    KASTELLAN_TRY(message(read, fields, handlers));
    KASTELLAN_TRY(join(read));
    return std::move(read.result);
}

} // namespace kastellan::sev
