// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/presenter/answer_calls.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace kastellan::sev {
namespace {

constexpr std::size_t writeLimit = 4096; // configfs: a page
constexpr std::size_t readLimit = 64 * 1024; // of registers
constexpr std::size_t registerSize = 8;

bool namesOffset(int call)
{
    return call == SYS_pread64 || call == SYS_pwrite64 || call == SYS_preadv || call == SYS_pwritev || call == SYS_preadv2
        || call == SYS_pwritev2;
}

/// The bytes that a call writes, at most a page of them; nothing when they cannot be read.
std::optional<Bytes> written(Caller &caller, const SystemCall &call)
{
    const std::uint64_t count = call.arguments[2];
    if (call.number == SYS_write || call.number == SYS_pwrite64) {
        Bytes bytes(std::min<std::uint64_t>(count, writeLimit));
        return caller.read(call.arguments[1], bytes) ? std::optional(std::move(bytes)) : std::nullopt;
    }
    constexpr std::uint64_t mostPieces = 64;
    std::vector<iovec> pieces(std::min(count, mostPieces));
    if (!caller.read(call.arguments[1], {reinterpret_cast<std::uint8_t *>(pieces.data()), pieces.size() * sizeof(iovec)}))
        return std::nullopt;
    Bytes bytes;
    for (const iovec &piece : pieces) {
        const std::size_t begin = bytes.size(), length = std::min(piece.iov_len, writeLimit - begin);
        bytes.resize(begin + length);
        if (!caller.read(reinterpret_cast<std::uint64_t>(piece.iov_base), std::span(bytes).subspan(begin)))
            return std::nullopt;
    }
    return bytes;
}

} // namespace

std::optional<Node> CallAnswers::node(const Caller &caller, int descriptor) const
{
    const auto link = caller.link("fd/" + std::to_string(descriptor));
    const auto path = link ? m_handles->names().emulated(*link) : std::nullopt;
    return path ? m_tree->find(*path) : std::nullopt;
}

bool CallAnswers::passes(const SystemCall &call, const Caller &caller) const
{
    switch (call.number) {
    case SYS_read:
    case SYS_write:
    case SYS_pread64:
    case SYS_pwrite64:
    case SYS_readv:
    case SYS_writev:
        return !node(caller, call.number32(0));
    default:
        return false;
    }
}

CallAnswer CallAnswers::control(Caller &caller, const SystemCall &call)
{
    const auto found = node(caller, call.number32(0));
    if (!found || found->kind != Node::Kind::Device)
        return {};
    const auto opened = caller.opened(call.number32(0));
    if (!opened)
        return CallAnswer::error(EBADF);
    const auto request = static_cast<std::uint32_t>(call.arguments[1]);
    const IoctlAnswer answer = found->device->ioctl(request, call.arguments[2], caller, (opened->flags & O_ACCMODE) != O_RDONLY);
    return answer.error ? CallAnswer::error(answer.error) : CallAnswer::result(0);
}

CallAnswer CallAnswers::read(Caller &caller, const SystemCall &call)
{
    const auto found = node(caller, call.number32(0));
    if (!found || found->kind == Node::Kind::Folder)
        return {};
    if (found->kind == Node::Kind::Device)
        return CallAnswer::error(EINVAL); // the drivers have no reading
    const auto opened = caller.opened(call.number32(0));
    if (!opened || (opened->flags & O_ACCMODE) == O_WRONLY)
        return {}; // the kernel says EBADF
    if (found->kind == Node::Kind::Attribute)
        return fill(caller, call.number32(0), *found);
    if (call.number != SYS_read && call.number != SYS_pread64)
        return CallAnswer::error(EINVAL);
    return readRegisters(caller, call, *found, namesOffset(call.number) ? call.arguments[3] : opened->offset);
}

// As Linux's msr driver (arch/x86/kernel/msr.c): the offset is the register's number and stays; whole registers alone, all of them the
// same.
CallAnswer CallAnswers::readRegisters(Caller &caller, const SystemCall &call, const Node &node, std::uint64_t offset) const
{
    const std::uint64_t count = std::min<std::uint64_t>(call.arguments[2], readLimit);
    if (call.arguments[2] % registerSize)
        return CallAnswer::error(EINVAL);
    const auto value = m_registers(node.minor, static_cast<std::uint32_t>(offset));
    if (!value)
        return CallAnswer::error(EIO);
    Bytes bytes(count);
    for (std::size_t at = 0; at < count; at += registerSize)
        storeLe<std::uint64_t>(bytes, at, *value);
    return caller.write(call.arguments[1], bytes) ? CallAnswer::result(static_cast<std::int64_t>(count)) : CallAnswer::error(EFAULT);
}

/// The first reading puts the content into the program's file; from there the kernel reads, with offsets and lengths as of any file.
CallAnswer CallAnswers::fill(Caller &caller, int descriptor, const Node &node)
{
    const Fd file = m_handles->reopened(caller.place("fd/" + std::to_string(descriptor)), node.path);
    struct stat state{};
    if (!file || ::fstat(file.get(), &state) != 0)
        return CallAnswer::error(EIO);
    if (state.st_size != 0)
        return {};
    const auto content = m_tree->reports()->read(node.report, node.attribute->id);
    if (!content)
        return CallAnswer::error(content.error());
    return ::pwrite(file.get(), content->data(), content->size(), 0) == static_cast<ssize_t>(content->size()) ? CallAnswer()
                                                                                                              : CallAnswer::error(EIO);
}

CallAnswer CallAnswers::write(Caller &caller, const SystemCall &call)
{
    const auto found = node(caller, call.number32(0));
    if (!found || found->kind == Node::Kind::Folder || found->kind == Node::Kind::Registers)
        return {}; // the seal of the registers' file says EPERM
    if (found->kind == Node::Kind::Device)
        return CallAnswer::error(EINVAL);
    const auto opened = caller.opened(call.number32(0));
    if (!opened || (opened->flags & O_ACCMODE) == O_RDONLY)
        return {};
    const auto bytes = written(caller, call);
    if (!bytes)
        return CallAnswer::error(EFAULT);
    const bool placed = namesOffset(call.number);
    const std::uint64_t offset = placed ? call.arguments[3] : opened->offset;
    if (const int error = m_tree->reports()->write(found->report, found->attribute->id, *bytes, offset != 0))
        return CallAnswer::error(error);
    const auto count = static_cast<std::int64_t>(bytes->size());
    if (!placed && !caller.advance(call.number32(0), count))
        return CallAnswer::error(EIO);
    return CallAnswer::result(count);
}

} // namespace kastellan::sev
