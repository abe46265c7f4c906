// SPDX-License-Identifier: Apache-2.0
// Runs one program and adopts what it leaves behind: orphans are reaped at once (the first process of a container may
// take seconds, and libvirt waits for every one of them), signals are passed on, the exit status is passed through. It
// ends with the program, not with the orphans: a keep that was detached lives on and goes to the first process.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile pid_t child;

static void pass_on(int signal_number, siginfo_t *info, void *context)
{
    (void)context;
    // What the terminal sends reaches the whole foreground group already; only what somebody sent to us alone is passed
    // on.
    if (info->si_code <= 0 && child > 0)
        kill(child, signal_number);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: reap PROGRAM [ARGUMENT...]\n");
        return 2;
    }
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
        fprintf(stderr, "reap: cannot become the reaper of orphans: %s\n", strerror(errno));
        return 3;
    }

    static const int passed[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGCONT, SIGALRM};
    sigset_t all, before;
    sigemptyset(&all);
    for (size_t i = 0; i < sizeof passed / sizeof *passed; ++i)
        sigaddset(&all, passed[i]);
    sigprocmask(SIG_BLOCK, &all, &before); // none may arrive before there is a child to pass it to

    child = fork();
    if (child < 0) {
        fprintf(stderr, "reap: cannot start %s: %s\n", argv[1], strerror(errno));
        return 3;
    }
    if (child == 0) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        execvp(argv[1], argv + 1);
        fprintf(stderr, "dev: cannot run %s: %s\n", argv[1], strerror(errno));
        _exit(errno == ENOENT ? 127 : 126);
    }

    struct sigaction action = {.sa_sigaction = pass_on, .sa_flags = SA_SIGINFO | SA_RESTART};
    for (size_t i = 0; i < sizeof passed / sizeof *passed; ++i)
        sigaction(passed[i], &action, NULL);
    sigprocmask(SIG_SETMASK, &before, NULL);

    for (;;) {
        int status = 0;
        const pid_t ended = wait(&status);
        if (ended < 0 && errno == EINTR)
            continue;
        if (ended < 0)
            return 3;
        if (ended != child)
            continue;
        if (WIFEXITED(status))
            return WEXITSTATUS(status);
        // Die of the same signal, so that the caller sees what happened; without a second core file.
        const int signal_number = WTERMSIG(status);
        const struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        signal(signal_number, SIG_DFL);
        sigset_t one;
        sigemptyset(&one);
        sigaddset(&one, signal_number);
        sigprocmask(SIG_UNBLOCK, &one, NULL);
        kill(getpid(), signal_number);
        return 128 + signal_number;
    }
}
