/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Run a command and say what it cost, on the standard output of this program:
 *
 *     STATUS WALL_US CPU_US PEAK_KIB
 *
 * A small program, because the kernel counts the memory a process had before
 * it became the command into the command's peak. The command's own output goes
 * to the standard error. A command that is not done after 60 s is killed.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TIMEOUT_S 60

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

static pid_t start(char **command)
{
    pid_t pid = fork();

    if (pid < 0) {
        err(1, "fork");
    }
    if (pid == 0) {
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execv(command[0], command);
        warn("%s", command[0]);
        _exit(127);
    }
    return pid;
}

int main(int argc, char **argv)
{
    struct rusage cost;
    int64_t begin;
    int status;

    if (argc < 2) {
        errx(1, "usage: measure COMMAND [ARGUMENT]...");
    }
    signal(SIGALRM, kill_child);
    begin = now_us();
    child = start(argv + 1);
    alarm(TIMEOUT_S);
    while (wait4(child, &status, 0, &cost) < 0) {
        if (errno != EINTR) {
            err(1, "wait4");
        }
    }
    printf("%d %lld %lld %ld\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
           (long long)(now_us() - begin), (long long)(in_us(cost.ru_utime) + in_us(cost.ru_stime)), cost.ru_maxrss);
    return 0;
}
