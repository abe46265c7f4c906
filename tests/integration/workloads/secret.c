// SPDX-License-Identifier: Apache-2.0
// Tells the length of its secret "token" and the sum of its bytes, and whether it could change it. Never the secret.
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    unsigned char buffer[4096];
    const int fd = open("/secrets/token", O_RDONLY);
    if (fd < 0) {
        puts("no secret");
        return 1;
    }
    const ssize_t size = read(fd, buffer, sizeof buffer);
    unsigned long sum = 0;
    for (ssize_t i = 0; i < size; ++i)
        sum += buffer[i];
    printf("length %zd sum %lu\n", size, sum);
    const int writable = open("/secrets/token", O_WRONLY);
    const int made = open("/secrets/other", O_WRONLY | O_CREAT, 0600);
    printf("writable %s, other file %s\n", writable < 0 ? "no" : "YES", made < 0 ? "no" : "YES");
    return 0;
}
