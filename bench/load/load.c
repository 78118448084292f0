/* Holds N streams open on one server, publishes marked messages to it, and tells who got them and when.
 *
 * load PORT N REQUESTS PUBLISH [z|s|p<ms>|w<file>]...      all files hold bytes as they go over the line
 *   REQUESTS  one or more requests, each ended by a NUL; reader i sends number i modulo their count
 *   PUBLISH   the head of the publishing request. With "chunked" in it every message is one more line of one body,
 *             otherwise one request with a body of SIZE bytes. "-": somebody else publishes
 *   z         streams are gzip: all are counted in bytes, SAMPLES of them are inflated and looked into
 *   p<ms>     marks are prices of which a cent is a millisecond since <ms> of the epoch
 *   w<file>   said after the answer's head (the first frames of a WebSocket)      s  a WebSocket's pings are answered
 * On stdin: "closed W seconds" (W messages in flight), "open rate seconds", "listen seconds". Answers are JSON lines.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

enum { SIZE = 400, SPACE = 256, ROOM = 1 << 18, RING = 4096, SAMPLES = 8, PACE = 32, EVENTS = 512, SLOTS = 4096 };
typedef uint64_t u64;

struct reader {
    int fd, matched, tailed, ready;
    u64 next, payload, before, left, size;
    z_stream *inflating;
    char tail[SPACE];
};

static struct reader *readers, publisher = {.fd = -1};
static int count, polling, port, gzip, pongs, waiting_for, opened, failed, closed_loop;
static char *prelude, *publish_head, **requests;
static size_t prelude_size, publish_size, request_count, outgoing_size;
static u64 price_base, sequence, marks, lost, twice, received, reads, done, first_at, done_at, until, slots[SLOTS], worst;
static unsigned remaining[RING];
static char input[SPACE + ROOM], output[SPACE + ROOM], outgoing[1 << 16];

/* No two alike, as in life, for a compressor looks closely. Never more than SIZE. */
static const char ROW[] =
    "<li>@@%lu@%lu@<a href=\"/s/S%03u\">S%03u</a><span class=\"name\">Weekly Breakout</span><time "
    "datetime=\"2012-09-04T14:%02u:%02uZ\">14:%02u</time><span class=\"price\">%u.%02u</span><span class=\"change up\">"
    "+0.%02u</span><code>%08x</code><code>%08x</code></li>";

static u64 now(clockid_t clock) {
    struct timespec at;
    clock_gettime(clock, &at);
    return (u64)at.tv_sec * 1000000000ull + (u64)at.tv_nsec;
}

static void die(const char *what) {
    printf("{\"error\": \"%s: %s\"}\n", what, errno ? strerror(errno) : "");
    exit(1);
}

static char *contents(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    char *bytes = calloc(1, 1 << 22);
    if (!file || !bytes) die(path);
    *size = fread(bytes, 1, (1 << 22) - 1, file);
    fclose(file);
    return bytes;
}

static void say(int fd, const char *bytes, size_t size) {
    if (send(fd, bytes, size, MSG_NOSIGNAL) != (ssize_t)size) die("send"); /* which blocks */
}

static int dial(u64 tag) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = tag};
    struct linger at_once = {1, 0};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to)) die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    if (epoll_ctl(polling, EPOLL_CTL_ADD, fd, &event)) die("epoll");
    return fd;
}

static void publish(u64 due) {
    char *at = outgoing + outgoing_size;
    int chunked = publisher.ready;
    if (outgoing_size + publish_size + SIZE + 16 > sizeof outgoing) die("too much to publish");
    at = chunked ? at + sprintf(at, "%x\r\n", SIZE + 1) : mempcpy(at, publish_head, publish_size);
    unsigned any = (unsigned)(sequence * 2654435761u), cents = any % 100, symbol = any >> 8 & 511, clock = any >> 4 & 31;
    int written = sprintf(at, ROW, sequence, due, symbol, symbol, clock, cents, clock, any >> 20, cents, clock, any, ~any);
    memset(at + written, ' ', (size_t)(SIZE - written)), at += SIZE;
    if (chunked) at = mempcpy(at, "\n\r\n", 3);
    remaining[sequence++ % RING] = (unsigned)waiting_for;
    outgoing_size = (size_t)(at - outgoing);
}

static void flush(void) {
    if (outgoing_size) say(publisher.fd, outgoing, outgoing_size), outgoing_size = 0;
}

static unsigned slot(u64 value) {
    int shift = 63 - __builtin_clzll(value | 64) - 6;
    return (((unsigned)shift << 6) + (unsigned)(value >> shift)) % SLOTS;
}

static double percentile(double share) {
    u64 all = 0, seen = 0;
    for (int i = 0; i < SLOTS; i++) all += slots[i];
    for (unsigned i = 0; i < SLOTS; i++)
        if (all && (double)(seen += slots[i]) >= share * (double)all) {
            unsigned shift = i < 128 ? 0 : (i >> 6) - 1;
            return (double)((u64)(i - (shift << 6)) << shift) / 1e6;
        }
    return 0;
}

static void took(u64 wait) {
    slots[slot(wait)]++, marks++;
    if (wait > worst) worst = wait;
}

static void marked(struct reader *reader, u64 number, u64 due, u64 at) {
    if (number < reader->next && ++twice) return;
    lost += number - reader->next, reader->next = number + 1;
    took(at > due ? at - due : 0);
    if (--remaining[number % RING]) return;
    done++, done_at = at;
    if (closed_loop && at < until) publish(at);
}

/* One mark that begins at `at`; NULL when its end has not come yet. */
static char *mark(struct reader *reader, char *at, char *end, u64 time) {
    u64 values[2] = {0, 0};
    if (price_base) {
        char *cell = memchr(at, '>', (size_t)(end - at));
        char *number = cell ? memchr(cell + 1, '>', (size_t)(end - cell - 1)) : NULL;
        if (!number) return NULL;
        for (at = number + 1; at < end && *at != '<'; at++)
            if (*at >= '0' && *at <= '9') values[0] = values[0] * 10 + (u64)(*at - '0');
        if (at == end) return NULL;
        u64 sent = (price_base + values[0]) * 1000000, real = now(CLOCK_REALTIME);
        if (sent >= first_at) took(real > sent ? real - sent : 0);
        return at;
    }
    at += 2;
    for (int i = 0; i < 2; i++, at++) {
        for (; at < end && *at >= '0' && *at <= '9'; at++) values[i] = values[i] * 10 + (u64)(*at - '0');
        if (at == end) return NULL;
    }
    marked(reader, values[0], values[1], time);
    return at;
}

/* `at` has SPACE bytes of room before it for what was left over the last time. */
static void scan(struct reader *reader, char *at, size_t size, u64 time) {
    const char *needle = price_base ? "<td class=\"last" : "@@";
    size_t length = price_base ? 15 : 2;
    char *end = at + size, *found, *rest = end;
    at = memcpy(at - reader->tailed, reader->tail, (size_t)reader->tailed);
    while ((found = memmem(at, (size_t)(end - at), needle, length)))
        if (!(at = mark(reader, found, end, time))) break;
    if (found) rest = found;
    else for (size_t i = 1; i < length && i <= (size_t)(end - at); i++)
        if (!memcmp(end - i, needle, i)) rest = end - i;
    if (end - rest > SPACE) rest = end - SPACE;
    memcpy(reader->tail, rest, (size_t)(reader->tailed = (int)(end - rest)));
}

static void compressed(struct reader *reader, char *at, size_t size, u64 time) {
    reader->payload += size;
    if (!reader->inflating) return;
    z_stream *stream = reader->inflating;
    stream->next_in = (Bytef *)at, stream->avail_in = (uInt)size;
    do {
        stream->next_out = (Bytef *)output + SPACE, stream->avail_out = ROOM;
        int code = inflate(stream, Z_SYNC_FLUSH);
        if (code != Z_OK && code != Z_BUF_ERROR) die("a stream does not inflate");
        scan(reader, output + SPACE, ROOM - stream->avail_out, time);
    } while (stream->avail_out == 0);
}

static void unchunk(struct reader *reader, char *at, size_t size, u64 time) {
    for (char *end = at + size; at < end;) {
        if (reader->left > 2) {
            size_t run = (size_t)(end - at) < reader->left - 2 ? (size_t)(end - at) : reader->left - 2;
            compressed(reader, at, run, time), at += run, reader->left -= run;
        } else if (reader->left) at++, reader->left--;
        else if (*at == '\n') at++, reader->left = reader->size + 2, reader->size = 0;
        else if (*at == '\r') at++;
        else reader->size = reader->size * 16 + (u64)((*at & 15) + (*at > '9' ? 9 : 0)), at++;
    }
}

static void heard(struct reader *reader, u64 time) {
    char *at = input + SPACE;
    ssize_t size = recv(reader->fd, at, ROOM, MSG_DONTWAIT);
    char *end = at + size;
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) failed++, epoll_ctl(polling, EPOLL_CTL_DEL, reader->fd, NULL);
    if (size <= 0 || reader == &publisher) return;
    received += (u64)size, reads++;
    if (!reader->ready) {
        if (!reader->matched && memcmp(at + 9, "200", 3) && memcmp(at + 9, "101", 3)) errno = 0, die("refused");
        for (; at < end && reader->matched < 4; at++)
            reader->matched = *at == "\r\n\r\n"[reader->matched] ? reader->matched + 1 : *at == '\r';
        if (reader->matched < 4) return;
        reader->ready = 1, opened++;
        if (prelude) say(reader->fd, prelude, prelude_size);
    }
    if (pongs && memmem(at, (size_t)(end - at), "\x89\0", 2)) say(reader->fd, "\x8a\x80\0\0\0\0", 6);
    if (gzip) unchunk(reader, at, (size_t)(end - at), time);
    else if (at < end) scan(reader, at, (size_t)(end - at), time);
}

/* Serves what is there within `wait` ms; nanoseconds spent in waiting for nothing. */
static u64 turn(int wait) {
    struct epoll_event events[EVENTS];
    u64 before = now(CLOCK_MONOTONIC), time;
    int ready = epoll_wait(polling, events, EVENTS, wait), i = 0;
    for (time = now(CLOCK_MONOTONIC); i < ready; i++, time = now(CLOCK_MONOTONIC))
        heard(events[i].data.u64 ? readers + events[i].data.u64 - 1 : &publisher, time), flush();
    return ready > 0 ? 0 : time - before;
}

static void settle(u64 quiet, u64 most) {
    u64 begun = now(CLOCK_MONOTONIC), silent = 0;
    for (u64 idle; silent < quiet && now(CLOCK_MONOTONIC) - begun < most; silent = idle ? silent + idle : 0) idle = turn(20);
}

static void open_all(void) {
    u64 begun = now(CLOCK_MONOTONIC), ended;
    for (int i = 0; i < count; i++) {
        while (i - opened - failed >= PACE) turn(1000);
        struct reader *reader = readers + i;
        if (gzip && i % (count / SAMPLES + 1) == count / SAMPLES / 2) {
            reader->inflating = calloc(1, sizeof(z_stream));
            inflateInit2(reader->inflating, 31), waiting_for++;
        }
        char *asked = requests[(size_t)i % request_count];
        reader->fd = dial((u64)i + 1), say(reader->fd, asked, strlen(asked));
    }
    while (opened + failed < count && now(CLOCK_MONOTONIC) - begun < 120000000000ull) turn(1000);
    ended = now(CLOCK_MONOTONIC), waiting_for = gzip ? waiting_for : count;
    settle(300000000, 5000000000ull);
    if (publish_head) publisher.fd = dial(0), publisher.ready = strstr(publish_head, "chunked") != NULL;
    if (publisher.ready) say(publisher.fd, publish_head, publish_size);
    double seconds = (double)(ended - begun) / 1e9;
    printf("{\"phase\": \"opened\", \"readers\": %d, \"failed\": %d, \"seconds\": %.4f}\n", opened, failed, seconds);
}

static void run(const char *kind, double pace, double seconds) {
    u64 idle = 0, begun = now(CLOCK_MONOTONIC), at = begun, from = sequence, due = begun, least = UINT64_MAX, most = 0;
    memset(slots, 0, sizeof slots);
    marks = lost = twice = received = reads = done = worst = 0;
    first_at = now(CLOCK_REALTIME), done_at = begun, until = begun + (u64)(seconds * 1e9), closed_loop = *kind == 'c';
    for (int i = 0; i < count; i++) readers[i].before = readers[i].payload;
    for (int i = 0; closed_loop && i < (int)pace; i++) publish(now(CLOCK_MONOTONIC));
    flush();
    for (; at < until || (done < sequence - from && at < until + 60000000000ull); at = now(CLOCK_MONOTONIC)) {
        for (; *kind == 'o' && due <= at && due < until; due += (u64)(1e9 / pace)) publish(due);
        flush(), idle += turn(*kind == 'l' ? 20 : 0);
    }
    double took_seconds = (double)((closed_loop ? done_at : at) - begun) / 1e9, wall = (double)(at - begun) / 1e9;
    if (gzip) settle(100000000, 3000000000ull);
    for (int i = 0; i < count; i++) {
        u64 grown = readers[i].payload - readers[i].before;
        least = grown < least ? grown : least, most = grown > most ? grown : most;
    }
    printf("{\"phase\": \"%s\", \"pace\": %g, \"seconds\": %.6f, \"messages\": %lu, \"complete\": %lu, \"marks\": %lu, "
           "\"looked_into\": %d, \"lost\": %lu, \"twice\": %lu, \"failed\": %d, \"p50_ms\": %.4f, \"p99_ms\": %.4f, "
           "\"max_ms\": %.4f, \"bytes\": %lu, \"reads\": %lu, \"uneven_bytes\": %lu, \"idle\": %.4f}\n",
           kind, pace, took_seconds, sequence - from, done, marks, waiting_for, lost, twice, failed, percentile(.5),
           percentile(.99), (double)worst / 1e6, received, reads, gzip ? most - least : 0, (double)idle / 1e9 / wall);
}

int main(int argc, char **argv) {
    size_t size;
    if (argc < 5 || setvbuf(stdout, NULL, _IOLBF, 0)) return 2;
    port = atoi(argv[1]), count = atoi(argv[2]);
    char *text = contents(argv[3], &size), kind[16], line[128];
    requests = calloc(size + 1, sizeof *requests);
    for (char *at = text; at < text + size; at += strlen(at) + 1) requests[request_count++] = at;
    if (strcmp(argv[4], "-")) publish_head = contents(argv[4], &publish_size);
    for (int i = 5; i < argc; i++)
        if (*argv[i] == 'p') price_base = strtoull(argv[i] + 1, NULL, 10);
        else if (*argv[i] == 'w') prelude = contents(argv[i] + 1, &prelude_size);
        else *argv[i] == 'z' ? gzip++ : pongs++;
    readers = calloc((size_t)count, sizeof *readers);
    polling = epoll_create1(EPOLL_CLOEXEC);
    if (!readers || polling < 0) die("memory");
    open_all();
    while (fgets(line, sizeof line, stdin)) {
        double pace = 0, seconds = 0;
        if (sscanf(line, "%15s %lf %lf", kind, &pace, &seconds) == 2) seconds = pace, pace = 0;
        run(kind, pace, seconds);
    }
    return 0;
}
