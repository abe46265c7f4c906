// SPDX-License-Identifier: Apache-2.0
// Writes the corpora of the warden's fuzzers: command lines and what a host may send through a port.
// usage: make_warden_corpus FOLDER
#include "core/session/frames.h"
#include "tests/fuzz/corpus.h"

using namespace kastellan;

namespace {

session::ConnectionId id(std::uint8_t number)
{
    session::ConnectionId id;
    id.bytes.fill(number);
    return id;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    const std::filesystem::path corpus = argv[1];
    const auto words = [&](const char *name, std::string_view text) { fuzz::put(corpus / "kernel_words" / name, asBytes(text)); };
    const std::string owner = "kastellan.owner=" + std::string(64, 'a');
    words("plain", "initrd=initrd console=ttyS0 quiet panic=-1\n");
    words("unattested", "quiet kastellan.unattested " + owner);
    words("half", "kastellan.unattested");
    words("twice", owner + " " + owner);
    words("unknown", "kastellan.shell=1");
    words("short", "kastellan.owner=12");

    const auto port = [&](const char *name, const Bytes &bytes) { fuzz::put(corpus / "port_source" / name, bytes); };
    Bytes two;
    session::appendFrames(two, id(1), Bytes(40, 0x16));
    session::appendFrames(two, id(2), Bytes(300, 0x17));
    session::appendFrames(two, id(1), Bytes(20, 0x16));
    port("two", two);
    Bytes cut = two;
    cut.resize(cut.size() - 60);
    cut.insert(cut.end(), two.begin(), two.end());
    port("cut", cut);
    Bytes many;
    for (std::uint8_t number = 1; number < 30; ++number)
        session::appendFrames(many, id(number), Bytes(1, number));
    port("many", many);
    Bytes noise(100, 'K');
    noise.insert(noise.end(), session::frameMagic.begin(), session::frameMagic.end());
    port("noise", noise);
    return 0;
}
