// SPDX-License-Identifier: Apache-2.0
// For LD_PRELOAD: the time of day is GOLDEN_CLOCK_OFFSET_S seconds off, so that the records of an
// old data directory have not expired yet.
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec* time) {
    const long done = syscall(SYS_clock_gettime, clock, time);
    const char* offset = getenv("GOLDEN_CLOCK_OFFSET_S");
    if (done == 0 && clock == CLOCK_REALTIME && offset) time->tv_sec += atol(offset);
    return (int)done;
}
