// SPDX-License-Identifier: Apache-2.0
// Writes the corpus of the fuzzer of recognised failures, from the recorded lines.
// usage: make_failures_corpus FOLDER
#include "tests/fuzz/corpus.h"
#include "tests/unit/sev-backend/failures/recorded_lines.h"

#include <string>

using namespace kastellan;

int main(int argc, char **argv)
{
    if (argc != 2) {
        std::fprintf(stderr, "usage: make_failures_corpus FOLDER\n");
        return 2;
    }
    const std::filesystem::path corpus = std::filesystem::path(argv[1]) / "failures";
    std::string every;
    std::size_t number = 0;
    for (const auto &line : test::recordedLines()) {
        every += std::string(line.text) + "\n";
        if (++number % 12 == 0) {
            fuzz::put(corpus / ("lines-" + std::to_string(number / 12)), asBytes(every));
            every.clear();
        }
    }
    fuzz::put(corpus / "rest", asBytes(every));
    return 0;
}
