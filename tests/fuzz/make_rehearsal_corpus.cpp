// SPDX-License-Identifier: Apache-2.0
// Writes the corpora of the rehearsal fuzzers. usage: make_rehearsal_corpus FOLDER
#include "tests/fuzz/corpus.h"

using namespace kastellan;
using fuzz::put;
namespace fs = std::filesystem;

int main(int argc, char **argv)
{
    if (argc != 2) {
        std::fprintf(stderr, "usage: make_rehearsal_corpus FOLDER\n");
        return 2;
    }
    const fs::path corpus = argv[1];
    using namespace std::string_view_literals;
    const std::string_view talks[] = {"\3\0{\"QMP\": {}}\r\n\0{\"execute\":\"qmp_capabilities\",\"id\":1}\0{\"return\": {}, \"id\": "
                                      "1}\r\n\0{\"execute\":\"query-sev\"}{'execute':'cont'}\0"
                                      "{\"event\":\"HIDDEN\"}{\"event\":\"STOP\"}\r\n{\"return\":{}}"sv,
        "\1{\"execute\":\"qom-list-types\"}\0{\"return\":[]}\0{\"exec-oob\":\"x\",\"id\":2}junk\0{\"error\":{},\"id\":2}"sv};
    int number = 0;
    for (const std::string_view talk : talks)
        put(corpus / "monitor_talk" / ("talk" + std::to_string(number++)), asBytes(talk));
    const char *const lines[] = {
        "-S\n-machine\nq35,confidential-guest-support=l,memory-backend=r,accel=kvm\n-object\n{\"qom-type\":\"sev-snp-guest\",\"id\":\"l\","
        "\"reduced-phys-bits\":1,\"id-block\":\"AAAA\"}\n-object\nmemory-backend-ram,id=r,size=1M\n-bios\nf,w\n-kernel\nk\n-cpu\nhost,+"
        "erms",
        "-machine\nnone\n-qmp\nunix:/a,server=on\n-daemonize\n-pidfile\np",
        "-M\npc,memory-encryption=s,pflash0=f\n-object\nsev-guest,id=s,reduced-phys-bits=1,policy=5\n-blockdev\n{\"node-name\":\"f\","
        "\"driver\":\"raw\","
        "\"file\":{\"driver\":\"file\",\"filename\":\"x\"}}\n-chardev\nsocket,id=m,fd=3,server=on\n-mon\nchardev=m,mode=control\n-"
        "numa\nnode,memdev=q"};
    number = 0;
    for (const char *line : lines)
        put(corpus / "rehearsal_line" / ("line" + std::to_string(number++)), asBytes(line));
    return 0;
}
