// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/libvirt/place.h"

#include "core/base/digest.h"
#include "core/base/fd.h"

#include <pugixml.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <format>
#include <sstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kastellan::sev::libvirt {
namespace {

constexpr const char *what = "bring the keep image to the host";
constexpr std::size_t piece = 128 << 10;

std::string volumeName(const std::string &domain, const std::string &role)
{
    return domain + "-" + role;
}

std::string poolXml(const std::string &name, const LibvirtUri &uri)
{
    pugi::xml_document document;
    auto pool = document.append_child("pool");
    pool.append_attribute("type").set_value("dir");
    pool.append_child("name").text().set(name.c_str());
    // Of a remote user's daemon nothing is known but that it has /tmp.
    const std::string folder = (uri.session() ? "/tmp/" : "/var/lib/libvirt/images/") + name;
    auto target = pool.append_child("target");
    target.append_child("path").text().set(folder.c_str());
    target.append_child("permissions").append_child("mode").text().set(uri.session() ? "0700" : "0711");
    std::ostringstream text;
    document.save(text, "", pugi::format_raw | pugi::format_no_declaration);
    return std::move(text).str();
}

std::string volumeXml(const std::string &name, std::uint64_t size)
{
    pugi::xml_document document;
    auto volume = document.append_child("volume");
    volume.append_child("name").text().set(name.c_str());
    auto capacity = volume.append_child("capacity");
    capacity.append_attribute("unit").set_value("bytes");
    capacity.text().set(std::to_string(size).c_str());
    volume.append_child("allocation").text().set("0");
    auto target = volume.append_child("target");
    target.append_child("format").append_attribute("type").set_value("raw");
    target.append_child("permissions").append_child("mode").text().set("0600");
    std::ostringstream text;
    document.save(text, "", pugi::format_raw | pugi::format_no_declaration);
    return std::move(text).str();
}

/// The pool is there and usable: running, made when it is ours.
Result<PoolHandle> openPool(const Connection &connection, const Upload &plan)
{
    PoolHandle pool(::virStoragePoolLookupByName(connection.get(), plan.pool.c_str()));
    if (!pool && plan.ourPool) {
        pool.reset(::virStoragePoolDefineXML(connection.get(), poolXml(plan.pool, connection.uri()).c_str(), 0));
        if (!pool)
            return failure(what, plan.pool, "Give a storage pool of the host with KASTELLAN_POOL, or check that you may make one.");
        if (::virStoragePoolBuild(pool.get(), VIR_STORAGE_POOL_BUILD_NEW) != 0)
            return failure(what, plan.pool);
    }
    if (!pool)
        return failure(what, plan.pool, "'virsh pool-list --all' lists the host's pools.");
    if (::virStoragePoolIsActive(pool.get()) != 1 && ::virStoragePoolCreate(pool.get(), 0) != 0)
        return failure(what, plan.pool, "Start it: virsh pool-start " + plan.pool + ".");
    return pool;
}

struct Aborting {
    virStreamPtr stream;
    bool finished = false;
    ~Aborting()
    {
        if (!finished)
            ::virStreamAbort(stream);
    }
};

Result<Sha256> send(const Connection &connection, virStorageVolPtr volume, const Fd &file, const std::string &name, std::uint64_t size,
    const Progress &progress, const std::stop_token &stop)
{
    const StreamHandle stream(::virStreamNew(connection.get(), 0));
    if (!stream || ::virStorageVolUpload(volume, stream.get(), 0, size, 0) != 0)
        return failure(what, name);
    Aborting guard{stream.get()};
    Sha256Stream digest;
    std::vector<std::uint8_t> buffer(piece);
    for (std::uint64_t done = 0;;) {
        if (stop.stop_requested())
            return fail(ErrorKind::Cancelled, what, name, "it was stopped");
        const auto got = ::read(file.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return systemError(what, name, errno);
        if (got == 0)
            break;
        digest.add(ByteView(buffer.data(), static_cast<std::size_t>(got)));
        for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
            const int sent =
                ::virStreamSend(stream.get(), reinterpret_cast<const char *>(buffer.data()) + at, static_cast<std::size_t>(got) - at);
            if (sent <= 0)
                return failure(what, name, "Check that the host has room for it.");
            at += static_cast<std::size_t>(sent);
        }
        done += static_cast<std::uint64_t>(got);
        if (progress)
            progress("bringing " + name + " to the host", done, size);
    }
    guard.finished = true;
    if (::virStreamFinish(stream.get()) != 0)
        return failure(what, name, "Check that the host has room for it.");
    return digest.finish();
}

Result<Sha256> readBack(
    const Connection &connection, virStorageVolPtr volume, const std::string &name, std::uint64_t size, const std::stop_token &stop)
{
    const StreamHandle stream(::virStreamNew(connection.get(), 0));
    if (!stream || ::virStorageVolDownload(volume, stream.get(), 0, size, 0) != 0)
        return failure(what, name);
    Aborting guard{stream.get()};
    Sha256Stream digest;
    std::vector<char> buffer(piece);
    for (std::uint64_t left = size;;) {
        if (stop.stop_requested())
            return fail(ErrorKind::Cancelled, what, name, "it was stopped");
        const int got = ::virStreamRecv(stream.get(), buffer.data(), buffer.size());
        if (got < 0)
            return failure(what, name);
        if (got == 0)
            break;
        if (static_cast<std::uint64_t>(got) > left)
            return environment(what, name, "the host gives back more than was sent");
        left -= static_cast<std::uint64_t>(got);
        digest.add(asBytes({buffer.data(), static_cast<std::size_t>(got)}));
    }
    guard.finished = true;
    if (::virStreamFinish(stream.get()) != 0)
        return failure(what, name);
    return digest.finish();
}

Status uploadOne(const Connection &connection, virStoragePoolPtr pool, const std::string &name, HostFile &file, const Progress &progress,
    const std::stop_token &stop)
{
    const Fd source(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat about{};
    if (!source || ::fstat(source.get(), &about) != 0)
        return systemError(what, file.path.string(), errno);
    const auto size = static_cast<std::uint64_t>(about.st_size);
    const VolumeHandle volume(::virStorageVolCreateXML(pool, volumeXml(name, size).c_str(), 0));
    if (!volume)
        return failure(what, name, "Check that the pool has room for it.");
    KASTELLAN_ASSIGN(const Sha256 sent, send(connection, volume.get(), source, name, size, progress, stop));
    KASTELLAN_ASSIGN(const Sha256 arrived, readBack(connection, volume.get(), name, size, stop));
    if (sent != arrived)
        return fail(ErrorKind::Negative, what, name, "the host gives back other bytes than were sent to it", "Do not use this host.");
    const Text path(::virStorageVolGetPath(volume.get()));
    if (!path)
        return failure(what, name);
    file.there = path.get();
    return {};
}

} // namespace

bool opensOurFiles(const LibvirtUri &uri)
{
    return uri.local() && uri.session();
}

Upload planUpload(
    const Connection &connection, const std::string &domain, const std::vector<HostFile> &files, const std::string &wantedPool)
{
    Upload plan;
    if (files.empty())
        return plan;
    plan.pool = wantedPool;
    if (plan.pool.empty()) {
        // The usual pool, where it is one of files that QEMU opens by their path.
        const PoolHandle usual(::virStoragePoolLookupByName(connection.get(), "default"));
        const Text xml(usual && ::virStoragePoolIsActive(usual.get()) == 1 ? ::virStoragePoolGetXMLDesc(usual.get(), 0) : nullptr);
        pugi::xml_document document;
        if (xml && document.load_string(xml.get()) && std::string_view(document.child("pool").attribute("type").as_string()) == "dir")
            plan.pool = "default";
    }
    if (plan.pool.empty()) {
        plan.pool = domain;
        plan.ourPool = true;
    }
    for (const auto &file : files)
        plan.volumes.push_back(volumeName(domain, file.role));
    return plan;
}

Status upload(const Connection &connection, const Upload &plan, const std::string &domain, std::vector<HostFile> &files,
    const Progress &progress, const std::stop_token &stop)
{
    if (files.empty())
        return {};
    KASTELLAN_ASSIGN(const PoolHandle pool, openPool(connection, plan));
    for (auto &file : files)
        KASTELLAN_TRY(uploadOne(connection, pool.get(), volumeName(domain, file.role), file, progress, stop));
    return {};
}

Status removeUpload(const Connection &connection, const Upload &upload)
{
    if (upload.pool.empty())
        return {};
    const PoolHandle pool(::virStoragePoolLookupByName(connection.get(), upload.pool.c_str()));
    if (!pool) {
        if (lastCode() == VIR_ERR_NO_STORAGE_POOL)
            return {};
        return failure("remove what was brought to the host", upload.pool);
    }
    Status first;
    const auto took = [&](bool good, const std::string &name) {
        if (!good && first)
            first = failure("remove what was brought to the host", name, "Remove it by hand: virsh vol-list " + upload.pool + ".");
    };
    if (::virStoragePoolIsActive(pool.get()) == 1) {
        for (const auto &name : upload.volumes) {
            const VolumeHandle volume(::virStorageVolLookupByName(pool.get(), name.c_str()));
            if (volume)
                took(::virStorageVolDelete(volume.get(), 0) == 0, name);
        }
        if (upload.ourPool)
            took(::virStoragePoolDestroy(pool.get()) == 0, upload.pool);
    }
    if (upload.ourPool) {
        static_cast<void>(::virStoragePoolDelete(pool.get(), 0)); // the folder; there is none if it was never built
        took(::virStoragePoolUndefine(pool.get()) == 0, upload.pool);
    }
    return first;
}

} // namespace kastellan::sev::libvirt
