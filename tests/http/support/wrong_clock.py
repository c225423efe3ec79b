"""Processes whose machine has the wrong time."""

import subprocess

MOVED = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
int clock_gettime(clockid_t which, struct timespec* t)
{
    int (*real)(clockid_t, struct timespec*) = dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(which, t);
    if (which == CLOCK_REALTIME) t->tv_sec += atol(getenv("CLOCK_IS_OFF_BY"));
    return failed;
}
"""


def build(folder):
    """Moves a process's wall clock and nothing else: faketime also holds up timers when it moves time back."""
    (folder / "clock.c").write_text(MOVED)
    library = folder / "clock.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, folder / "clock.c"], check=True)
    return lambda seconds: {
        "LD_PRELOAD": str(library),
        "CLOCK_IS_OFF_BY": str(seconds),
        "ASAN_OPTIONS": "verify_asan_link_order=0",
    }
