/* Preloaded into a program by scripts/crash and scripts/faults: makes system calls fail, kills the program at named points,
 * records what a power cut could take, and moves the clock. All by the environment:
 *
 *   FAULTS          rules, joined by ";": CALL:TEXT:FIRST:COUNT:WHAT
 *                     CALL   open read write sync truncate rename unlink mkdir socket accept resolve send, or `change`: whatever
 *                            changes a file system
 *                     TEXT   is in the file's path; for `send`, in what is sent; for `resolve`, in the name; empty for all
 *                     FIRST  the first matching call that is meant, from 1
 *                     COUNT  so many of them; 0 for all that follow
 *                     WHAT   an errno (ENOSPC EIO EMFILE EROFS EACCES), or SIGKILL: kill, before the call; kill-after;
 *                            kill-torn, after half of a write; hang: two minutes, for `resolve` alone
 *   FAULTS_GATE     a file; while it does not exist, no rule counts
 *   FAULTS_HITS     a file that gets a line for each rule that was applied
 *   FAULTS_JOURNAL  a file that records each change under FAULTS_ROOT, each sync, and what went out through sockets
 *   FAULTS_ROOT     a folder
 *   FAULTS_CLOCK    a file with the seconds that the wall clock is ahead of the true one
 *
 * scripts/support/rig.py reads the journal: one record is a line "KIND OFFSET LENGTH PATH\n" and LENGTH bytes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))real(#name))
#define MAX_RULES 16
#define MAX_SENT 65536

enum { APPLY_NOT, APPLY_ERRNO, APPLY_KILL, APPLY_KILL_AFTER, APPLY_KILL_TORN, APPLY_HANG };

struct rule {
    char call[12], text[128];
    long first, count;
    int how, error;
    atomic_long seen;
};

static struct rule rules[MAX_RULES];
static int rule_count, journal = -1, hits = -1;
static const char *gate, *root, *clock_file;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) abort();
    return found;
}

/* A rule that cannot be read must not pass for a fault that did no harm. */
static void refuse(const char *text) {
    fprintf(stderr, "faults: %s\n", text);
    _exit(99);
}

static void parse(char *text) {
    static const struct { const char *name; int how, error; } actions[] = {
        {"ENOSPC", APPLY_ERRNO, ENOSPC}, {"EIO", APPLY_ERRNO, EIO}, {"EMFILE", APPLY_ERRNO, EMFILE},
        {"EROFS", APPLY_ERRNO, EROFS}, {"EACCES", APPLY_ERRNO, EACCES}, {"kill", APPLY_KILL, 0},
        {"kill-after", APPLY_KILL_AFTER, 0}, {"kill-torn", APPLY_KILL_TORN, 0}, {"hang", APPLY_HANG, 0}};
    char *next = NULL;
    for (char *entry = strtok_r(text, ";", &next); entry; entry = strtok_r(NULL, ";", &next)) {
        if (rule_count == MAX_RULES) refuse("too many rules");
        struct rule *rule = &rules[rule_count++];
        char *part[5], *rest = entry;
        for (int i = 0; i < 5; i++)
            if (!(part[i] = strsep(&rest, ":"))) refuse("a rule has five parts");
        if (rest || strlen(part[0]) >= sizeof rule->call || strlen(part[1]) >= sizeof rule->text) refuse("a rule is too long");
        strcpy(rule->call, part[0]);
        strcpy(rule->text, part[1]);
        rule->first = atol(part[2]);
        rule->count = atol(part[3]);
        for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
            if (!strcmp(part[4], actions[i].name)) rule->how = actions[i].how, rule->error = actions[i].error;
        if (rule->first < 1 || rule->how == APPLY_NOT) refuse("a rule's number or action is none");
    }
}

static void begin(void) {
    gate = getenv("FAULTS_GATE");
    root = getenv("FAULTS_ROOT");
    clock_file = getenv("FAULTS_CLOCK");
    const char *text = getenv("FAULTS"), *path = getenv("FAULTS_JOURNAL");
    int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
    if (text) parse(strdup(text));
    if (path && (journal = (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0600)) < 0) refuse("the journal cannot be opened");
    path = getenv("FAULTS_HITS");
    if (path && (hits = (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0600)) < 0) refuse("the hits cannot be opened");
}

static int is_change(const char *call) {
    static const char *changes[] = {"create", "write", "truncate", "rename", "unlink", "mkdir"};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        if (!strcmp(call, changes[i])) return 1;
    return 0;
}

/* Which rule this call meets. One that kills before the call does not come back. */
static struct rule *meet(const char *call, const char *text, size_t length) {
    pthread_once(&once, begin);
    struct rule *met = NULL;
    if (!rule_count || (gate && syscall(SYS_faccessat, AT_FDCWD, gate, F_OK) != 0)) return NULL;
    for (int i = 0; i < rule_count && !met; i++) {
        struct rule *rule = &rules[i];
        int fits = !strcmp(rule->call, call) || (!strcmp(rule->call, "change") && is_change(call)) ||
                   (!strcmp(rule->call, "open") && !strcmp(call, "create"));
        if (!fits || (rule->text[0] && !memmem(text, length, rule->text, strlen(rule->text)))) continue;
        long number = atomic_fetch_add(&rule->seen, 1) + 1;
        if (number < rule->first || (rule->count && number >= rule->first + rule->count)) continue;
        met = rule;
    }
    if (!met) return NULL;
    char line[256];
    int size = snprintf(line, sizeof line, "%s %s %d\n", met->call, met->text, met->how);
    if (hits >= 0) syscall(SYS_write, hits, line, size);
    if (met->how == APPLY_KILL) syscall(SYS_kill, getpid(), SIGKILL);
    return met;
}

static struct rule *meet_path(const char *call, const char *path) { return meet(call, path, strlen(path)); }
static int fails(struct rule *rule) { return rule && rule->how == APPLY_ERRNO ? (errno = rule->error, 1) : 0; }
static void after(struct rule *rule) {
    if (rule && rule->how != APPLY_ERRNO) syscall(SYS_kill, getpid(), SIGKILL);
}

/* The path of a descriptor; empty for what is no file. */
static void path_of(int fd, char path[PATH_MAX]) {
    char name[40];
    int saved = errno;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(name, path, PATH_MAX - 1);
    path[length > 0 ? length : 0] = 0;
    if (path[0] != '/') path[0] = 0;
    errno = saved;
}

static void absolute(int folder, const char *path, char out[PATH_MAX]) {
    char base[PATH_MAX] = "";
    if (path[0] != '/' && (folder != AT_FDCWD ? (path_of(folder, base), 0) : !getcwd(base, sizeof base))) base[0] = 0;
    if (path[0] == '/') snprintf(out, PATH_MAX, "%s", path);
    else snprintf(out, PATH_MAX, "%.*s/%s", PATH_MAX / 2, base, path);
}

static int watched(const char *path) { return journal >= 0 && root && !strncmp(path, root, strlen(root)); }
static int is_idle(void) {
    pthread_once(&once, begin);
    return !rule_count && journal < 0;
}

static void record(char kind, const char *path, long long offset, const struct iovec *parts, int count, size_t length) {
    char head[PATH_MAX + 64];
    int saved = errno;
    int size = snprintf(head, sizeof head, "%c %lld %zu %s\n", kind, offset, length, path);
    char *all = malloc(size + length);
    if (!all) abort();
    memcpy(all, head, size);
    size_t at = size;
    for (int i = 0; i < count && at < size + length; i++) {
        size_t part = parts[i].iov_len < size + length - at ? parts[i].iov_len : size + length - at;
        memcpy(all + at, parts[i].iov_base, part);
        at += part;
    }
    if (syscall(SYS_write, journal, all, at) != (long)at) abort();
    free(all);
    errno = saved;
}

static void note(char kind, const char *path, long long offset) { record(kind, path, offset, NULL, 0, 0); }

/* One write to a file, whatever its form; `offset` is -1 for the descriptor's own. */
static ssize_t do_write(int fd, const struct iovec *parts, int count, off_t offset) {
    char path[PATH_MAX];
    path_of(fd, path);
    struct rule *rule = path[0] ? meet_path("write", path) : NULL;
    if (fails(rule)) return -1;
    int is_watched = path[0] && watched(path);
    if (is_watched) pthread_mutex_lock(&lock);
    struct iovec half = parts[0];
    if (rule && rule->how == APPLY_KILL_TORN) half.iov_len /= 2, parts = &half, count = 1;
    off_t at = offset;
    if (is_watched && at < 0) {
        int flags = fcntl(fd, F_GETFL);
        at = flags & O_APPEND ? lseek(fd, 0, SEEK_END) : lseek(fd, 0, SEEK_CUR);
    }
    ssize_t done = offset < 0 ? syscall(SYS_writev, fd, parts, count)
                              : syscall(SYS_pwritev, fd, parts, count, (long)offset, 0L);
    if (is_watched) {
        if (done > 0) record('W', path, at, parts, count, done);
        pthread_mutex_unlock(&lock);
    }
    after(rule);
    return done;
}

/* What goes out through a socket: counted as said once it is handed over. */
static int is_socket(int fd) {
    struct stat info;
    return fstat(fd, &info) == 0 && S_ISSOCK(info.st_mode);
}

static void sent(int fd, const struct iovec *parts, int count, ssize_t done, struct rule *rule) {
    char name[24];
    if (done > 0 && journal >= 0) {
        snprintf(name, sizeof name, "%d", fd);
        pthread_mutex_lock(&lock);
        record('A', name, 0, parts, count, done < MAX_SENT ? done : MAX_SENT);
        pthread_mutex_unlock(&lock);
    }
    after(rule);
}

static struct rule *meet_sent(const struct iovec *parts, int count) {
    struct rule *rule = NULL;
    for (int i = 0; i < count && !rule; i++) rule = meet("send", parts[i].iov_base, parts[i].iov_len);
    return rule;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    if (is_idle() || count < 1) return REAL(writev)(fd, parts, count);
    if (!is_socket(fd)) return do_write(fd, parts, count, -1);
    struct rule *rule = meet_sent(parts, count);
    if (fails(rule)) return -1;
    ssize_t done = REAL(writev)(fd, parts, count);
    sent(fd, parts, count, done, rule);
    return done;
}

ssize_t write(int fd, const void *bytes, size_t length) {
    if (is_idle()) return REAL(write)(fd, bytes, length);
    struct iovec part = {(void *)bytes, length};
    return writev(fd, &part, 1);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
    if (is_idle()) return REAL(pwrite64)(fd, bytes, length, offset);
    struct iovec part = {(void *)bytes, length};
    return do_write(fd, &part, 1, offset);
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return pwrite64(fd, bytes, length, offset); }

ssize_t send(int fd, const void *bytes, size_t length, int flags) {
    if (is_idle()) return REAL(send)(fd, bytes, length, flags);
    struct iovec part = {(void *)bytes, length};
    struct rule *rule = meet_sent(&part, 1);
    if (fails(rule)) return -1;
    ssize_t done = REAL(send)(fd, bytes, length, flags);
    sent(fd, &part, 1, done, rule);
    return done;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    if (is_idle()) return REAL(sendmsg)(fd, message, flags);
    struct rule *rule = meet_sent(message->msg_iov, (int)message->msg_iovlen);
    if (fails(rule)) return -1;
    ssize_t done = REAL(sendmsg)(fd, message, flags);
    sent(fd, message->msg_iov, (int)message->msg_iovlen, done, rule);
    return done;
}

ssize_t read(int fd, void *bytes, size_t length) {
    char path[PATH_MAX];
    if (!is_idle() && rule_count && (path_of(fd, path), path[0]) && fails(meet_path("read", path))) return -1;
    return REAL(read)(fd, bytes, length);
}

ssize_t pread64(int fd, void *bytes, size_t length, off64_t offset) {
    char path[PATH_MAX];
    if (!is_idle() && rule_count && (path_of(fd, path), path[0]) && fails(meet_path("read", path))) return -1;
    return REAL(pread64)(fd, bytes, length, offset);
}
ssize_t pread(int fd, void *bytes, size_t length, off_t offset) { return pread64(fd, bytes, length, offset); }

static int do_sync(int fd, long number) {
    if (is_idle()) return (int)syscall(number, fd);
    char path[PATH_MAX];
    path_of(fd, path);
    struct rule *rule = meet_path("sync", path);
    if (fails(rule)) return -1;
    int is_watched = watched(path);
    if (is_watched) pthread_mutex_lock(&lock);
    int done = (int)syscall(number, fd);
    if (is_watched) {
        if (done == 0) note('S', path, 0);
        pthread_mutex_unlock(&lock);
    }
    after(rule);
    return done;
}
int fsync(int fd) { return do_sync(fd, SYS_fsync); }
int fdatasync(int fd) { return do_sync(fd, SYS_fdatasync); }

int ftruncate64(int fd, off64_t length) {
    if (is_idle()) return (int)syscall(SYS_ftruncate, fd, length);
    char path[PATH_MAX];
    path_of(fd, path);
    struct rule *rule = meet_path("truncate", path);
    if (fails(rule)) return -1;
    int is_watched = watched(path);
    if (is_watched) pthread_mutex_lock(&lock);
    int done = (int)syscall(SYS_ftruncate, fd, length);
    if (is_watched) {
        if (done == 0) note('T', path, length);
        pthread_mutex_unlock(&lock);
    }
    after(rule);
    return done;
}
int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

static int do_open(int folder, const char *path, int flags, mode_t mode) {
    if (is_idle()) return (int)syscall(SYS_openat, folder, path, flags, mode);
    char full[PATH_MAX];
    absolute(folder, path, full);
    struct rule *rule = meet_path(flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC) ? "create" : "open", full);
    if (fails(rule)) return -1;
    int is_watched = watched(full) && flags & (O_CREAT | O_TRUNC);
    struct stat info;
    if (is_watched) pthread_mutex_lock(&lock);
    int was = is_watched && fstatat(AT_FDCWD, full, &info, 0) == 0;
    int fd = (int)syscall(SYS_openat, folder, path, flags, mode);
    if (is_watched) {
        if (fd >= 0 && !was) note('C', full, 0);
        if (fd >= 0 && was && flags & O_TRUNC) note('T', full, 0);
        pthread_mutex_unlock(&lock);
    }
    after(rule);
    return fd;
}

static mode_t mode_of(int flags, va_list list) { return flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0; }
#define OPEN(name, folder_parameter, folder)                                                                             \
    int name(folder_parameter const char *path, int flags, ...) {                                                        \
        va_list list;                                                                                                    \
        va_start(list, flags);                                                                                           \
        mode_t mode = mode_of(flags, list);                                                                              \
        va_end(list);                                                                                                    \
        return do_open(folder, path, flags, mode);                                                                       \
    }
#define NOTHING
OPEN(open, NOTHING, AT_FDCWD)
OPEN(open64, NOTHING, AT_FDCWD)
#define FOLDER int folder,
OPEN(openat, FOLDER, folder)
OPEN(openat64, FOLDER, folder)

int rename(const char *from, const char *to) {
    if (is_idle()) return REAL(rename)(from, to);
    char first[PATH_MAX], second[PATH_MAX];
    absolute(AT_FDCWD, from, first);
    absolute(AT_FDCWD, to, second);
    struct rule *rule = meet_path("rename", second);
    if (fails(rule)) return -1;
    int is_watched = watched(second);
    if (is_watched) pthread_mutex_lock(&lock);
    int done = REAL(rename)(from, to);
    if (is_watched) {
        struct iovec part = {first, strlen(first)};
        if (done == 0) record('R', second, 0, &part, 1, part.iov_len);
        pthread_mutex_unlock(&lock);
    }
    after(rule);
    return done;
}

static int do_unlink(int folder, const char *path, int flags) {
    if (is_idle()) return (int)syscall(SYS_unlinkat, folder, path, flags);
    char full[PATH_MAX];
    absolute(folder, path, full);
    struct rule *rule = meet_path("unlink", full);
    if (fails(rule)) return -1;
    int is_watched = watched(full);
    if (is_watched) pthread_mutex_lock(&lock);
    int done = (int)syscall(SYS_unlinkat, folder, path, flags);
    if (is_watched) {
        if (done == 0) note('U', full, 0);
        pthread_mutex_unlock(&lock);
    }
    after(rule);
    return done;
}
int unlink(const char *path) { return do_unlink(AT_FDCWD, path, 0); }
int unlinkat(int folder, const char *path, int flags) { return do_unlink(folder, path, flags); }
int rmdir(const char *path) { return do_unlink(AT_FDCWD, path, AT_REMOVEDIR); }

int mkdir(const char *path, mode_t mode) {
    if (is_idle()) return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    char full[PATH_MAX];
    absolute(AT_FDCWD, path, full);
    struct stat info;
    /* As the system does it: what is there already is not made, on a read-only disk either. */
    struct rule *rule = fstatat(AT_FDCWD, full, &info, 0) == 0 ? NULL : meet_path("mkdir", full);
    if (fails(rule)) return -1;
    int is_watched = watched(full);
    if (is_watched) pthread_mutex_lock(&lock);
    int done = (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    if (is_watched) {
        if (done == 0) note('D', full, 0);
        pthread_mutex_unlock(&lock);
    }
    after(rule);
    return done;
}

int socket(int domain, int type, int protocol) {
    if (!is_idle() && fails(meet("socket", "", 0))) return -1;
    return REAL(socket)(domain, type, protocol);
}

int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags) {
    if (!is_idle() && fails(meet("accept", "", 0))) return -1;
    return REAL(accept4)(fd, address, length, flags);
}
int accept(int fd, struct sockaddr *address, socklen_t *length) { return accept4(fd, address, length, 0); }

/* A resolver that does not answer. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    struct rule *rule = node && !is_idle() ? meet_path("resolve", node) : NULL;
    if (rule && rule->how == APPLY_HANG) {
        sleep(120);
        return EAI_AGAIN;
    }
    return REAL(getaddrinfo)(node, service, hints, found);
}

/* Read anew each time: the clock of a program that runs is to jump. */
static long long ahead(void) {
    pthread_once(&once, begin);
    if (!clock_file) return 0;
    int saved = errno;
    char text[32] = "";
    int fd = (int)syscall(SYS_openat, AT_FDCWD, clock_file, O_RDONLY | O_CLOEXEC, 0);
    if (fd >= 0) {
        if (syscall(SYS_read, fd, text, sizeof text - 1) < 0) text[0] = 0;
        syscall(SYS_close, fd);
    }
    errno = saved;
    return atoll(text);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    int done = (int)syscall(SYS_clock_gettime, clock, time);
    if (done == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += ahead();
    return done;
}

int gettimeofday(struct timeval *time, void *zone) {
    int done = (int)syscall(SYS_gettimeofday, time, zone);
    if (done == 0) time->tv_sec += ahead();
    return done;
}

time_t time(time_t *out) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out) *out = now.tv_sec;
    return now.tv_sec;
}
