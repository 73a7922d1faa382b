/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Run a command and say what it cost, on the standard output of this program:
 *
 *     STATUS FIRST_US WALL_US CPU_US PEAK_KIB
 *
 * FIRST_US is when the command wrote its first byte to descriptor 3.
 *
 * A small program, because the kernel counts the memory a process had before
 * it became the command into the command's peak. The command's own output goes
 * to the standard error. A command that is not done after 60 s is killed.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TIMEOUT_S 60
#define FIRST_FD 3

static volatile pid_t child;

static void kill_child(int number)
{
    (void)number;
    kill(child, SIGKILL);
}

static int64_t now_us(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000ll + time.tv_nsec / 1000;
}

static int64_t in_us(struct timeval time)
{
    return time.tv_sec * 1000000ll + time.tv_usec;
}

static pid_t start(char **command, const int first[2])
{
    pid_t pid = fork();

    if (pid < 0) {
        err(1, "fork");
    }
    if (pid == 0) {
        dup2(STDERR_FILENO, STDOUT_FILENO);
        dup2(first[1], FIRST_FD);
        execv(command[0], command);
        warn("%s", command[0]);
        _exit(127);
    }
    return pid;
}

/* Wait for the byte, or the end of the command; the time is taken in both cases. */
static int64_t wait_for_first(int first)
{
    char byte;

    while (read(first, &byte, 1) < 0) {
        if (errno != EINTR) {
            err(1, "pipe");
        }
    }
    return now_us();
}

int main(int argc, char **argv)
{
    struct rusage cost;
    int64_t begin, first_us;
    int status, first[2];

    if (argc < 2) {
        errx(1, "usage: measure COMMAND [ARGUMENT]...");
    }
    if (pipe2(first, O_CLOEXEC) < 0) {
        err(1, "pipe");
    }
    signal(SIGALRM, kill_child);
    begin = now_us();
    child = start(argv + 1, first);
    alarm(TIMEOUT_S);
    close(first[1]);
    first_us = wait_for_first(first[0]) - begin;
    while (wait4(child, &status, 0, &cost) < 0) {
        if (errno != EINTR) {
            err(1, "wait4");
        }
    }
    printf("%d %lld %lld %lld %ld\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
           (long long)first_us, (long long)(now_us() - begin), (long long)(in_us(cost.ru_utime) + in_us(cost.ru_stime)), cost.ru_maxrss);
    return 0;
}
