// SPDX-License-Identifier: Apache-2.0
// Every ioctl of /dev/sev-guest, and a report by configfs-tsm, as a program of somebody else's would get them.
// usage: guest_client VMPL; exits with the number of things that are not as they should be
#define _GNU_SOURCE
#include "check.h"

#include <fcntl.h>
#include <linux/sev-guest.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { reportSize = 1184, reportAt = 0x20, userDataAt = 0x50, vmplAt = 0x30, invalidParam = 0x16, page = 4096 };
static void *volatile nowhere = (void *)8;
static uint32_t level; // of the guest's kernel
static uint32_t firmware, monitor; // what the last request came to

static int request(int device, unsigned long number, const void *question, void *answer)
{
    struct snp_guest_request_ioctl asked;
    memset(&asked, 0, sizeof asked);
    asked.msg_version = 1;
    asked.req_data = (uintptr_t)question;
    asked.resp_data = (uintptr_t)answer;
    const int result = ioctl(device, number, &asked);
    firmware = asked.fw_error;
    monitor = asked.vmm_error;
    return result;
}

static uint32_t number(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

// Whether an answer is a report about this data.
static int isReport(const uint8_t *answer, const uint8_t *data, uint32_t vmpl)
{
    const uint8_t *report = answer + reportAt;
    return number(answer) == 0 && number(answer + 4) == reportSize && number(report) >= 2 && number(report) <= 5
        && memcmp(report + userDataAt, data, 64) == 0 && number(report + vmplAt) == vmpl;
}

static void plain(int device)
{
    struct snp_report_req question;
    struct snp_report_resp answer;
    memset(&question, 0, sizeof question);
    memset(question.user_data, 'a', sizeof question.user_data);
    question.vmpl = level;
    CHECK(request(device, SNP_GET_REPORT, &question, &answer) == 0 && firmware == 0 && monitor == 0);
    CHECK(isReport(answer.data, question.user_data, level));
    question.vmpl = 3;
    CHECK(request(device, SNP_GET_REPORT, &question, &answer) == 0 && isReport(answer.data, question.user_data, 3));
    // The firmware's refusal is within its message.
    question.vmpl = 4;
    CHECK(request(device, SNP_GET_REPORT, &question, &answer) == 0 && number(answer.data) == invalidParam);
    if (level > 0) {
        question.vmpl = level - 1;
        CHECK(request(device, SNP_GET_REPORT, &question, &answer) == 0 && number(answer.data) == invalidParam);
    }
    question.vmpl = level;
    question.rsvd[27] = 1;
    CHECK(request(device, SNP_GET_REPORT, &question, &answer) == 0 && number(answer.data) == invalidParam);
    question.rsvd[27] = 0;

    FAILS(request(device, SNP_GET_REPORT, NULL, &answer), EINVAL);
    FAILS(request(device, SNP_GET_REPORT, &question, NULL), EINVAL);
    FAILS(request(device, SNP_GET_REPORT, nowhere, &answer), EFAULT);
    FAILS(request(device, SNP_GET_REPORT, &question, nowhere), EFAULT);
    FAILS(ioctl(device, SNP_GET_REPORT, nowhere), EFAULT);
    struct snp_guest_request_ioctl none;
    memset(&none, 0, sizeof none);
    FAILS(ioctl(device, SNP_GET_REPORT, &none), EINVAL); // no message version
    none.msg_version = 1;
    FAILS(ioctl(device, _IO('S', 9), &none), ENOTTY);
}

static uint32_t tableSize;
static uint8_t *table;

static void extended(int device)
{
    struct snp_ext_report_req question;
    struct snp_report_resp answer;
    memset(&question, 0, sizeof question);
    memset(question.data.user_data, 'b', sizeof question.data.user_data);
    question.data.vmpl = level;
    FAILS(request(device, SNP_GET_EXT_REPORT, &question, &answer), EIO);
    CHECK(monitor == SNP_GUEST_VMM_ERR_INVALID_LEN && question.certs_len > 0 && question.certs_len % page == 0);
    const uint32_t needed = question.certs_len;
    uint8_t *certificates = aligned_alloc(page, needed);
    question.certs_address = (uintptr_t)certificates;
    question.certs_len = needed - 1;
    FAILS(request(device, SNP_GET_EXT_REPORT, &question, &answer), EINVAL); // no whole pages
    if (needed > page) {
        question.certs_len = page;
        FAILS(request(device, SNP_GET_EXT_REPORT, &question, &answer), EIO);
        CHECK(monitor == SNP_GUEST_VMM_ERR_INVALID_LEN && question.certs_len == needed);
    }
    question.certs_len = needed;
    CHECK(request(device, SNP_GET_EXT_REPORT, &question, &answer) == 0 && isReport(answer.data, question.data.user_data, level));
    // The table's first entry: a GUID, and an object within the table.
    CHECK(number(certificates + 16) + number(certificates + 20) <= needed && number(certificates + 20) > 100);
    question.certs_address = (uintptr_t)nowhere;
    FAILS(request(device, SNP_GET_EXT_REPORT, &question, &answer), EFAULT);
    question.certs_len = 0x5000;
    FAILS(request(device, SNP_GET_EXT_REPORT, &question, &answer), EINVAL); // more than the driver has
    FAILS(request(device, SNP_GET_EXT_REPORT, nowhere, &answer), EFAULT);
    table = certificates;
    tableSize = needed;
}

static void derived(int device)
{
    struct snp_derived_key_req question;
    struct snp_derived_key_resp first, second;
    memset(&question, 0, sizeof question);
    question.vmpl = level;
    CHECK(request(device, SNP_GET_DERIVED_KEY, &question, &first) == 0 && number(first.data) == 0);
    CHECK(request(device, SNP_GET_DERIVED_KEY, &question, &second) == 0 && memcmp(first.data, second.data, 64) == 0);
    question.guest_field_select = 1;
    CHECK(request(device, SNP_GET_DERIVED_KEY, &question, &second) == 0 && memcmp(first.data + 32, second.data + 32, 32) != 0);
    question.vmpl = 4;
    CHECK(request(device, SNP_GET_DERIVED_KEY, &question, &second) == 0 && number(second.data) == invalidParam);
    question.vmpl = level;
    FAILS(request(device, SNP_GET_DERIVED_KEY, nowhere, &second), EFAULT);
    FAILS(request(device, SNP_GET_DERIVED_KEY, &question, nowhere), EFAULT);
    FAILS(request(device, SNP_GET_DERIVED_KEY, NULL, &second), EINVAL);
}

static long move(const char *name, void *bytes, size_t size, int writing)
{
    char path[128];
    snprintf(path, sizeof path, "/sys/kernel/config/tsm/report/client/%s", name);
    const int file = open(path, writing ? O_WRONLY : O_RDONLY);
    const long count = file < 0 ? -1 : writing ? write(file, bytes, size) : read(file, bytes, size);
    const int number = errno;
    close(file);
    errno = number;
    return count;
}

static void configfs(void)
{
    static uint8_t data[64], report[4096], certificates[0x8000], text[64];
    memset(data, 'c', sizeof data);
    CHECK(mkdir("/sys/kernel/config/tsm/report/client", 0700) == 0);
    CHECK(move("provider", text, sizeof text, 0) == 10 && memcmp(text, "sev_guest\n", 10) == 0);
    CHECK(move("privlevel_floor", text, sizeof text, 0) == 2 && text[0] == '0' + (int)level);
    CHECK(move("inblob", data, 63, 1) == 63);
    FAILS(move("outblob", report, sizeof report, 0), EINVAL); // the driver wants 64
    CHECK(move("inblob", data, 64, 1) == 64);
    CHECK(move("generation", text, sizeof text, 0) == 2 && text[0] == '2');
    CHECK(move("outblob", report, sizeof report, 0) == reportSize && memcmp(report + userDataAt, data, 64) == 0);
    CHECK(number(report + vmplAt) == level);
    const long length = move("auxblob", certificates, sizeof certificates, 0);
    CHECK(length > 0 && (uint32_t)length <= tableSize && memcmp(certificates, table, (size_t)length) == 0);
    CHECK(rmdir("/sys/kernel/config/tsm/report/client") == 0);
}

static void *ownReport(void *name)
{
    const int device = open("/dev/sev-guest", O_RDWR);
    struct snp_report_req question;
    struct snp_report_resp answer;
    memset(&question, 0, sizeof question);
    long bad = device < 0;
    for (int i = 0; i < 20; ++i) {
        memset(question.user_data, (int)(intptr_t)name + i, sizeof question.user_data);
        question.vmpl = level;
        bad += request(device, SNP_GET_REPORT, &question, &answer) != 0 || !isReport(answer.data, question.user_data, level);
    }
    close(device);
    return (void *)bad;
}

static void together(int device)
{
    pthread_t threads[4];
    for (long i = 0; i < 4; ++i)
        CHECK(pthread_create(&threads[i], NULL, ownReport, (void *)(i * 40)) == 0);
    const pid_t child = fork();
    if (child == 0)
        _exit(ownReport((void *)200) != NULL);
    for (int i = 0; i < 4; ++i) {
        void *bad = NULL;
        CHECK(pthread_join(threads[i], &bad) == 0 && bad == NULL);
    }
    int state = -1;
    CHECK(waitpid(child, &state, 0) == child && state == 0);
    const int copy = dup(device);
    plain(copy);
    close(copy);
}

int main(int argc, char **argv)
{
    level = argc > 1 ? (uint32_t)atoi(argv[1]) : 0;
    const int device = open("/dev/sev-guest", O_RDWR);
    if (device < 0) {
        perror("/dev/sev-guest");
        return 1;
    }
    plain(device);
    extended(device);
    derived(device);
    configfs();
    together(device);
    uint64_t status = 0;
    const int registers = open("/dev/cpu/0/msr", O_RDONLY);
    CHECK(pread(registers, &status, 8, 0xc0010131) == 8 && (status & 7) == 7); // SEV, SEV-ES and SEV-SNP are active
    return failures;
}
