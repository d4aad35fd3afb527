/*
 * A disk that fails or is slow, for one program: preloaded (LD_PRELOAD), it stands between the program and its C library's writes and
 * syncs. What it does is read at every call from a file that the test maps and rewrites while the program runs.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* As faulty-io.ts writes it. */
struct control {
  _Atomic int32_t sync_delay_ms;
  _Atomic int32_t sync_errno;
  _Atomic int32_t write_errno;
  /* Calls that still succeed before the faults begin. */
  _Atomic int32_t spared;
  /* Counted here, read by the test. */
  _Atomic int32_t failed;
  _Atomic int32_t delayed;
  /* The faults concern files whose path holds this. */
  char path_part[232];
};

static struct control *control;

__attribute__((constructor)) static void map_control(void) {
  const char *path = getenv("FAULTY_IO_CONTROL");
  int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *mapped = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (mapped != MAP_FAILED) control = mapped;
}

static int concerns(int file) {
  char link[32], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  return strstr(path, control->path_part) != NULL;
}

/* Whether this call fails; errno is set then. */
static int fails(int file, int32_t code) {
  if (code == 0 || !concerns(file)) return 0;
  if (atomic_load(&control->spared) > 0 && atomic_fetch_sub(&control->spared, 1) > 0) return 0;
  atomic_fetch_add(&control->failed, 1);
  errno = code;
  return 1;
}

static int write_fails(int file) { return control && fails(file, atomic_load(&control->write_errno)); }

static int sync_fails(int file) {
  if (!control) return 0;
  int32_t delay_ms = atomic_load(&control->sync_delay_ms);
  if (delay_ms > 0 && concerns(file)) {
    struct timespec pause = {delay_ms / 1000, (delay_ms % 1000) * 1000000L};
    nanosleep(&pause, NULL);
    atomic_fetch_add(&control->delayed, 1);
  }
  return fails(file, atomic_load(&control->sync_errno));
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define WRITE(name, parameters, arguments)                \
  ssize_t name parameters {                               \
    static __typeof__(&name) next;                        \
    if (!next) next = NEXT(name);                         \
    return write_fails(file) ? -1 : next arguments;       \
  }
WRITE(write, (int file, const void *bytes, size_t size), (file, bytes, size))
WRITE(pwrite, (int file, const void *bytes, size_t size, off_t at), (file, bytes, size, at))
WRITE(pwrite64, (int file, const void *bytes, size_t size, off64_t at), (file, bytes, size, at))
WRITE(writev, (int file, const struct iovec *pieces, int count), (file, pieces, count))
WRITE(pwritev, (int file, const struct iovec *pieces, int count, off_t at), (file, pieces, count, at))
WRITE(pwritev64, (int file, const struct iovec *pieces, int count, off64_t at), (file, pieces, count, at))

#define SYNC(name)                                        \
  int name(int file) {                                    \
    static __typeof__(&name) next;                        \
    if (!next) next = NEXT(name);                         \
    return sync_fails(file) ? -1 : next(file);            \
  }
SYNC(fsync)
SYNC(fdatasync)
