// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"
#include "core/base/fd.h"
#include "sev-backend/measurement/vm_measurement.h"

#include <cerrno>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>

namespace kastellan::sev {

Result<Sha256> hashFile(const std::string &path)
{
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd)
        return systemError("hash a file", path, errno);
    struct stat status{};
    if (::fstat(fd.get(), &status) == 0 && S_ISDIR(status.st_mode))
        return badInput("hash a file", path, "it is a folder");
    ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    Sha256Stream stream;
    Bytes block(256 * 1024); // fits the second-level cache, so that each byte is read from memory once
    for (;;) {
        const ssize_t count = ::read(fd.get(), block.data(), block.size());
        if (count < 0) {
            if (errno == EINTR)
                continue;
            return systemError("hash a file", path, errno);
        }
        if (count == 0)
            return stream.finish();
        stream.add(ByteView(block).first(static_cast<std::size_t>(count)));
    }
}

Result<BootHashes> hashBoot(const std::string &kernel, const std::string &initrd, std::string_view commandLine)
{
    Result<Sha256> kernelHash = Sha256{};
    std::thread other([&] { kernelHash = hashFile(kernel); });
    const Result<Sha256> initrdHash = initrd.empty() ? Result<Sha256>(emptyInitrdHash()) : hashFile(initrd);
    other.join();
    if (!kernelHash)
        return std::unexpected(kernelHash.error());
    if (!initrdHash)
        return std::unexpected(initrdHash.error());
    return BootHashes{*kernelHash, *initrdHash, commandLineHash(commandLine)};
}

} // namespace kastellan::sev
