/* Writes down, in order, everything that a process does to the files under one folder.
 *
 * Preloaded into the process (LD_PRELOAD). POWER_CUT_FOLDER: the real path of the folder that is watched;
 * POWER_CUT_LOG: the file that takes the log, outside of it. What is written to standard output is logged
 * too, so that the log knows what was told before which write. One mutex is held over each operation and
 * its entry: the order in the log is the order in which things happened, and when fsync is in the log,
 * everything before it was.
 *
 * An entry, little-endian: u8 kind, u8 flag, u16 length of name, u16 length of second name, u64 inode,
 * u64 offset, u32 length of data; then both names (relative to the folder) and the data. replay.py reads it.
 *
 * What it cannot see: writes through a mapping (logged as kind 'm', refused by replay.py for all but -shm
 * files) and stdio inside the C library. replay.py therefore compares the replay of the whole log with
 * the folder, so that a blind spot is an error and not a pass.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;
static char folder[PATH_MAX];
static size_t folder_length;

#pragma pack(push, 1)
struct entry {
    uint8_t kind, flag;
    uint16_t name_length, second_length;
    uint64_t inode, offset;
    uint32_t data_length;
};
#pragma pack(pop)

static void give_up(const char *why)
{
    static const char prefix[] = "write_log: ";
    syscall(SYS_write, 2, prefix, sizeof prefix - 1);
    syscall(SYS_write, 2, why, strlen(why));
    syscall(SYS_write, 2, "\n", 1);
    abort();
}

__attribute__((constructor)) static void start(void)
{
    const char *log = getenv("POWER_CUT_LOG"), *watched = getenv("POWER_CUT_FOLDER");
    if (!log || !watched)
        return;
    if (!realpath(watched, folder))
        give_up("the watched folder is not there");
    folder_length = strlen(folder);
    long fd = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        give_up("the log cannot be opened");
    log_fd = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 700); /* out of the way of programs that count */
    syscall(SYS_close, fd);
}

static void write_entry(char kind, int flag, uint64_t inode, uint64_t offset, const char *name, const char *second,
                        const void *data, size_t length)
{
    size_t name_length = name ? strlen(name) : 0, second_length = second ? strlen(second) : 0;
    struct entry head = {(uint8_t)kind, (uint8_t)flag, (uint16_t)name_length, (uint16_t)second_length,
                         inode, offset, (uint32_t)length};
    struct iovec parts[4] = {{&head, sizeof head},
                             {(void *)name, name_length},
                             {(void *)second, second_length},
                             {(void *)data, length}};
    ssize_t wanted = (ssize_t)(sizeof head + name_length + second_length + length);
    if (syscall(SYS_writev, log_fd, parts, 4) != wanted)
        give_up("the log cannot be written");
}

/* Is the path inside the folder? Gives its name relative to it; the folder itself is ".". */
static int name_inside(const char *path, char *name)
{
    if (strncmp(path, folder, folder_length) != 0)
        return 0;
    if (path[folder_length] == '\0') {
        strcpy(name, ".");
        return 1;
    }
    if (path[folder_length] != '/')
        return 0;
    strcpy(name, path + folder_length + 1);
    return 1;
}

static int name_of_fd(int fd, char *name)
{
    char link[64], path[PATH_MAX];
    if (log_fd < 0 || fd < 0 || fd == log_fd)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    if (length <= 0)
        return 0;
    path[length] = '\0';
    return name_inside(path, name);
}

/* The name of a path that need not exist: its folder is resolved, its last part is not followed. */
static int name_of_path(int at, const char *path, char *name)
{
    char whole[PATH_MAX * 2], parent[PATH_MAX];
    if (log_fd < 0 || !path || !*path)
        return 0;
    if (path[0] == '/') {
        snprintf(whole, sizeof whole, "%s", path);
    } else if (at == AT_FDCWD) {
        if (!getcwd(parent, sizeof parent))
            return 0;
        snprintf(whole, sizeof whole, "%s/%s", parent, path);
    } else {
        char link[64];
        snprintf(link, sizeof link, "/proc/self/fd/%d", at);
        ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, parent, sizeof parent - 1);
        if (length <= 0)
            return 0;
        parent[length] = '\0';
        snprintf(whole, sizeof whole, "%s/%s", parent, path);
    }
    size_t length = strlen(whole);
    while (length > 1 && whole[length - 1] == '/')
        whole[--length] = '\0';
    char *last = strrchr(whole, '/');
    if (!last)
        return 0;
    *last = '\0';
    if (!realpath(*whole ? whole : "/", parent))
        return 0;
    if (strlen(parent) + strlen(last + 1) + 2 > PATH_MAX)
        return 0;
    size_t used = strlen(parent);
    snprintf(parent + used, sizeof parent - used, "/%s", last + 1);
    return name_inside(parent, name);
}

static uint64_t inode_of_fd(int fd)
{
    struct stat found;
    return fstat(fd, &found) == 0 ? (uint64_t)found.st_ino : 0;
}

static uint64_t inode_of_path(int at, const char *path)
{
    struct stat found;
    return fstatat(at, path, &found, AT_SYMLINK_NOFOLLOW) == 0 ? (uint64_t)found.st_ino : 0;
}

/* ---- opening: creation is an entry of the folder, O_TRUNC is a truncation ---- */

static int open_logged(int at, const char *path, int flags, mode_t mode)
{
    char name[PATH_MAX];
    pthread_mutex_lock(&order);
    int watched = (flags & (O_CREAT | O_TRUNC)) && name_of_path(at, path, name);
    uint64_t before = watched ? inode_of_path(at, path) : 0;
    int fd = (int)syscall(SYS_openat, at, path, flags, mode);
    int error = errno;
    if (fd >= 0 && watched) {
        if (!before)
            write_entry('c', 0, inode_of_fd(fd), 0, name, NULL, NULL, 0);
        else if (flags & O_TRUNC)
            write_entry('t', 0, before, 0, name, NULL, NULL, 0);
    }
    pthread_mutex_unlock(&order);
    errno = error;
    return fd;
}

#define MODE_OF(flags)                                          \
    mode_t mode = 0;                                            \
    if ((flags) & (O_CREAT | __O_TMPFILE)) {                    \
        va_list rest;                                           \
        va_start(rest, flags);                                  \
        mode = va_arg(rest, mode_t);                            \
        va_end(rest);                                           \
    }

int open(const char *path, int flags, ...) { MODE_OF(flags) return open_logged(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE_OF(flags) return open_logged(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE_OF(flags) return open_logged(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE_OF(flags) return open_logged(at, path, flags, mode); }
int creat(const char *path, mode_t mode) { return open_logged(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return open_logged(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode); }
int __open_2(const char *path, int flags) { return open_logged(AT_FDCWD, path, flags, 0); }
int __open64_2(const char *path, int flags) { return open_logged(AT_FDCWD, path, flags, 0); }
int __openat_2(int at, const char *path, int flags) { return open_logged(at, path, flags, 0); }
int __openat64_2(int at, const char *path, int flags) { return open_logged(at, path, flags, 0); }

/* ---- content ---- */

static ssize_t write_logged(int fd, const struct iovec *parts, int count, off64_t offset)
{
    char name[PATH_MAX];
    pthread_mutex_lock(&order);
    int told = log_fd >= 0 && fd == STDOUT_FILENO, watched = !told && name_of_fd(fd, name);
    off64_t at = offset;
    if (told)
        for (int part = 0; part < count; part++)
            write_entry('o', 0, 0, 0, NULL, NULL, parts[part].iov_base, parts[part].iov_len);
    if (watched && offset < 0) {
        struct stat found;
        int flags = (int)syscall(SYS_fcntl, fd, F_GETFL);
        at = (flags & O_APPEND) && fstat(fd, &found) == 0 ? found.st_size : syscall(SYS_lseek, fd, 0L, SEEK_CUR);
    }
    ssize_t written = offset < 0 ? syscall(SYS_writev, fd, parts, count)
                                 : syscall(SYS_pwritev, fd, parts, count, (long)offset, (long)(offset >> 32 >> 32));
    int error = errno;
    if (watched && written > 0) {
        uint64_t inode = inode_of_fd(fd);
        size_t left = (size_t)written;
        for (int part = 0; part < count && left; part++) {
            size_t length = parts[part].iov_len < left ? parts[part].iov_len : left;
            if (length)
                write_entry('w', 0, inode, (uint64_t)at, name, NULL, parts[part].iov_base, length);
            at += (off64_t)length;
            left -= length;
        }
    }
    pthread_mutex_unlock(&order);
    errno = error;
    return written;
}

#define ONE_PART struct iovec part = {(void *)data, length}
ssize_t write(int fd, const void *data, size_t length) { ONE_PART; return write_logged(fd, &part, 1, -1); }
ssize_t pwrite(int fd, const void *data, size_t length, off_t at) { ONE_PART; return write_logged(fd, &part, 1, at); }
ssize_t pwrite64(int fd, const void *data, size_t length, off64_t at) { ONE_PART; return write_logged(fd, &part, 1, at); }
ssize_t writev(int fd, const struct iovec *parts, int count) { return write_logged(fd, parts, count, -1); }
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) { return write_logged(fd, parts, count, at); }
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at) { return write_logged(fd, parts, count, at); }

ssize_t pwritev64v2(int fd, const struct iovec *parts, int count, off64_t at, int flags)
{
    if (flags)
        give_up("pwritev2 with a flag that replay does not know");
    return write_logged(fd, parts, count, at);
}

ssize_t pwritev2(int fd, const struct iovec *parts, int count, off_t at, int flags) { return pwritev64v2(fd, parts, count, at, flags); }

/* Bytes that the kernel moved by itself are read back from the file. */
static void log_moved(int fd, off64_t at, size_t length)
{
    char name[PATH_MAX], piece[65536], link[64];
    if (!name_of_fd(fd, name))
        return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int readable = (int)syscall(SYS_openat, AT_FDCWD, link, O_RDONLY | O_CLOEXEC, 0);
    while (length) {
        ssize_t got = syscall(SYS_pread64, readable, piece, length < sizeof piece ? length : sizeof piece, at);
        if (got <= 0)
            give_up("a copy cannot be read back");
        write_entry('w', 0, inode_of_fd(fd), (uint64_t)at, name, NULL, piece, (size_t)got);
        at += got;
        length -= (size_t)got;
    }
    syscall(SYS_close, readable);
}

ssize_t sendfile64(int out, int in, off64_t *offset, size_t length)
{
    pthread_mutex_lock(&order);
    off64_t at = syscall(SYS_lseek, out, 0L, SEEK_CUR);
    ssize_t moved = syscall(SYS_sendfile, out, in, offset, length);
    int error = errno;
    if (moved > 0 && at >= 0)
        log_moved(out, at, (size_t)moved);
    pthread_mutex_unlock(&order);
    errno = error;
    return moved;
}

ssize_t sendfile(int out, int in, off_t *offset, size_t length) { return sendfile64(out, in, (off64_t *)offset, length); }

ssize_t copy_file_range(int in, off64_t *in_at, int out, off64_t *out_at, size_t length, unsigned int flags)
{
    pthread_mutex_lock(&order);
    off64_t at = out_at ? *out_at : syscall(SYS_lseek, out, 0L, SEEK_CUR);
    ssize_t moved = syscall(SYS_copy_file_range, in, in_at, out, out_at, length, flags);
    int error = errno;
    if (moved > 0)
        log_moved(out, at, (size_t)moved);
    pthread_mutex_unlock(&order);
    errno = error;
    return moved;
}

static int ftruncate_logged(int fd, off64_t size)
{
    char name[PATH_MAX];
    pthread_mutex_lock(&order);
    int watched = name_of_fd(fd, name);
    int result = (int)syscall(SYS_ftruncate, fd, size), error = errno;
    if (result == 0 && watched)
        write_entry('t', 0, inode_of_fd(fd), (uint64_t)size, name, NULL, NULL, 0);
    pthread_mutex_unlock(&order);
    errno = error;
    return result;
}

static int truncate_logged(const char *path, off64_t size)
{
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    int result = ftruncate_logged(fd, size), error = errno;
    syscall(SYS_close, fd);
    errno = error;
    return result;
}

int ftruncate(int fd, off_t size) { return ftruncate_logged(fd, size); }
int ftruncate64(int fd, off64_t size) { return ftruncate_logged(fd, size); }
int truncate(const char *path, off_t size) { return truncate_logged(path, size); }
int truncate64(const char *path, off64_t size) { return truncate_logged(path, size); }

/* Room made in advance only changes the size, and only where no flag forbids it. */
static int fallocate_logged(int fd, int how, off64_t at, off64_t length)
{
    char name[PATH_MAX];
    struct stat before = {0}, after = {0};
    pthread_mutex_lock(&order);
    int watched = name_of_fd(fd, name) && fstat(fd, &before) == 0;
    if (watched && how & ~FALLOC_FL_KEEP_SIZE)
        give_up("fallocate with a flag that replay does not know");
    int result = (int)syscall(SYS_fallocate, fd, how, at, length), error = errno;
    if (result == 0 && watched && fstat(fd, &after) == 0 && after.st_size != before.st_size)
        write_entry('t', 0, (uint64_t)after.st_ino, (uint64_t)after.st_size, name, NULL, NULL, 0);
    pthread_mutex_unlock(&order);
    errno = error;
    return result;
}

int fallocate(int fd, int how, off_t at, off_t length) { return fallocate_logged(fd, how, at, length); }
int fallocate64(int fd, int how, off64_t at, off64_t length) { return fallocate_logged(fd, how, at, length); }
int posix_fallocate(int fd, off_t at, off_t length) { return fallocate_logged(fd, 0, at, length) ? errno : 0; }
int posix_fallocate64(int fd, off64_t at, off64_t length) { return fallocate_logged(fd, 0, at, length) ? errno : 0; }

static void *mmap_logged(void *where, size_t length, int access, int flags, int fd, off64_t at)
{
    char name[PATH_MAX];
    if (fd >= 0 && (flags & (MAP_SHARED | MAP_SHARED_VALIDATE)) && (access & PROT_WRITE) && name_of_fd(fd, name)) {
        pthread_mutex_lock(&order);
        write_entry('m', 0, inode_of_fd(fd), (uint64_t)at, name, NULL, NULL, 0);
        pthread_mutex_unlock(&order);
    }
    return (void *)syscall(SYS_mmap, where, length, access, flags, fd, at);
}

void *mmap(void *where, size_t length, int access, int flags, int fd, off_t at) { return mmap_logged(where, length, access, flags, fd, at); }
void *mmap64(void *where, size_t length, int access, int flags, int fd, off64_t at) { return mmap_logged(where, length, access, flags, fd, at); }

/* ---- entries of folders ---- */

static int rename_logged(int from_at, const char *from, int to_at, const char *to, unsigned int flags)
{
    char name[PATH_MAX], second[PATH_MAX];
    pthread_mutex_lock(&order);
    int leaves = name_of_path(from_at, from, name), enters = name_of_path(to_at, to, second);
    if (leaves != enters || (enters && flags & ~1u)) /* RENAME_NOREPLACE is 1 */
        give_up("a rename across the border of the watched folder, or an exchange");
    int result = (int)syscall(SYS_renameat2, from_at, from, to_at, to, flags), error = errno;
    if (result == 0 && enters)
        write_entry('r', 0, inode_of_path(to_at, to), 0, name, second, NULL, 0);
    pthread_mutex_unlock(&order);
    errno = error;
    return result;
}

int rename(const char *from, const char *to) { return rename_logged(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int from_at, const char *from, int to_at, const char *to) { return rename_logged(from_at, from, to_at, to, 0); }
int renameat2(int from_at, const char *from, int to_at, const char *to, unsigned int flags) { return rename_logged(from_at, from, to_at, to, flags); }

static int unlink_logged(int at, const char *path, int flags)
{
    char name[PATH_MAX];
    pthread_mutex_lock(&order);
    int watched = name_of_path(at, path, name);
    uint64_t inode = watched ? inode_of_path(at, path) : 0;
    int result = (int)syscall(SYS_unlinkat, at, path, flags), error = errno;
    if (result == 0 && watched)
        write_entry('u', flags & AT_REMOVEDIR ? 1 : 0, inode, 0, name, NULL, NULL, 0);
    pthread_mutex_unlock(&order);
    errno = error;
    return result;
}

int unlink(const char *path) { return unlink_logged(AT_FDCWD, path, 0); }
int unlinkat(int at, const char *path, int flags) { return unlink_logged(at, path, flags); }
int rmdir(const char *path) { return unlink_logged(AT_FDCWD, path, AT_REMOVEDIR); }
int remove(const char *path) { return unlink(path) == 0 ? 0 : errno == EISDIR ? rmdir(path) : -1; }

static int mkdir_logged(int at, const char *path, mode_t mode)
{
    char name[PATH_MAX];
    pthread_mutex_lock(&order);
    int watched = name_of_path(at, path, name);
    int result = (int)syscall(SYS_mkdirat, at, path, mode), error = errno;
    if (result == 0 && watched)
        write_entry('d', 0, inode_of_path(at, path), 0, name, NULL, NULL, 0);
    pthread_mutex_unlock(&order);
    errno = error;
    return result;
}

int mkdir(const char *path, mode_t mode) { return mkdir_logged(AT_FDCWD, path, mode); }
int mkdirat(int at, const char *path, mode_t mode) { return mkdir_logged(at, path, mode); }

static int link_logged(int from_at, const char *from, int to_at, const char *to, int flags)
{
    char name[PATH_MAX];
    pthread_mutex_lock(&order);
    int watched = name_of_path(to_at, to, name);
    int result = (int)syscall(SYS_linkat, from_at, from, to_at, to, flags), error = errno;
    if (result == 0 && watched)
        write_entry('l', 0, inode_of_path(to_at, to), 0, name, NULL, NULL, 0);
    pthread_mutex_unlock(&order);
    errno = error;
    return result;
}

int link(const char *from, const char *to) { return link_logged(AT_FDCWD, from, AT_FDCWD, to, 0); }
int linkat(int from_at, const char *from, int to_at, const char *to, int flags) { return link_logged(from_at, from, to_at, to, flags); }

int symlinkat(const char *target, int at, const char *path)
{
    char name[PATH_MAX];
    if (name_of_path(at, path, name))
        give_up("a symbolic link in the watched folder");
    return (int)syscall(SYS_symlinkat, target, at, path);
}

int symlink(const char *target, const char *path) { return symlinkat(target, AT_FDCWD, path); }

/* ---- what makes things durable ---- */

static int sync_logged(int fd, long call)
{
    char name[PATH_MAX];
    pthread_mutex_lock(&order);
    int watched = name_of_fd(fd, name);
    int result = (int)syscall(call, fd), error = errno;
    if (result == 0 && watched)
        write_entry('s', 0, inode_of_fd(fd), 0, name, NULL, NULL, 0);
    pthread_mutex_unlock(&order);
    errno = error;
    return result;
}

int fsync(int fd) { return sync_logged(fd, SYS_fsync); }
int fdatasync(int fd) { return sync_logged(fd, SYS_fdatasync); }

static int sync_all_logged(int fd)
{
    pthread_mutex_lock(&order);
    int result = fd < 0 ? (int)syscall(SYS_sync) : (int)syscall(SYS_syncfs, fd), error = errno;
    if (result == 0 && log_fd >= 0)
        write_entry('S', 0, 0, 0, NULL, NULL, NULL, 0);
    pthread_mutex_unlock(&order);
    errno = error;
    return result;
}

void sync(void) { sync_all_logged(-1); }
int syncfs(int fd) { return sync_all_logged(fd); }
