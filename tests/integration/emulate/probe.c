// SPDX-License-Identifier: Apache-2.0
// How programs reach emulated devices: paths, descriptors, threads, signals. The device behind /dev/sev is one of the test's:
// PLATFORM_STATUS counts in guest_count, and command 200 takes a long time. usage: probe WHAT [ARGUMENT...]; exits with the number of
// things that are not as they should be
#define _GNU_SOURCE
#include "check.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/psp-sev.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

// Where nothing is. The compiler need not know.
static void *volatile nowhere = (void *)8;

static int status(int device, struct sev_user_data_status *into)
{
    struct sev_issue_cmd command = {.cmd = SEV_PLATFORM_STATUS, .data = (uintptr_t)into};
    return ioctl(device, SEV_ISSUE_CMD, &command);
}

static int works(int device)
{
    struct sev_user_data_status state = {0};
    return device >= 0 && status(device, &state) == 0 && state.api_major == 1 && state.guest_count > 0;
}

static int opens(const char *path)
{
    const int device = open(path, O_RDWR | O_CLOEXEC);
    const int good = works(device);
    close(device);
    return good;
}

static void paths(const char *folder)
{
    char path[4096];
    CHECK(opens("/dev/sev"));
    CHECK(opens("//dev///sev"));
    CHECK(opens("/dev/./sev"));
    CHECK(opens("/usr/../dev/../dev/sev"));
    CHECK(opens("/proc/self/root/dev/sev"));

    const int dev = open("/dev", O_RDONLY | O_DIRECTORY);
    int device = openat(dev, "sev", O_RDONLY);
    CHECK(works(device));
    snprintf(path, sizeof path, "/proc/self/fd/%d", device);
    CHECK(opens(path));
    snprintf(path, sizeof path, "/dev/fd/%d", device);
    CHECK(opens(path));
    snprintf(path, sizeof path, "/proc/self/fd/%d/sev", dev);
    CHECK(opens(path));
    close(device);
    struct open_how how = {.flags = O_RDWR};
    device = (int)syscall(SYS_openat2, dev, "sev", &how, sizeof how);
    CHECK(works(device));
    close(device);
    close(dev);
    device = (int)syscall(SYS_open, "/dev/sev", O_RDWR);
    CHECK(works(device));
    close(device);

    CHECK(chdir("/dev") == 0);
    CHECK(opens("sev"));
    CHECK(opens("./sev"));
    CHECK(chdir(folder) == 0);
    CHECK(symlink("/dev/sev", "device") == 0 && opens("device"));
    CHECK(symlink("/dev", "devices") == 0 && opens("devices/sev"));
    CHECK(symlink("devices/sev", "second") == 0 && opens("second"));
    CHECK(symlink("loop", "loop") == 0);
    FAILS(open("loop", O_RDWR), ELOOP);
    FAILS(open("device", O_RDWR | O_NOFOLLOW), ELOOP);

    FAILS(open("/dev/sevx", O_RDWR), ENOENT);
    FAILS(open("/dev/sev/x", O_RDWR), ENOENT); // the kernel knows no file of this name in whose place a folder could be missed
    FAILS(open("/dev/sev", O_RDWR | O_DIRECTORY), ENOTDIR);
    FAILS(open("/dev/sev", O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
    FAILS(open(nowhere, O_RDWR), EFAULT);
    // All else is as ever.
    const int file = open("plain", O_RDWR | O_CREAT | O_EXCL, 0600);
    CHECK(file >= 0 && write(file, "text", 4) == 4 && pread(file, path, 8, 0) == 4 && memcmp(path, "text", 4) == 0);
    close(file);
}

static void looks(void)
{
    struct stat state;
    CHECK(stat("/dev/sev", &state) == 0 && S_ISCHR(state.st_mode) && major(state.st_rdev) == 10 && state.st_uid == geteuid());
    CHECK(lstat("/dev/sev", &state) == 0 && S_ISCHR(state.st_mode));
    CHECK(syscall(SYS_stat, "/dev/cpu/0/msr", &state) == 0 && S_ISCHR(state.st_mode) && major(state.st_rdev) == 202);
    struct statx more;
    CHECK(statx(AT_FDCWD, "/dev/sev", 0, STATX_BASIC_STATS, &more) == 0 && S_ISCHR(more.stx_mode) && more.stx_rdev_major == 10);
    FAILS(stat("/dev/sev", nowhere), EFAULT);
    CHECK(access("/dev/sev", F_OK) == 0 && access("/dev/sev", R_OK | W_OK) == 0);
    FAILS(access("/dev/sev", X_OK), EACCES);
    FAILS(access("/dev/sevx", F_OK), ENOENT);
    char text[64] = "";
    CHECK(listxattr("/dev/sev", text, sizeof text) == 0);
    FAILS(lgetxattr("/dev/sev", "security.selinux", text, sizeof text), ENODATA);
    FAILS(readlink("/dev/sev", text, sizeof text), EINVAL);

    const int device = open("/dev/sev", O_RDONLY);
    CHECK(fstat(device, &state) == 0 && S_ISCHR(state.st_mode));
    CHECK(syscall(SYS_fstat, device, &state) == 0 && S_ISCHR(state.st_mode));
    CHECK(statx(device, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &more) == 0 && S_ISCHR(more.stx_mode));
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", device);
    CHECK(readlink(path, text, sizeof text) == 8 && memcmp(text, "/dev/sev", 8) == 0);
    CHECK((fcntl(device, F_GETFL) & O_ACCMODE) == O_RDONLY && (fcntl(device, F_GETFD) & FD_CLOEXEC) == 0);
    struct pollfd ready = {device, POLLIN, 0};
    CHECK(poll(&ready, 1, 0) >= 0 && !(ready.revents & POLLNVAL));
    CHECK(!isatty(device));
    close(device);
    const int closing = open("/dev/sev", O_RDWR | O_CLOEXEC);
    CHECK((fcntl(closing, F_GETFD) & FD_CLOEXEC) && (fcntl(closing, F_GETFL) & O_ACCMODE) == O_RDWR);
    close(closing);
    FAILS(ioctl(closing, SEV_ISSUE_CMD, path), EBADF);
    CHECK(stat("/", &state) == 0 && S_ISDIR(state.st_mode));
}

static int waitFor(pid_t child)
{
    int state = -1;
    return waitpid(child, &state, 0) == child && WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

static void handles(char *self)
{
    const int device = open("/dev/sev", O_RDWR);
    const int copy = dup(device), other = fcntl(device, F_DUPFD, 40);
    CHECK(works(copy) && works(other) && works(dup2(device, 50)));
    close(device);
    CHECK(works(copy));

    pid_t child = fork();
    if (child == 0)
        _exit(!works(copy) + !opens("/dev/sev"));
    CHECK(waitFor(child) == 0);
    char number[16];
    snprintf(number, sizeof number, "%d", copy);
    child = fork();
    if (child == 0) {
        execl(self, self, "inherited", number, (char *)0);
        _exit(99);
    }
    CHECK(waitFor(child) == 0);
    child = vfork();
    if (child == 0) {
        execl(self, self, "inherited", number, (char *)0);
        _exit(99);
    }
    CHECK(waitFor(child) == 0);

    // Sent to another process.
    int ends[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    child = fork();
    char byte = 0;
    char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec piece = {&byte, 1};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    if (child == 0) {
        close(copy);
        close(other);
        close(50);
        if (recvmsg(ends[1], &message, 0) != 1)
            _exit(98);
        int received;
        memcpy(&received, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof received);
        _exit(!works(received));
    }
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &copy, sizeof copy);
    CHECK(sendmsg(ends[0], &message, 0) == 1);
    CHECK(waitFor(child) == 0);
}

static void *manyTimes(void *unused)
{
    (void)unused;
    long bad = 0;
    for (int i = 0; i < 200; ++i)
        bad += !opens("/dev/sev");
    return (void *)bad;
}

static void threads(void)
{
    pthread_t running[8];
    for (int i = 0; i < 8; ++i)
        CHECK(pthread_create(&running[i], NULL, manyTimes, NULL) == 0);
    for (int i = 0; i < 8; ++i) {
        void *bad = NULL;
        CHECK(pthread_join(running[i], &bad) == 0 && bad == NULL);
    }
    // A thread with descriptors of its own.
    CHECK(unshare(CLONE_FILES) == 0);
    CHECK(opens("/dev/sev"));
}

static void registers(void)
{
    const int file = open("/dev/cpu/0/msr", O_RDONLY);
    uint64_t value = 0, pair[2] = {0, 0};
    CHECK(file >= 0);
    CHECK(pread(file, &value, 8, 0xc0010131) == 8 && value == 0x0131);
    CHECK(pread(file, &value, 8, 0xc0010132) == 8 && value == 0x0132);
    CHECK(lseek(file, 0xc0010010, SEEK_SET) == 0xc0010010);
    CHECK(read(file, &value, 8) == 8 && value == 0x0010);
    CHECK(read(file, pair, 16) == 16 && pair[0] == 0x0010 && pair[1] == 0x0010); // the offset is a number, and stays
    FAILS(pread(file, &value, 8, 0x10), EIO);
    FAILS(pread(file, nowhere, 8, 0xc0010131), EFAULT);
    const int copy = dup(file);
    CHECK(read(copy, &value, 8) == 8 && value == 0x0010);
    close(copy);
    close(file);
    const int writing = open("/dev/cpu/0/msr", O_RDWR);
    CHECK(lseek(writing, 0xc0010010, SEEK_SET) == 0xc0010010);
    FAILS(write(writing, &value, 8), EPERM);
    close(writing);
    FAILS(open("/dev/cpu/99999/msr", O_RDONLY), ENOENT);

    DIR *folder = opendir("/dev/cpu");
    long processors = 0;
    CHECK(folder);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        char path[300];
        snprintf(path, sizeof path, "%s/msr", entry->d_name);
        const int here = openat(dirfd(folder), path, O_RDONLY);
        processors += here >= 0 && pread(here, &value, 8, 0xc0010131) == 8;
        close(here);
    }
    CHECK(processors == sysconf(_SC_NPROCESSORS_CONF));
    closedir(folder);
}

static ssize_t whole(const char *path, char *into, size_t size)
{
    const int file = open(path, O_RDONLY);
    const ssize_t count = file < 0 ? -1 : read(file, into, size);
    const int number = errno;
    close(file);
    errno = number;
    return count;
}

static ssize_t put(const char *path, const void *from, size_t size)
{
    const int file = open(path, O_WRONLY);
    const ssize_t count = file < 0 ? -1 : write(file, from, size);
    const int number = errno;
    close(file);
    errno = number;
    return count;
}

// The reports are the test's: the request, and behind it the level; the certificates "table".
static void reports(void)
{
    char question[64], text[256];
    memset(question, 'q', sizeof question);
    CHECK(chdir("/") == 0);
    FAILS(stat("/sys/kernel/config/tsm/report/mine", &(struct stat){0}), ENOENT);
    CHECK(mkdir("/sys/kernel/config/tsm/report/mine", 0755) == 0);
    FAILS(mkdir("/sys/kernel/config/tsm/report/mine", 0755), EEXIST);
    FAILS(mkdir("/sys/kernel/config/tsm", 0755), EEXIST);
    struct stat state;
    CHECK(stat("/sys/kernel/config/tsm/report/mine", &state) == 0 && S_ISDIR(state.st_mode));
#define MINE "/sys/kernel/config/tsm/report/mine/"
    CHECK(stat(MINE "inblob", &state) == 0 && S_ISREG(state.st_mode) && (state.st_mode & 0777) == 0200);
    CHECK(whole(MINE "provider", text, sizeof text) == 10 && memcmp(text, "sev_guest\n", 10) == 0);
    CHECK(whole(MINE "generation", text, sizeof text) == 2 && memcmp(text, "0\n", 2) == 0);
    CHECK(whole(MINE "privlevel_floor", text, sizeof text) == 2 && memcmp(text, "1\n", 2) == 0);
    FAILS(whole(MINE "outblob", text, sizeof text), EINVAL); // nothing was asked
    FAILS(whole(MINE "inblob", text, sizeof text), EACCES);
    FAILS(put(MINE "outblob", "x", 1), EACCES);
    CHECK(put(MINE "inblob", question, 64) == 64);
    CHECK(whole(MINE "generation", text, sizeof text) == 2 && memcmp(text, "1\n", 2) == 0);
    CHECK(whole(MINE "outblob", text, sizeof text) == 65 && memcmp(text, question, 64) == 0 && text[64] == 1);
    CHECK(put(MINE "privlevel", "2", 1) == 1);
    CHECK(whole(MINE "outblob", text, sizeof text) == 65 && text[64] == 2);
    FAILS(put(MINE "privlevel", "0", 1), EINVAL);
    FAILS(put(MINE "privlevel", "4", 1), EINVAL);
    FAILS(put(MINE "privlevel", "many", 4), EINVAL);
    char tooLong[65] = "";
    FAILS(put(MINE "inblob", tooLong, 65), EFBIG);
    CHECK(whole(MINE "generation", text, sizeof text) == 2 && memcmp(text, "2\n", 2) == 0);
    CHECK(whole(MINE "auxblob", text, sizeof text) == 5 && memcmp(text, "table", 5) == 0);

    // In pieces: a file opened once is one content.
    int file = open(MINE "inblob", O_WRONLY);
    struct iovec pieces[2] = {{question, 16}, {question + 16, 16}};
    CHECK(writev(file, pieces, 2) == 32 && write(file, question + 32, 32) == 32);
    close(file);
    file = open(MINE "outblob", O_RDONLY);
    CHECK(read(file, text, 10) == 10 && read(file, text + 10, 200) == 55 && read(file, text, 1) == 0);
    CHECK(pread(file, text, 8, 60) == 5);
    close(file);

    DIR *folder = opendir("/sys/kernel/config/tsm/report/mine");
    int names = 0;
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        names += entry->d_name[0] != '.';
    CHECK(names == 7);
    if (folder) {
        file = openat(dirfd(folder), "provider", O_RDONLY);
        CHECK(read(file, text, sizeof text) == 10);
        close(file);
        closedir(folder);
    }
    CHECK(rmdir("/sys/kernel/config/tsm/report/mine") == 0);
    FAILS(rmdir("/sys/kernel/config/tsm/report/mine"), ENOENT);
    FAILS(rmdir("/sys/kernel/config/tsm/report"), EPERM);
    FAILS(open(MINE "outblob", O_RDONLY), ENOENT);
}

static void pointers(void)
{
    const int device = open("/dev/sev", O_RDWR);
    FAILS(ioctl(device, SEV_ISSUE_CMD, NULL), EFAULT);
    FAILS(ioctl(device, SEV_ISSUE_CMD, nowhere), EFAULT);
    FAILS(status(device, nowhere), EFAULT);
    char bytes[8];
    FAILS(ioctl(device, TIOCGWINSZ, bytes), ENOTTY);
    FAILS(read(device, bytes, 8), EINVAL);
    close(device);
}

static void readOnly(void)
{
    FAILS(open("/dev/sev", O_RDWR), EACCES);
    FAILS(open("/dev/sev", O_WRONLY), EACCES);
    FAILS(access("/dev/sev", W_OK), EACCES);
    const int device = open("/dev/sev", O_RDONLY);
    CHECK(works(device));
    close(device);
}

static void ignore(int number)
{
    (void)number;
}

// System calls without the C library, as Go makes them, under a storm of the signal that Go preempts with.
static long raw(long number, long a, long b, long c)
{
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
}

static atomic_int storming;

static void *storm(void *thread)
{
    while (storming)
        syscall(SYS_tgkill, getpid(), (pid_t)(intptr_t)thread, SIGURG);
    return NULL;
}

static void signals(void)
{
    struct sigaction action = {.sa_handler = ignore, .sa_flags = SA_RESTART};
    CHECK(sigaction(SIGURG, &action, NULL) == 0);
    const long device = raw(SYS_open, (long)"/dev/sev", O_RDWR | O_CLOEXEC, 0);
    struct sev_user_data_status before, after;
    struct sev_issue_cmd command = {.cmd = SEV_PLATFORM_STATUS, .data = (uintptr_t)&before};
    CHECK(raw(SYS_ioctl, device, SEV_ISSUE_CMD, (long)&command) == 0);
    pthread_t sender;
    storming = 1;
    CHECK(pthread_create(&sender, NULL, storm, (void *)(intptr_t)syscall(SYS_gettid)) == 0);
    command.data = (uintptr_t)&after;
    command.cmd = 201; // takes its time
    for (int i = 0; i < 50; ++i)
        CHECK(raw(SYS_ioctl, device, SEV_ISSUE_CMD, (long)&command) == 0);
    storming = 0;
    pthread_join(sender, NULL);
    CHECK(after.guest_count == before.guest_count + 50); // none ran twice
    CHECK(raw(SYS_close, device, 0, 0) == 0);
}

static void *slow(void *device)
{
    struct sev_issue_cmd command = {.cmd = 200, .data = 0};
    ioctl((int)(intptr_t)device, SEV_ISSUE_CMD, &command);
    return NULL;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (!strcmp(what, "paths") && argc > 2)
        paths(argv[2]);
    else if (!strcmp(what, "looks"))
        looks();
    else if (!strcmp(what, "handles"))
        handles(argv[0]);
    else if (!strcmp(what, "inherited") && argc > 2)
        CHECK(works(atoi(argv[2])));
    else if (!strcmp(what, "threads"))
        threads();
    else if (!strcmp(what, "registers"))
        registers();
    else if (!strcmp(what, "reports"))
        reports();
    else if (!strcmp(what, "pointers"))
        pointers();
    else if (!strcmp(what, "readonly"))
        readOnly();
    else if (!strcmp(what, "signals"))
        signals();
    else if (!strcmp(what, "exit") && argc > 2)
        return atoi(argv[2]);
    else if (!strcmp(what, "raise") && argc > 2)
        raise(atoi(argv[2]));
    else if (!strcmp(what, "slow")) { // one thread waits for the firmware, another is served, and a signal ends both
        pthread_t waiting;
        pthread_create(&waiting, NULL, slow, (void *)(intptr_t)open("/dev/sev", O_RDWR));
        const int device = open("/dev/sev", O_RDWR);
        struct sev_user_data_status state = {0};
        while (status(device, &state) == 0 && state.api_minor == 0)
            sched_yield();
        CHECK(state.api_minor == 1);
        if (failures == 0)
            kill(getpid(), SIGTERM);
        pause();
    } else if (!strcmp(what, "wait")) { // says when it is there, and waits for a signal
        sigset_t wanted;
        int number = 0;
        sigemptyset(&wanted);
        sigaddset(&wanted, SIGUSR1);
        sigprocmask(SIG_BLOCK, &wanted, NULL); // it may come before we wait
        puts("ready");
        fflush(stdout);
        CHECK(sigwait(&wanted, &number) == 0 && number == SIGUSR1);
        return 42;
    } else if (!strcmp(what, "child")) { // its child outlives it and needs the device then
        int ends[2];
        CHECK(pipe(ends) == 0);
        if (fork() == 0) {
            char byte;
            close(ends[1]);
            if (read(ends[0], &byte, 1) == 0 && opens("/dev/sev")) // the parent is gone
                close(open(argv[2], O_WRONLY | O_CREAT, 0600));
            _exit(0);
        }
    } else {
        fprintf(stderr, "probe: what is '%s'?\n", what);
        return 2;
    }
    return failures;
}
