// SPDX-License-Identifier: Apache-2.0
#include "app/keep-warden/keep_store.h"

#include "core/base/file.h"
#include "core/session/delivery.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace kastellan::warden {
namespace {

constexpr const char *what = "accept a delivery";

/// A file as memory, read only, for as long as it is looked at.
class Mapping {
public:
    explicit Mapping(const std::string &path)
    {
        const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        struct stat status{};
        if (!fd || ::fstat(fd.get(), &status) != 0 || status.st_size == 0)
            return;
        m_size = static_cast<std::size_t>(status.st_size);
        m_data = ::mmap(nullptr, m_size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
    }
    Mapping(const Mapping &) = delete;
    Mapping &operator=(const Mapping &) = delete;
    ~Mapping()
    {
        if (m_data != MAP_FAILED)
            ::munmap(m_data, m_size);
    }
    [[nodiscard]] ByteView view() const
    {
        return m_data == MAP_FAILED ? ByteView() : ByteView(static_cast<const std::uint8_t *>(m_data), m_size);
    }

private:
    void *m_data = MAP_FAILED;
    std::size_t m_size = 0;
};

} // namespace

Status KeepStore::begin(const DeliveryItem &item)
{
    m_configuring = item.name == "configuration";
    if (m_configuring) {
        m_configuration.clear();
        return {};
    }
    if (item.name == "module") {
        m_path = modulePath();
        m_moduleDigest = item.digest;
    } else if (item.name == "module.aot") {
        m_path = compiledPath();
        m_compiledNote = item.note;
    } else {
        if (!m_takesSecrets)
            return fail(ErrorKind::Negative, what, item.name, "this keep runs without evidence, and takes no secrets",
                "Launch it where it can be attested.");
        if (::mkdir(secretsPath().c_str(), 0755) != 0 && errno != EEXIST)
            return systemError(what, secretsPath(), errno);
        m_secrets.push_back(item.name.substr(secretPrefix.size()));
        m_path = secretsPath() + "/" + m_secrets.back();
    }
    ::unlink(m_path.c_str());
    m_file = Fd(::open(m_path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444));
    if (!m_file)
        return systemError(what, m_path, errno);
    return {};
}

Status KeepStore::add(ByteView data)
{
    if (m_configuring) {
        m_configuration.insert(m_configuration.end(), data.begin(), data.end());
        return {};
    }
    if (auto status = writeAll(m_file.get(), data, m_path); !status)
        return std::unexpected(status.error().during(what));
    return {};
}

Status KeepStore::end()
{
    m_file.reset();
    return {};
}

Status KeepStore::checkModule() const
{
    const Mapping module(modulePath());
    KASTELLAN_TRY(admitModule(module.view(), "main.wasm"));
    return {};
}

Status KeepStore::check(const std::vector<DeliveryItem> &)
{
    KASTELLAN_ASSIGN(m_config, parseKeepToml(asText(m_configuration), "Keep.toml"));
    for (const auto &name : m_config.secrets)
        if (std::ranges::find(m_secrets, name) == m_secrets.end())
            return badInput(what, "secret " + name, "Keep.toml asks for it, and it was not delivered", "Give it with --secret.");
    for (const auto &name : m_secrets)
        if (std::ranges::find(m_config.secrets, name) == m_config.secrets.end())
            return badInput(
                what, "secret " + name, "it was delivered, and Keep.toml does not ask for it", "Name it in Keep.toml's list of secrets.");
    return checkModule();
}

void KeepStore::clear()
{
    m_file.reset();
    for (const auto &name : m_secrets)
        ::unlink((secretsPath() + "/" + name).c_str());
    m_secrets.clear();
    ::rmdir(secretsPath().c_str());
    ::unlink(modulePath().c_str());
    ::unlink(compiledPath().c_str());
    m_compiledNote.reset();
    m_configuration.clear();
}

} // namespace kastellan::warden
