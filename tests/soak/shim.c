/* Records what a process does to the files of one folder: every write, truncation, sync and removal,
 * in the order in which they ended. Preloaded into the real server; see power_loss.py.
 *
 * With SOAK_FAULTS it also makes calls fail: that file holds three numbers of 32 bits, which whoever
 * watches may change at any time: which calls (1 writes, 2 syncs, 4 reads), how many of them still
 * succeed, and how many fail after that with EIO. See io_errors.py.
 *
 * Build: cc -shared -fPIC -O2 -o shim.so shim.c -ldl -lpthread
 * Use:   SOAK_FOLDER=/path SOAK_LOG=/path/log LD_PRELOAD=./shim.so command
 *
 * A record is one header, the file's name and the data, appended in one piece. Another process may
 * append records of its own to the same log, such as what it was told.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES 4096
struct header { uint8_t kind; uint8_t name; uint16_t zero; uint32_t size; uint64_t offset; };

static char names[FILES][128];
static char folder[PATH_MAX];
static int log_file = -1;
struct faults { uint32_t calls, after, times; };
static volatile struct faults *faults;
enum { WRITES = 1, SYNCS = 2, READS = 4 };

#define REAL(type, name) ((type)dlsym(RTLD_NEXT, name))

static void record(char kind, const char *name, uint64_t offset, const void *data, size_t size)
{
    struct header head = { (uint8_t)kind, (uint8_t)strlen(name), 0, (uint32_t)size, offset };
    struct iovec parts[3] = {
        { &head, sizeof head }, { (void *)name, strlen(name) }, { (void *)data, size }
    };
    int saved = errno;
    if (log_file < 0) return;
    syscall(SYS_writev, log_file, parts, 3);
    errno = saved;
}

__attribute__((constructor)) static void begin(void)
{
    const char *log = getenv("SOAK_LOG"), *watched = getenv("SOAK_FOLDER");
    const char *failing = getenv("SOAK_FAULTS");
    if (!watched || !realpath(watched, folder)) return;
    if (failing) {
        int file = (int)syscall(SYS_openat, AT_FDCWD, failing, O_RDWR | O_CLOEXEC, 0);
        void *page = mmap(NULL, sizeof *faults, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (page != MAP_FAILED) faults = page;
    }
    if (log) log_file = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

/* The name of a file right inside the folder, or NULL. */
static const char *inside(const char *path)
{
    static __thread char whole[PATH_MAX];
    size_t length = strlen(folder);
    const char *slash = strrchr(path, '/');
    char parent[PATH_MAX];
    if ((log_file < 0 && !faults) || !slash || slash == path || (size_t)(slash - path) >= sizeof parent) return NULL;
    memcpy(parent, path, slash - path);
    parent[slash - path] = 0;
    if (!realpath(parent, whole) || strcmp(whole, folder) || strlen(slash + 1) > 100) return NULL;
    return length ? slash + 1 : NULL;
}

static int opened(int file, const char *path, int flags)
{
    const char *name = file >= 0 && file < FILES ? inside(path) : NULL;
    if (file >= 0 && file < FILES) names[file][0] = 0;
    if (name) {
        strcpy(names[file], name);
        if ((flags & O_ACCMODE) != O_RDONLY && (flags & O_TRUNC)) record('t', name, 0, "", 0);
    }
    return file;
}

#define OPEN(function, real_name) \
    int function(const char *path, int flags, ...) \
    { \
        va_list rest; va_start(rest, flags); \
        int mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, int) : 0; \
        va_end(rest); \
        return opened(REAL(int (*)(const char *, int, ...), real_name)(path, flags, mode), path, flags); \
    }
OPEN(open, "open")
OPEN(open64, "open64")

#define OPENAT(function, real_name) \
    int function(int at, const char *path, int flags, ...) \
    { \
        va_list rest; va_start(rest, flags); \
        int mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, int) : 0; \
        va_end(rest); \
        return opened(REAL(int (*)(int, const char *, int, ...), real_name)(at, path, flags, mode), path, flags); \
    }
OPENAT(openat, "openat")
OPENAT(openat64, "openat64")

int close(int file)
{
    if (file >= 0 && file < FILES) names[file][0] = 0;
    return REAL(int (*)(int), "close")(file);
}

static const char *known(int file)
{
    return file >= 0 && file < FILES && names[file][0] ? names[file] : NULL;
}

/* Is this call on a watched file one of those that fail? */
static int fails(int file, uint32_t call)
{
    if (!faults || !known(file) || !(faults->calls & call)) return 0;
    uint32_t after = faults->after;
    while (after && !__sync_bool_compare_and_swap(&faults->after, after, after - 1)) after = faults->after;
    if (after) return 0;
    uint32_t times = faults->times;
    while (times && !__sync_bool_compare_and_swap(&faults->times, times, times - 1)) times = faults->times;
    if (times) errno = EIO;
    return times != 0;
}

#define PREAD(function) \
    ssize_t function(int file, void *data, size_t size, off64_t at) \
    { \
        if (fails(file, READS)) return -1; \
        return REAL(ssize_t (*)(int, void *, size_t, off64_t), #function)(file, data, size, at); \
    }
PREAD(pread)
PREAD(pread64)

ssize_t read(int file, void *data, size_t size)
{
    if (fails(file, READS)) return -1;
    return REAL(ssize_t (*)(int, void *, size_t), "read")(file, data, size);
}

#define PWRITE(function) \
    ssize_t function(int file, const void *data, size_t size, off64_t at) \
    { \
        if (fails(file, WRITES)) return -1; \
        ssize_t done = REAL(ssize_t (*)(int, const void *, size_t, off64_t), #function)(file, data, size, at); \
        if (done > 0 && known(file)) record('w', known(file), (uint64_t)at, data, (size_t)done); \
        return done; \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

ssize_t write(int file, const void *data, size_t size)
{
    if (fails(file, WRITES)) return -1;
    off_t at = known(file) ? lseek(file, 0, SEEK_CUR) : 0;
    ssize_t done = REAL(ssize_t (*)(int, const void *, size_t), "write")(file, data, size);
    if (done > 0 && known(file)) record('w', known(file), (uint64_t)at, data, (size_t)done);
    return done;
}

#define TRUNCATE(function) \
    int function(int file, off64_t size) \
    { \
        if (fails(file, WRITES)) return -1; \
        int done = REAL(int (*)(int, off64_t), #function)(file, size); \
        if (done == 0 && known(file)) record('t', known(file), (uint64_t)size, "", 0); \
        return done; \
    }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)

#define SYNC(function) \
    int function(int file) \
    { \
        if (fails(file, SYNCS)) return -1; \
        int done = REAL(int (*)(int), #function)(file); \
        if (done == 0 && known(file)) record('s', known(file), 0, "", 0); \
        return done; \
    }
SYNC(fsync)
SYNC(fdatasync)

int unlink(const char *path)
{
    const char *name = inside(path);
    char kept[128] = "";
    if (name) strcpy(kept, name);
    int done = REAL(int (*)(const char *), "unlink")(path);
    if (done == 0 && kept[0]) record('d', kept, 0, "", 0);
    return done;
}

int rename(const char *from, const char *to)
{
    char old[128] = "", new[128] = "";
    if (inside(from)) strcpy(old, inside(from));
    if (inside(to)) strcpy(new, inside(to));
    int done = REAL(int (*)(const char *, const char *), "rename")(from, to);
    if (done == 0 && old[0] && new[0]) record('r', old, 0, new, strlen(new));
    return done;
}
