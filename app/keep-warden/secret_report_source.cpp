// SPDX-License-Identifier: Apache-2.0
#include "app/keep-warden/secret_report_source.h"

#include "core/base/fd.h"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <openssl/crypto.h>
#include <unistd.h>

namespace kastellan::warden {

Result<std::unique_ptr<ReportSource>> SecretReportSource::take(const std::string &folder)
{
    constexpr const char *what = "take the session secret";
    const std::string path = folder + "/" + sessionSecretGuid;
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file && errno == ENOENT)
        return std::unique_ptr<ReportSource>();
    if (!file)
        return systemError(what, path, errno);
    std::array<std::uint8_t, 128> buffer{}; // more than it has: a longer one is noticed
    std::size_t size = 0;
    int error = 0;
    while (size < buffer.size()) {
        const ssize_t count = ::read(file.get(), buffer.data() + size, buffer.size() - size);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            error = errno;
        if (count <= 0)
            break;
        size += static_cast<std::size_t>(count);
    }
    const bool removed = ::unlink(path.c_str()) == 0;
    const int why = errno;
    auto secret = SessionSecret::parse(ByteView(buffer).first(size));
    OPENSSL_cleanse(buffer.data(), buffer.size());
    if (error)
        return systemError(what, path, error);
    if (!removed)
        return systemError("have the kernel wipe the session secret", path, why);
    if (!secret)
        return std::unexpected(secret.error().during(what));
    return std::unique_ptr<ReportSource>(new SecretReportSource(*secret));
}

} // namespace kastellan::warden
