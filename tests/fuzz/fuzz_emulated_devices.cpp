// SPDX-License-Identifier: Apache-2.0
// A program's memory and its ioctls, as any bytes: 24 bytes for each call (device, request, argument), then the memory.
#include "sev-backend/emulator/guest_device.h"
#include "sev-backend/emulator/sev_device.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <unistd.h>

using namespace kastellan;
using namespace kastellan::sev;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t base = 0x10000;
constexpr std::size_t memorySize = 0x8000, callSize = 24, callLimit = 8;

class Memory final : public CallerMemory {
public:
    explicit Memory(ByteView content)
        : m_bytes(memorySize)
    {
        std::ranges::copy(content.first(std::min(content.size(), memorySize)), m_bytes.begin());
    }
    [[nodiscard]] bool read(std::uint64_t address, std::span<std::uint8_t> into) override
    {
        if (!within(address, into.size()))
            return false;
        std::memcpy(into.data(), m_bytes.data() + (address - base), into.size());
        return true;
    }
    [[nodiscard]] bool write(std::uint64_t address, ByteView bytes) override
    {
        if (!within(address, bytes.size()))
            return false;
        std::memcpy(m_bytes.data() + (address - base), bytes.data(), bytes.size());
        return true;
    }

private:
    [[nodiscard]] static bool within(std::uint64_t address, std::size_t count)
    {
        return address >= base && address - base <= memorySize && count <= memorySize - (address - base);
    }
    Bytes m_bytes;
};

template <typename T>
T need(Result<T> result)
{
    if (!result) {
        std::fprintf(stderr, "%s\n", result.error().message().c_str());
        std::abort();
    }
    return std::move(*result);
}

/// One platform for all inputs, in a folder that goes with the program.
struct Devices {
    Devices()
        : folder(fs::temp_directory_path() / ("kastellan-fuzz-devices-" + std::to_string(::getpid())))
    {
        static_cast<void>(need(Identity::open(folder, defaultProfile(), {}, {}, 2048)));
        const std::shared_ptr<Processor> processor = need(Processor::open(folder));
        host = std::make_unique<EmulatedSevDevice>(processor);
        guest = need(EmulatedGuestDevice::launch(processor));
    }
    ~Devices()
    {
        std::error_code ignored;
        fs::remove_all(folder, ignored);
    }
    fs::path folder;
    std::unique_ptr<EmulatedSevDevice> host;
    std::unique_ptr<EmulatedGuestDevice> guest;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    static Devices devices;
    if (size == 0)
        return 0;
    const ByteView bytes(data, size);
    const std::size_t calls = std::min<std::size_t>(bytes[0] % callLimit, (size - 1) / callSize);
    Memory memory(bytes.subspan(1 + calls * callSize));
    for (std::size_t i = 0; i < calls; ++i) {
        const ByteView call = bytes.subspan(1 + i * callSize, callSize);
        const auto request = loadLe<std::uint64_t>(call, 8), argument = loadLe<std::uint64_t>(call, 16);
        EmulatedDevice &device = call[0] & 1 ? static_cast<EmulatedDevice &>(*devices.guest) : *devices.host;
        const int error = device.ioctl(request, argument, memory, call[0] & 2).error;
        if (error < 0 || error > 600)
            std::abort();
    }
    return 0;
}
