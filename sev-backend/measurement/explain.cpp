// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/measurement/explain.h"

#include "core/base/digest.h"
#include "sev-backend/measurement/explain_variants.h"
#include "sev-backend/measurement/launch_measurement.h"

#include <algorithm>
#include <map>
#include <set>

namespace kastellan::sev {
namespace {

constexpr std::size_t mostExplanations = 8;

/// The digests of machines, with what they share computed once: each firmware's pages, the state after the metadata.
class Digests {
public:
    explicit Digests(const Believed &believed)
        : m_believed(believed)
    {
        m_firmware.resize(1 + believed.otherFirmware.size());
    }

    /// Tells `found` every number of vCPUs from `first` to `last` at which the digest passes the test.
    void test(const Tried &tried, unsigned first, unsigned last, const DigestTest &seen, const std::function<void(unsigned)> &found)
    {
        switch (tried.kind) {
        case GuestKind::Snp:
        case GuestKind::SnpSvsm:
            return snp(tried, first, last, seen, found);
        case GuestKind::Sev:
        case GuestKind::SevEs:
            return legacy(tried, first, last, seen, found);
        }
    }

private:
    const Ovmf &firmware(std::size_t number) const
    {
        return number == 0 ? *m_believed.ovmf : m_believed.otherFirmware[number - 1].firmware;
    }

    LaunchDigest firmwareDigest(const Tried &tried)
    {
        if (tried.parameters.ovmfDigest)
            return *tried.parameters.ovmfDigest;
        auto &known = m_firmware[tried.firmware];
        if (!known)
            known = measureOvmfPages(firmware(tried.firmware));
        return *known;
    }

    /// The state before the first VMSA; nothing for a machine that can't be.
    std::optional<LaunchDigest> memory(const Tried &tried)
    {
        Bytes key{static_cast<std::uint8_t>(tried.firmware), static_cast<std::uint8_t>(tried.parameters.vmm),
            static_cast<std::uint8_t>(tried.parameters.ovmfDigest.has_value())};
        if (tried.parameters.boot)
            for (const Sha256 *hash : {&tried.parameters.boot->kernel, &tried.parameters.boot->initrd, &tried.parameters.boot->commandLine})
                key.insert(key.end(), hash->bytes.begin(), hash->bytes.end());
        if (const auto known = m_memory.find(key); known != m_memory.end())
            return known->second;
        std::optional<LaunchDigest> digest;
        const Ovmf &ovmf = firmware(tried.firmware);
        if (ovmf.image().size() % pageSize == 0) {
            VmParameters parameters = tried.parameters;
            parameters.ovmfDigest = firmwareDigest(tried);
            if (const auto measured = measureSnpMemory(ovmf, parameters))
                digest = *measured;
        }
        m_memory.emplace(std::move(key), digest);
        return digest;
    }

    /// With an SVSM: the state before the first VMSA, and the page of each of them.
    std::optional<std::pair<LaunchDigest, Bytes>> svsm(const Tried &tried)
    {
        const Ovmf &ovmf = firmware(tried.firmware);
        const auto place = placeSvsm(ovmf, *m_believed.svsm, tried.varsSize);
        if (!place || ovmf.image().size() % pageSize)
            return std::nullopt;
        const std::pair key{tried.firmware, tried.varsSize};
        if (!m_svsm.contains(key)) {
            VmParameters parameters;
            parameters.ovmfDigest = firmwareDigest(tried);
            parameters.vcpus = 0;
            const auto measured = measureSvsm(ovmf, *m_believed.svsm, tried.varsSize, parameters);
            m_svsm.emplace(key, measured ? std::optional(*measured) : std::nullopt);
        }
        const auto &memory = m_svsm.at(key);
        return memory ? std::optional(std::pair{*memory, svsmVmsaPage(tried.parameters.cpuSignature, place->entry)}) : std::nullopt;
    }

    void snp(const Tried &tried, unsigned first, unsigned last, const DigestTest &seen, const std::function<void(unsigned)> &found)
    {
        std::optional<LaunchDigest> start;
        Sha384 boots, others;
        bool several = last > 1;
        if (tried.kind == GuestKind::SnpSvsm) {
            const auto state = svsm(tried);
            if (!state)
                return;
            start = state->first;
            boots = others = sha384(state->second);
        } else {
            start = memory(tried);
            const auto reset = firmware(tried.firmware).apResetAddress();
            const auto page = vmsaPage(tried.parameters, 0, reset, true);
            if (!start || !page)
                return;
            boots = sha384(*page);
            if (several) {
                const auto other = vmsaPage(tried.parameters, 1, reset, true);
                several = other.has_value();
                if (several)
                    others = sha384(*other);
            }
        }
        LaunchMeasurement digest(*start);
        for (unsigned count = 1; count <= last && (count == 1 || several); ++count) {
            digest.addHashed(PageType::Vmsa, vmsaGpa, count == 1 ? boots : others);
            if (count >= first && seen(digest.digest().view()))
                found(count);
        }
    }

    void legacy(const Tried &tried, unsigned first, unsigned last, const DigestTest &seen, const std::function<void(unsigned)> &found)
    {
        const Ovmf &ovmf = firmware(tried.firmware);
        auto &image = m_images[tried.firmware];
        if (!image) {
            image.emplace();
            image->add(ovmf.image());
        }
        Sha256Stream stream = image->copy();
        if (tried.parameters.boot) {
            if (!ovmf.hashTable() || ovmf.hashTable()->gpa == 0)
                return;
            stream.add(buildHashTable(*tried.parameters.boot));
        }
        if (tried.kind == GuestKind::Sev) {
            if (seen(stream.finish().view()))
                found(tried.parameters.vcpus);
            return;
        }
        const auto boots = vmsaPage(tried.parameters, 0, ovmf.apResetAddress(), false);
        const auto others = vmsaPage(tried.parameters, 1, ovmf.apResetAddress(), false);
        for (unsigned count = 1; count <= last; ++count) {
            const auto &page = count == 1 ? boots : others;
            if (!page)
                return;
            stream.add(*page);
            if (count >= first && seen(stream.copy().finish().view()))
                found(count);
        }
    }

    const Believed &m_believed;
    std::vector<std::optional<LaunchDigest>> m_firmware;
    std::map<Bytes, std::optional<LaunchDigest>> m_memory;
    std::map<std::pair<std::size_t, std::uint64_t>, std::optional<LaunchDigest>> m_svsm;
    std::map<std::size_t, std::optional<Sha256Stream>> m_images;
};

class Search {
public:
    Search(const Believed &believed, const DigestTest &seen, std::stop_token stop)
        : m_believed(believed)
        , m_seen(seen)
        , m_stop(std::move(stop))
        , m_variants(variantsOf(believed))
        , m_digests(believed)
        , m_vcpus(believed.parameters.vcpus)
    {
        m_base.kind = believed.kind;
        m_base.parameters = believed.parameters;
        m_base.varsSize = believed.varsSize;
    }

    std::vector<Explanation> run()
    {
        attempt(m_base, {}, false);
        // What is likely first: one change, two of the likely ones, then those of which there are many.
        const std::function<void()> steps[] = {
            [this] { attempt(m_base, {}, true), singles(false, false), singles(true, false); },
            [this] { singles(false, true), pairs(false), singles(true, true); },
            [this] { pairs(true); },
        };
        for (const auto &step : steps) {
            if (!m_found.empty() || m_stop.stop_requested())
                break;
            step();
        }
        return std::move(m_found);
    }

private:
    void singles(bool wide, bool anyVcpus)
    {
        for (const Variant &variant : m_variants) {
            Tried tried = m_base;
            if (variant.wide == wide && variant.apply(tried))
                attempt(tried, {&variant}, anyVcpus);
        }
    }
    void pairs(bool anyVcpus)
    {
        for (std::size_t i = 0; i < m_variants.size(); ++i)
            for (std::size_t j = i + 1; j < m_variants.size(); ++j) {
                const Variant &a = m_variants[i], &b = m_variants[j];
                if (a.wide || b.wide || a.change.what == b.change.what || m_stop.stop_requested())
                    continue;
                // One may make sense only after the other: another kind of guest before its CPU model.
                Tried tried = m_base, other = m_base;
                if (a.apply(tried) && b.apply(tried))
                    attempt(tried, {&a, &b}, anyVcpus);
                else if (b.apply(other) && a.apply(other))
                    attempt(other, {&b, &a}, anyVcpus);
            }
    }
    /// With the believed number of vCPUs, or with any other.
    void attempt(const Tried &tried, const std::vector<const Variant *> &variants, bool anyVcpus)
    {
        if (m_found.size() >= mostExplanations || m_stop.stop_requested() || (anyVcpus && tried.kind == GuestKind::Sev))
            return;
        const unsigned first = anyVcpus ? 1 : m_vcpus, last = anyVcpus ? m_believed.maximumVcpus : m_vcpus;
        m_digests.test(tried, first, last, m_seen, [&](unsigned count) {
            Explanation explanation;
            for (const Variant *variant : variants)
                explanation.changes.push_back(variant->change);
            if (count != m_vcpus)
                explanation.changes.push_back(vcpuChange(m_vcpus, count));
            if (m_found.size() < mostExplanations)
                m_found.push_back(std::move(explanation));
        });
    }

    const Believed &m_believed;
    const DigestTest &m_seen;
    std::stop_token m_stop;
    std::vector<Variant> m_variants;
    Digests m_digests;
    Tried m_base;
    unsigned m_vcpus;
    std::vector<Explanation> m_found;
};

} // namespace

std::string_view name(GuestKind kind)
{
    switch (kind) {
    case GuestKind::Sev:
        return "SEV";
    case GuestKind::SevEs:
        return "SEV-ES";
    case GuestKind::Snp:
        return "SEV-SNP";
    case GuestKind::SnpSvsm:
        return "SEV-SNP with SVSM";
    }
    return "SEV-SNP";
}

std::string Explanation::sentence() const
{
    if (changes.empty())
        return "It is the digest of the machine as it was described.";
    std::string text = "It is the digest of a machine with ";
    for (std::size_t i = 0; i < changes.size(); ++i)
        text += (i == 0 ? "" : i + 1 == changes.size() ? ", and with " : ", with ") + changes[i].phrase;
    return text + ".";
}

std::string Explanation::options() const
{
    std::string text;
    for (const Change &change : changes)
        if (!change.option.empty())
            text += (text.empty() ? "" : " ") + change.option;
    return text;
}

std::vector<Explanation> explain(const Believed &believed, const DigestTest &seen, std::stop_token stop)
{
    return Search(believed, seen, std::move(stop)).run();
}

std::vector<Explanation> explain(const Believed &believed, ByteView seen, std::stop_token stop)
{
    return explain(believed, [seen](ByteView digest) { return std::ranges::equal(digest, seen); }, std::move(stop));
}

} // namespace kastellan::sev
