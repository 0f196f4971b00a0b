/*
 * A closed-loop HTTP/1.1 load generator: K keep-alive connections, one thread,
 * one request prepared beforehand and sent again and again, each as soon as the
 * answer to the one before is complete.
 *
 * It shares two processors with the server it measures, so it does as little as
 * it can: it neither builds nor signs requests (a SigV4 signature is good for
 * 15 minutes), and reads no more of an answer than it must to know that it is
 * complete and that its status is 200. Anything else is an error and is counted.
 */
#include "histogram.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { answer_room = 64 * 1024, most_connections = 1024, stop_after_errors = 100 };

struct connection {
    int socket;
    size_t sent, received;
    size_t expected; /* bytes of the whole answer, 0 until its head is here */
    uint64_t started;
    char answer[answer_room + 1];
};

static struct connection *connections;
static struct histogram latencies;
static struct sockaddr_in server;
static char *request;
static size_t request_length;
static uint64_t errors;
static int poller;

static _Noreturn void die(const char *what, const char *remedy) {
    fprintf(stderr, "load: error: %s%s%s; %s\n", what, errno ? ": " : "", errno ? strerror(errno) : "", remedy);
    exit(1);
}

static uint64_t nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void open_connection(struct connection *connection) {
    connection->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (connection->socket < 0) die("cannot make a socket", "raise the limit shown by `ulimit -n`");
    if (connect(connection->socket, (struct sockaddr *)&server, sizeof server) != 0)
        die("cannot connect", "is the server listening there?");
    int yes = 1;
    setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = connection };
    epoll_ctl(poller, EPOLL_CTL_ADD, connection->socket, &event);
}

/* Blocking: a request is a kilobyte and goes into an empty socket buffer in one call. */
static void send_request(struct connection *connection) {
    connection->received = connection->expected = 0;
    connection->started = nanoseconds();
    for (connection->sent = 0; connection->sent < request_length;) {
        ssize_t count = send(connection->socket, request + connection->sent, request_length - connection->sent,
                             MSG_NOSIGNAL);
        if (count < 0 && errno != EINTR) return; /* the read that follows reports the closed connection */
        if (count > 0) connection->sent += (size_t)count;
    }
}

static void reject(struct connection *connection, const char *why) {
    if (errors++ == 0) {
        connection->answer[connection->received] = 0;
        fprintf(stderr, "load: first error: %s\n%.600s\n", why, connection->answer);
    }
    if (errors >= stop_after_errors) {
        errno = 0;
        die("too many errors", "see the first one above; was the request signed within 15 minutes?");
    }
    close(connection->socket);
    open_connection(connection);
    send_request(connection);
}

/* The length of the whole answer, 0 while its head is incomplete, SIZE_MAX where the head is not one we take. */
static size_t answer_length(struct connection *connection) {
    connection->answer[connection->received] = 0;
    char *end = strstr(connection->answer, "\r\n\r\n");
    if (!end) return 0;
    if (strncmp(connection->answer, "HTTP/1.1 200 ", 13) != 0) return SIZE_MAX;
    size_t length = SIZE_MAX;
    for (char *line = connection->answer; line < end; line = strstr(line, "\r\n") + 2) {
        if (strncasecmp(line, "content-length:", 15) == 0)
            length = (size_t)(end - connection->answer) + 4 + strtoul(line + 15, NULL, 10);
        else if (strncasecmp(line, "connection: close", 17) == 0)
            return SIZE_MAX; /* nothing sent after this would be answered */
    }
    return length <= answer_room ? length : SIZE_MAX;
}

static void receive(struct connection *connection, bool measuring) {
    ssize_t count = recv(connection->socket, connection->answer + connection->received,
                         answer_room - connection->received, 0);
    if (count <= 0) {
        reject(connection, "the server closed the connection before its answer was complete");
        return;
    }
    connection->received += (size_t)count;
    if (connection->expected == 0) connection->expected = answer_length(connection);
    if (connection->expected == SIZE_MAX) {
        reject(connection, "an answer that is not 200, kept alive, with a Content-Length of at most 64 KiB");
    } else if (connection->expected != 0 && connection->received >= connection->expected) {
        if (connection->received > connection->expected) {
            reject(connection, "more bytes than the answer's Content-Length");
            return;
        }
        if (measuring) histogram_add(&latencies, (nanoseconds() - connection->started) / 1000);
        send_request(connection);
    }
}

/* What the generator itself takes away from the server it measures. */
static double processor_seconds(void) {
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

/* Returns how long it really ran, in seconds. */
static double run(double seconds, bool measuring) {
    uint64_t start = nanoseconds(), end = start + (uint64_t)(seconds * 1e9), now = start;
    struct epoll_event events[64];
    while (now < end) {
        int count = epoll_wait(poller, events, 64, 1000);
        if (count < 0 && errno != EINTR) die("epoll_wait", "this is a fault of the load generator");
        for (int i = 0; i < count; i++) receive(events[i].data.ptr, measuring);
        now = nanoseconds();
    }
    return (double)(now - start) / 1e9;
}

static void read_request(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) die(path, "make it with Benchmarks/sign.py");
    request = malloc(answer_room);
    request_length = fread(request, 1, answer_room, file);
    fclose(file);
    if (request_length == 0 || request_length == answer_room) {
        errno = 0;
        die("the request file is empty or over 64 KiB", "make it with Benchmarks/sign.py");
    }
}

int main(int count, char **arguments) {
    const char *address = NULL, *path = NULL;
    int port = 0, total = 1;
    double seconds = 5, warm_up = 1;
    for (int i = 1; i + 1 < count; i += 2) {
        const char *option = arguments[i], *value = arguments[i + 1];
        if (!strcmp(option, "--address")) address = value;
        else if (!strcmp(option, "--port")) port = atoi(value);
        else if (!strcmp(option, "--request")) path = value;
        else if (!strcmp(option, "--connections")) total = atoi(value);
        else if (!strcmp(option, "--seconds")) seconds = atof(value);
        else if (!strcmp(option, "--warm-up")) warm_up = atof(value);
        else address = NULL, i = count;
    }
    server = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    if (count % 2 == 0 || !address || !path || port <= 0 || port > 65535 || total < 1 || total > most_connections
        || !(seconds > 0) || inet_pton(AF_INET, address, &server.sin_addr) != 1) {
        fputs("usage: load --address IPV4 --port N --request FILE [--connections 1..1024] [--seconds N]"
              " [--warm-up N]\n", stderr);
        return 2;
    }
    read_request(path);
    connections = calloc((size_t)total, sizeof *connections);
    poller = epoll_create1(0);
    for (int i = 0; i < total; i++) {
        open_connection(&connections[i]);
        send_request(&connections[i]);
    }
    run(warm_up, false);
    histogram_clear(&latencies);
    double processor = processor_seconds();
    double elapsed = run(seconds, true);
    processor = processor_seconds() - processor;

    printf("{\"connections\": %d, \"seconds\": %.3f, \"requests\": %lu, \"perSecond\": %.0f, \"errors\": %lu, "
           "\"generatorProcessors\": %.2f, \"microseconds\": {\"min\": %lu, \"median\": %lu, \"p90\": %lu, \"p99\": %lu, \"p99.9\": %lu, \"max\": %lu}}\n",
           total, elapsed, latencies.total, (double)latencies.total / elapsed, errors, processor / elapsed,
           latencies.total ? latencies.min : 0, histogram_quantile(&latencies, 0.5),
           histogram_quantile(&latencies, 0.9), histogram_quantile(&latencies, 0.99),
           histogram_quantile(&latencies, 0.999), latencies.max);
    return errors == 0 && latencies.total > 0 ? 0 : 1;
}
