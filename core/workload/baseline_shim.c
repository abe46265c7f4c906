// SPDX-License-Identifier: Apache-2.0
// Preloaded into the ahead-of-time compiler. WasmEdge compiles for all that the processor it runs on can do, --generic-binary or not, and
// asks LLVM what that is. Here is the answer that suits every processor a keep may run on: x86-64-v3 (psABI, micro-architecture levels).
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((visibility("default"))) char *LLVMGetHostCPUFeatures(void);

char *LLVMGetHostCPUFeatures(void)
{
    // Who preloads this wants to know that it was heard: without the line the code is thrown away.
    static const char heard[] = "kastellan: baseline x86-64-v3\n";
    const ssize_t ignored = write(STDOUT_FILENO, heard, sizeof heard - 1);
    (void)ignored;
    return strdup("+cx8,+cmov,+fxsr,+mmx,+sse,+sse2,+64bit,+cx16,+sahf,+popcnt,+sse3,+ssse3,+sse4.1,+sse4.2,+crc32,"
                  "+avx,+avx2,+bmi,+bmi2,+f16c,+fma,+lzcnt,+movbe,+xsave");
}
