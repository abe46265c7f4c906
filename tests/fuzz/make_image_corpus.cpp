// SPDX-License-Identifier: Apache-2.0
// Writes the corpus of the fuzzer of image.json.
// usage: make_image_corpus FOLDER
#include "tests/fuzz/corpus.h"

#include <string>

using namespace kastellan;

namespace {

std::string file(const std::string &name, char digit)
{
    return R"({"file":")" + name + R"(","size":4096,"sha256":")" + std::string(64, digit) + R"("})";
}

std::string image(const std::string &commandLine, const std::string &more)
{
    return R"({"format":"kastellan-vm-image-1","name":"kastellan-keep","version":"0.1.0","firmware":)" + file("firmware.fd", '1')
        + R"(,"kernel":)" + file("kernel", '2') + R"(,"initrd":)" + file("initrd", '3') + R"(,"command_line":")" + commandLine + "\"" + more
        + "}";
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 2) {
        std::fprintf(stderr, "usage: make_image_corpus FOLDER\n");
        return 2;
    }
    const std::filesystem::path corpus = std::filesystem::path(argv[1]) / "vm_image";
    fuzz::put(corpus / "least", asBytes(image("console=ttyS0 quiet panic=-1", "")));
    fuzz::put(corpus / "weak", asBytes(image("quiet \\\"rdinit\\\"=/bin/sh", "")));
    fuzz::put(corpus / "whole",
        asBytes(image("quiet",
            R"(,"documents":[)" + file("sbom.spdx.json", '4') + R"(],"inputs":[{"name":"firmware","package":"p","version":"1","sha256":")"
                + std::string(64, '5') + R"("}],"contents":[{"path":"/usr/bin/keep-warden","size":1,"mode":493,"sha256":")"
                + std::string(64, '6') + R"("}])")));
    return 0;
}
