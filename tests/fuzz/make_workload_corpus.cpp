// SPDX-License-Identifier: Apache-2.0
// Writes the corpora of the workloads' fuzzers: small modules, configurations, manifests and packages of our own making.
// usage: make_workload_corpus FOLDER
#include "core/base/digest.h"
#include "core/workload/aot_note.h"
#include "core/workload/workload.h"
#include "tests/fuzz/corpus.h"
#include "wasm.h"

#include <archive.h>
#include <archive_entry.h>

using namespace kastellan;
using wasm::operator+;
namespace fs = std::filesystem;

namespace {

fs::path corpus;

void put(const char *target, const char *name, ByteView content)
{
    fuzz::put(corpus / target / name, content);
}
void put(const char *target, const char *name, std::string_view text)
{
    put(target, name, asBytes(text));
}

Bytes packed(bool zip, bool gzip)
{
    Bytes out(1 << 16);
    std::size_t used = 0;
    archive *writer = archive_write_new();
    zip ? archive_write_set_format_zip(writer) : archive_write_set_format_ustar(writer);
    if (gzip)
        archive_write_add_filter_gzip(writer);
    archive_write_set_bytes_in_last_block(writer, 1);
    archive_write_open_memory(writer, out.data(), out.size(), &used);
    for (const auto &[name, content] :
        {std::pair{"w/Keep.toml", toBytes(std::string_view("args = [\"a\"]\n"))}, std::pair{"w/main.wasm", wasm::minimal()}}) {
        archive_entry *header = archive_entry_new();
        archive_entry_set_pathname(header, name);
        archive_entry_set_filetype(header, AE_IFREG);
        archive_entry_set_perm(header, 0644);
        archive_entry_set_size(header, static_cast<la_int64_t>(content.size()));
        archive_write_header(writer, header);
        archive_write_data(writer, content.data(), content.size());
        archive_entry_free(header);
    }
    archive_write_close(writer);
    archive_write_free(writer);
    out.resize(used);
    return out;
}

void modules()
{
    using namespace wasm;
    put("module", "minimal", minimal());
    put("module", "larger", larger());
    put("module", "native", minimal() + custom("wasmedge", {1, 2, 3}));
    put("module", "imports",
        header() + types()
            + section(2,
                Bytes{4} + name("a") + name("t") + Bytes{1, 0x70, 1, 1, 2} + name("a") + name("m") + Bytes{2, 3, 1, 2} + name("a")
                    + name("g") + Bytes{3, 0x7e, 1} + name("a") + name("e") + Bytes{4, 0, 0}));
    put("module", "garbage-collected", header() + section(1, {2, 0x60, 1, 0x64, 0x70, 1, 0x6f, 0x5f, 0}));
    put("module", "component", Bytes{0, 'a', 's', 'm', 0x0d, 0, 1, 0});
}

void configurations()
{
    put("keep_toml", "everything",
        "args = [\"a\", 'b', '''c''']\nstdin = \"null\"\nstderr = \"inherit\"\nsecrets = [\"token\"]\nreattest = \"15m\"\non_failure = "
        "\"stop\"\n"
        "[env]\nA = \"\\u00e4\\n\"\n\"b c\" = \"\"\n[limits]\nmemory = \"64 MiB\"\ntime = 90\noutput = \"1 GB\"\n"
        "[expect]\nroot = \"amd\"\nhost = \"local\"\nmin_tcb = { snp = 1, bl = 2 }\n");
    put("keep_toml", "digest",
        "expect.digest = \"" + std::string(96, 'a') + "\"\nexpect.root = \"emulated:" + std::string(64, 'b') + "\"\n");
    put("keep_toml", "mistakes", "arg = []\nlimits = 3\nenv.A = 1979-05-27T07:32:00Z\n");
    put("enarx_toml", "streams",
        "args = [\"a\"]\n[env]\nA = \"b\"\n[[files]]\nkind = \"stdin\"\n[[files]]\nkind = \"stdout\"\nname = \"o\"\n[[files]]\nkind = "
        "\"null\"\n");
    put("enarx_toml", "sockets",
        "steward = \"https://x\"\n[[files]]\nkind = \"listen\"\nprot = \"tls\"\nname = \"w\"\nport = 80\n[[files]]\nkind = "
        "\"connect\"\nhost = \"h\"\n");
}

void deliveries()
{
    const AotNote note{"0.14.1", "--generic-binary --optimize 2", "x86-64-v3", sha256(wasm::minimal())};
    put("aot_note", "note", note.text());
    put("manifest", "empty", canonicalManifest({}));
    put("manifest", "items",
        canonicalManifest({{"configuration", 10, sha256(asBytes("c")), {}}, {"module", 60, note.module, {}},
            {"module.aot", 9, sha256(asBytes("a")), note.text()}, {"secret:token", 6, sha256(asBytes("s")), "100 %\t\n"}}));
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 2) {
        std::fprintf(stderr, "usage: make_workload_corpus FOLDER\n");
        return 2;
    }
    corpus = argv[1];
    modules();
    configurations();
    deliveries();
    put("package", "tar", packed(false, false));
    put("package", "tar.gz", packed(false, true));
    put("package", "zip", packed(true, false));
    return 0;
}
