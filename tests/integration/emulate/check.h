// SPDX-License-Identifier: Apache-2.0
// What the clients share: they are written against the kernel's headers alone, and know nothing of this project.
#pragma once

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int failures;

// Says what is not as it should be, with errno, and goes on.
#define CHECK(condition)                                                                                                                   \
    do {                                                                                                                                   \
        errno = 0;                                                                                                                         \
        if (!(condition)) {                                                                                                                \
            fprintf(stderr, "%s:%d: %s (errno %d, %s)\n", __FILE__, __LINE__, #condition, errno, strerror(errno));                         \
            ++failures;                                                                                                                    \
        }                                                                                                                                  \
    } while (0)

// The call fails, and with this errno.
#define FAILS(call, number)                                                                                                                \
    do {                                                                                                                                   \
        errno = 0;                                                                                                                         \
        const long result_ = (long)(call);                                                                                                 \
        if (result_ != -1 || errno != (number)) {                                                                                          \
            fprintf(stderr, "%s:%d: %s: %ld, errno %d, not %s\n", __FILE__, __LINE__, #call, result_, errno, #number);                     \
            ++failures;                                                                                                                    \
        }                                                                                                                                  \
    } while (0)
