// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.h"
#include "sev-backend/machine/launch.h"

#include <algorithm>

namespace kastellan::sev {

namespace fs = std::filesystem;

namespace {
constexpr std::size_t mostCandidates = 64;
}

Status Launch::addCandidates(const fs::path &fileOrFolder)
{
    std::error_code failed;
    const fs::path given = fs::weakly_canonical(m_parameters.ovmf, failed);
    std::vector<fs::path> files;
    if (fs::is_directory(fileOrFolder, failed)) {
        for (auto entry = fs::directory_iterator(fileOrFolder, fs::directory_options::skip_permission_denied, failed);
            !failed && entry != fs::directory_iterator(); entry.increment(failed))
            if (entry->is_regular_file(failed))
                files.push_back(entry->path());
        if (failed)
            return environment("look for other firmware", fileOrFolder.string(), failed.message());
        std::ranges::sort(files);
    } else {
        if (!fs::exists(fileOrFolder, failed))
            return badInput("look for other firmware", fileOrFolder.string(), "there is no such file or folder");
        files.push_back(fileOrFolder);
    }
    for (const fs::path &file : files) {
        if (m_candidates.size() >= mostCandidates)
            return {};
        const std::uint64_t size = fs::file_size(file, failed);
        if (failed || size < 4096 || size > firmwareLimit || size % 4096 || fs::weakly_canonical(file, failed) == given)
            continue;
        auto image = readFile(file, firmwareLimit);
        if (image && Ovmf::parse(*image, file.string()))
            m_candidates.emplace_back(file.string(), std::move(*image));
    }
    return {};
}

std::vector<Explanation> Launch::explain(const DigestTest &seen, std::stop_token stop) const
{
    Believed believed;
    believed.kind = kind();
    believed.ovmf = &*m_ovmf;
    believed.svsm = svsm();
    believed.varsSize = m_parameters.varsSize.value_or(0);
    believed.parameters = m_machine;
    believed.files = m_files;
    if (m_files)
        believed.commandLine = m_parameters.append;
    for (const auto &[name, image] : m_candidates)
        if (auto firmware = Ovmf::parse(image, name))
            believed.otherFirmware.push_back({name, std::move(*firmware)});
    return sev::explain(believed, seen, std::move(stop));
}

std::vector<Explanation> Launch::explain(ByteView seen, std::stop_token stop) const
{
    return explain([seen](ByteView digest) { return std::ranges::equal(digest, seen); }, std::move(stop));
}

Result<std::vector<Explanation>> explainLaunch(const LaunchParameters &parameters, ByteView seen, std::stop_token stop)
{
    KASTELLAN_ASSIGN(Launch launch, Launch::open(parameters));
    const fs::path folder = fs::path(parameters.ovmf).parent_path();
    KASTELLAN_TRY(launch.addCandidates(folder.empty() ? fs::path(".") : folder));
    return launch.explain(seen, std::move(stop));
}

} // namespace kastellan::sev
