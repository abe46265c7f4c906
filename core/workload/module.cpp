// SPDX-License-Identifier: Apache-2.0
#include "core/workload/module_reader.h"
#include "core/workload/text.h"
#include "core/workload/workload.h"

#include <algorithm>
#include <array>

namespace kastellan {
namespace {

using workload::atOffset;
using workload::ModuleReader;
using workload::shown;

constexpr std::array<std::uint8_t, 4> wasmMagic{0, 'a', 's', 'm'};
constexpr std::array<std::uint8_t, 4> elfMagic{0x7f, 'E', 'L', 'F'};

bool beginsWith(ByteView view, ByteView magic)
{
    return view.size() >= magic.size() && std::ranges::equal(view.first(magic.size()), magic);
}

enum Section : std::uint8_t { Custom, Type, Import, Function, Table, Memory, Global, Export, Start, Element, Code, Data, DataCount, Tag };

// By id; and the place of each in the prescribed order (Tag: exception handling; DataCount: bulk memory).
constexpr std::array sectionNames{"custom section", "type section", "import section", "function section", "table section", "memory section",
    "global section", "export section", "start section", "element section", "code section", "data section", "data count section",
    "tag section"};
constexpr std::array<unsigned, 14> sectionOrder{0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6};

/// What one function type says, as far as `_start` is concerned.
enum class Signature : std::uint8_t { Nothing, Something, Unknown };

class Inspection {
public:
    Result<ModuleInfo> run(ByteView module)
    {
        KASTELLAN_TRY(header(module));
        ModuleReader reader(module.subspan(8), 8, "the module");
        unsigned last = 0;
        while (reader.left() > 0) {
            const std::size_t begin = reader.offset();
            const std::uint8_t id = reader.byte();
            if (id >= sectionNames.size())
                reader.failAt(begin, "there is no section of kind " + std::to_string(id));
            const std::uint32_t size = reader.u32();
            const std::size_t base = reader.offset();
            const ByteView content = reader.raw(size);
            KASTELLAN_TRY(reader.status());
            if (id != Custom) {
                const std::string name = std::string("the ") + sectionNames[id];
                if (sectionOrder[id] <= last)
                    reader.failAt(begin, name + (sectionOrder[id] == last ? " stands there twice" : " is out of order"));
                last = sectionOrder[id];
            }
            KASTELLAN_TRY(reader.status());
            KASTELLAN_TRY(section(id, begin, ModuleReader(content, base, std::string("the ") + sectionNames[id])));
        }
        if (m_functionCount != m_codeCount)
            reader.failHere("the function section has " + std::to_string(m_functionCount) + " entries, and the code section has "
                + std::to_string(m_codeCount));
        KASTELLAN_TRY(reader.status());
        return std::move(m_info);
    }

private:
    static Status header(ByteView module)
    {
        constexpr const char *what = "read a WebAssembly module";
        constexpr const char *build = "Build it for wasm32-wasi (WASI preview 1).";
        if (beginsWith(module, elfMagic))
            return badInput(what, "offset 0x0", "it is a native program or library (ELF)",
                "Give the .wasm file that it was compiled from: a keep runs no native code but its own.");
        if (module.size() < 8 || !beginsWith(module, wasmMagic)) {
            const auto text = asText(module.first(std::min<std::size_t>(module.size(), 4096)));
            return badInput(what, "offset 0x0", "it does not begin as a WebAssembly module does",
                text.find("(module") != std::string_view::npos ? "It looks like the text format: translate it with wat2wasm."
                                                               : "Check that this is the file that was meant.");
        }
        if (loadLe<std::uint16_t>(module, 6) == 1)
            return badInput(what, "offset 0x4", "it is a WebAssembly component, and keeps run core modules", build);
        if (const auto version = loadLe<std::uint32_t>(module, 4); version != 1)
            return badInput(
                what, "offset 0x4", "its binary format has version " + std::to_string(version) + ", and version 1 is known", build);
        return {};
    }

    Status section(std::uint8_t id, std::size_t begin, ModuleReader reader)
    {
        switch (id) {
        case Custom:
            return custom(begin, reader);
        case Type:
            return types(reader);
        case Import:
            return imports(reader);
        case Function:
            return functions(reader);
        case Export:
            return exports(reader);
        case Code:
            return code(reader);
        default:
            return {}; // The runtime validates the rest; nothing of it is shown or decided here.
        }
    }

    Status custom(std::size_t begin, ModuleReader &reader)
    {
        const std::string_view name = reader.name();
        const ByteView content = reader.raw(reader.left());
        KASTELLAN_TRY(reader.finish());
        // WasmEdge runs the code in a section of this name instead of the module's.
        if (m_info.nativeCode.empty() && (name == "wasmedge" || beginsWith(content, elfMagic)))
            m_info.nativeCode = "custom section '" + shown(name) + "' at " + atOffset(begin);
        m_info.customSections.emplace_back(name);
        return {};
    }

    Status types(ModuleReader &reader)
    {
        const std::uint32_t count = reader.count();
        for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
            if (reader.byte() != 0x60) {
                // Structures, arrays and groups of the garbage collection proposal: from here on types are not known, and need not be.
                m_otherTypes = reader.ok();
                return reader.status();
            }
            const std::uint32_t parameters = reader.count();
            skipValueTypes(reader, parameters);
            const std::uint32_t results = reader.count();
            skipValueTypes(reader, results);
            m_types.push_back(parameters + results == 0 ? Signature::Nothing : Signature::Something);
        }
        return reader.finish();
    }

    static void skipValueType(ModuleReader &reader)
    {
        const std::size_t begin = reader.offset();
        const std::uint8_t type = reader.byte();
        if (type == 0x63 || type == 0x64) // a reference to a given heap type
            reader.skipS33();
        else if (type <= 0x60 || type > 0x7f)
            reader.failAt(begin, "a value type is unknown");
    }
    static void skipValueTypes(ModuleReader &reader, std::uint32_t count)
    {
        for (std::uint32_t i = 0; i < count && reader.ok(); ++i)
            skipValueType(reader);
    }
    static void skipLimits(ModuleReader &reader)
    {
        const std::size_t begin = reader.offset();
        const std::uint8_t flags = reader.byte();
        if (flags > 7)
            reader.failAt(begin, "limits are of an unknown kind");
        (void)reader.u64();
        if (flags & 1)
            (void)reader.u64();
    }

    Status imports(ModuleReader &reader)
    {
        const std::uint32_t count = reader.count();
        for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
            const std::string_view module = reader.name(), name = reader.name();
            m_info.imports.emplace_back(module, name);
            const std::size_t begin = reader.offset();
            switch (reader.byte()) {
            case 0: // function
                m_functions.push_back(reader.u32());
                break;
            case 1: // table
                skipValueType(reader);
                skipLimits(reader);
                break;
            case 2: // memory
                skipLimits(reader);
                break;
            case 3: // global
                skipValueType(reader);
                (void)reader.byte();
                break;
            case 4: // tag
                (void)reader.byte();
                (void)reader.u32();
                break;
            default:
                reader.failAt(begin, "an import is of an unknown kind");
            }
        }
        return reader.finish();
    }

    Status functions(ModuleReader &reader)
    {
        m_functionCount = reader.count();
        for (std::uint32_t i = 0; i < m_functionCount && reader.ok(); ++i)
            m_functions.push_back(reader.u32());
        return reader.finish();
    }

    Status exports(ModuleReader &reader)
    {
        const std::uint32_t count = reader.count();
        for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
            const std::string_view name = reader.name();
            const std::size_t begin = reader.offset();
            const std::uint8_t kind = reader.byte();
            const std::uint32_t index = reader.u32();
            if (kind > 4)
                reader.failAt(begin, "an export is of an unknown kind");
            if (kind == 0 && index >= m_functions.size())
                reader.failAt(begin, "the export '" + shown(name) + "' names a function that is not there");
            if (!reader.ok())
                break;
            m_info.exports.emplace_back(name);
            if (kind == 0 && name == "_start")
                m_info.hasStart = signature(m_functions[index]) != Signature::Something;
        }
        return reader.finish();
    }

    [[nodiscard]] Signature signature(std::uint32_t type) const
    {
        if (type < m_types.size())
            return m_types[type];
        return m_otherTypes ? Signature::Unknown : Signature::Something;
    }

    Status code(ModuleReader &reader)
    {
        m_codeCount = reader.count();
        for (std::uint32_t i = 0; i < m_codeCount && reader.ok(); ++i)
            (void)reader.raw(reader.u32());
        return reader.finish();
    }

    ModuleInfo m_info;
    std::vector<Signature> m_types;
    bool m_otherTypes = false;
    std::vector<std::uint32_t> m_functions; // type of each, imported ones first
    std::uint32_t m_functionCount = 0, m_codeCount = 0;
};

} // namespace

Result<ModuleInfo> inspectModule(ByteView module)
{
    return Inspection().run(module);
}

Result<ModuleInfo> admitModule(ByteView module, std::string_view file)
{
    constexpr const char *what = "use a module as a workload";
    if (module.size() > moduleSizeLimit)
        return badInput(what, std::string(file), "it has " + std::to_string(module.size()) + " bytes, and at most 100 MB are taken");
    auto info = inspectModule(module);
    if (!info) {
        Error error = std::move(info).error();
        error.where = std::string(file) + (error.where.empty() ? "" : ", " + error.where);
        return std::unexpected(std::move(error));
    }
    if (!info->nativeCode.empty())
        return badInput(what, std::string(file), "it carries native code: " + info->nativeCode,
            "Give the module as the WebAssembly compiler made it; Kastellan compiles it ahead of time by itself.");
    if (!info->hasStart) {
        const bool other = std::ranges::contains(info->exports, std::string("_start"));
        return badInput(what, std::string(file),
            other ? "what it exports as '_start' is not a function without parameters and results"
                  : "it exports no function '_start', so it is a library and not a program",
            "Build it as a WASI command, e.g. with clang --target=wasm32-wasi and a main function.");
    }
    for (const auto &[from, name] : info->imports)
        if (from != "wasi_snapshot_preview1")
            return badInput(what, std::string(file), "it imports '" + shown(name) + "' from '" + shown(from) + "', which no keep provides",
                "Keeps provide WASI preview 1 (wasi_snapshot_preview1) and nothing else: build it for wasm32-wasi.");
    return info;
}

} // namespace kastellan
