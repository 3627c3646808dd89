/* Lets chosen calls on chosen files fail: loaded with LD_PRELOAD, and told through `failing_arm` what is to fail.

   A file is chosen by a part of its path. Calls are counted from the arming on, over all chosen files. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { SYNC = 1, WRITE = 2, SIZE = 4, NAME = 8 };          /* which calls */
enum { ONCE = 0, FOR_GOOD = 1, SHORT = 2, SHORT_FULL = 3 }; /* how they fail */

static char part[256];
static int calls, way, code;
static long nth, counted, failed;

void failing_arm(const char *path_part, int which, int how, int error, long number) {
    strncpy(part, path_part, sizeof part - 1);
    calls = which, way = how, code = error, nth = number, counted = failed = 0;
}

void failing_disarm(void) { calls = 0; }

long failing_hits(void) { return failed; }

long failing_counted(void) { return counted; }

/* Whether this call is to fail. */
static int fails(int call, const char *path) {
    if (!(calls & call) || !strstr(path, part) || strstr(path, ".reserve") || strstr(path, "-shm")) return 0;
    counted++;
    if (counted == nth || (counted > nth && (way == FOR_GOOD || way == SHORT_FULL))) {
        failed++;
        return 1;
    }
    return 0;
}

static int fails_on(int call, int file) {
    char link[64], path[4096];
    if (!(calls & call)) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return fails(call, path);
}

#define REAL(name, type, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name))

static int refused(void) {
    errno = code;
    return -1;
}

int fsync(int file) { return fails_on(SYNC, file) ? refused() : REAL(fsync, int, int)(file); }

int fdatasync(int file) { return fails_on(SYNC, file) ? refused() : REAL(fdatasync, int, int)(file); }

/* How much of a write is let through: all of it, half, or -1 for nothing. */
static ssize_t let(int file, size_t size) {
    if (!fails_on(WRITE, file)) return (ssize_t)size;
    return way == SHORT || (way == SHORT_FULL && failed == 1) ? (ssize_t)(size / 2) : -1;
}

ssize_t pwrite64(int file, const void *data, size_t size, off64_t at) {
    ssize_t some = let(file, size);
    return some < 0 ? refused() : REAL(pwrite64, ssize_t, int, const void *, size_t, off64_t)(file, data, some, at);
}

ssize_t pwrite(int file, const void *data, size_t size, off_t at) { return pwrite64(file, data, size, at); }

ssize_t write(int file, const void *data, size_t size) {
    ssize_t some = let(file, size);
    return some < 0 ? refused() : REAL(write, ssize_t, int, const void *, size_t)(file, data, some);
}

int ftruncate64(int file, off64_t size) {
    return fails_on(SIZE, file) ? refused() : REAL(ftruncate64, int, int, off64_t)(file, size);
}

int ftruncate(int file, off_t size) { return ftruncate64(file, size); }

int unlink(const char *path) { return fails(NAME, path) ? refused() : REAL(unlink, int, const char *)(path); }

int rename(const char *path, const char *to) {
    return fails(NAME, path) ? refused() : REAL(rename, int, const char *, const char *)(path, to);
}

int link(const char *path, const char *to) {
    return fails(NAME, path) ? refused() : REAL(link, int, const char *, const char *)(path, to);
}
