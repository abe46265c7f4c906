// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/fd.h"
#include "core/workload/workload.h"

#include <optional>
#include <string>

namespace kastellan::warden {

/// What was delivered, as files below the keep's own /run: the module, its ahead-of-time code, a folder of secrets. The configuration stays
/// in memory. Only the warden can write there; the runner reads.
class KeepStore {
public:
    /// `secrets`: whether any may be delivered.
    explicit KeepStore(std::string folder, bool secrets = true)
        : m_folder(std::move(folder))
        , m_takesSecrets(secrets)
    {
    }
    ~KeepStore() { clear(); }
    KeepStore(const KeepStore &) = delete;
    KeepStore &operator=(const KeepStore &) = delete;

    [[nodiscard]] Status begin(const DeliveryItem &item);
    [[nodiscard]] Status add(ByteView data);
    [[nodiscard]] Status end();
    /// Whether a keep can run what came: a module that runs, a configuration that reads, the secrets that it names and no others.
    [[nodiscard]] Status check(const std::vector<DeliveryItem> &items);
    /// Removes everything.
    void clear();

    [[nodiscard]] const KeepConfig &config() const { return m_config; }
    [[nodiscard]] std::string modulePath() const { return m_folder + "/module.wasm"; }
    [[nodiscard]] std::string compiledPath() const { return m_folder + "/module.so"; }
    [[nodiscard]] std::string secretsPath() const { return m_folder + "/secrets"; }
    /// The note of the ahead-of-time code, if there is any.
    [[nodiscard]] const std::optional<std::string> &compiledNote() const { return m_compiledNote; }
    [[nodiscard]] const Sha256 &moduleDigest() const { return m_moduleDigest; }

private:
    [[nodiscard]] Status checkModule() const;

    std::string m_folder, m_path;
    bool m_takesSecrets;
    Fd m_file;
    bool m_configuring = false;
    Bytes m_configuration;
    KeepConfig m_config;
    Sha256 m_moduleDigest;
    std::optional<std::string> m_compiledNote;
    std::vector<std::string> m_secrets;
};

} // namespace kastellan::warden
