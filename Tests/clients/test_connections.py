"""Clients that mean no good, or have a bad line."""
import socket
import threading
import time

from raw_http import signed_headers

# The server gives a request 20 seconds to arrive; the rest is what a busy machine may add.
ARRIVAL = 20 + 15


def connect(server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=ARRIVAL)


def head(server, length: int, body: bytes = b"{}") -> bytes:
    headers = signed_headers(server, "ListKeys", body)
    headers.update({"Host": f"127.0.0.1:{server.port}", "Content-Length": str(length)})
    return b"POST / HTTP/1.1\r\n" + b"".join(f"{name}: {headers[name]}\r\n".encode() for name in headers) + b"\r\n"


def closed_within(connection: socket.socket, seconds: float) -> bool:
    connection.settimeout(seconds)
    try:
        while connection.recv(4096):
            pass
        return True
    except ConnectionError:
        return True
    except TimeoutError:
        return False


def memory(pid: int) -> int:
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS:"))


def test_an_oversized_body_is_refused_before_it_is_sent(server):
    with connect(server) as connection:
        connection.sendall(head(server, 2 << 20))
        connection.settimeout(5)
        assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_an_oversized_chunked_body_is_refused_and_not_kept(server):
    before = memory(server.process.pid)
    request = head(server, 0).replace(b"Content-Length: 0\r\n", b"Transfer-Encoding: chunked\r\n")
    answer = b""
    with connect(server) as connection:
        connection.sendall(request)
        try:
            for _ in range(64):
                connection.sendall(b"100000\r\n" + bytes(1 << 20) + b"\r\n")
        except ConnectionError:
            pass  # what a refusal looks like to someone who is still sending
        try:
            answer = connection.recv(4096)
        except ConnectionError:
            pass
    assert answer == b"" or answer.startswith(b"HTTP/1.1 413 ")
    assert memory(server.process.pid) - before < 32 << 20


def test_endless_headers_are_refused(server):
    answer = b""
    with connect(server) as connection:
        try:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n")
            for number in range(10_000):
                connection.sendall(b"X-Header-%d: %s\r\n" % (number, b"y" * 100))
        except ConnectionError:
            pass
        try:
            answer = connection.recv(4096)
        except ConnectionError:
            pass
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")


def test_slow_and_half_open_connections_are_closed_and_hold_up_nobody(server, kms, key):
    silent = connect(server)
    half_a_head = connect(server)
    half_a_head.sendall(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
    half_a_body = connect(server)
    half_a_body.sendall(head(server, 1000) + b"{")
    dripping = connect(server)
    dripping.sendall(head(server, 100_000))
    crowd = [connect(server) for _ in range(200)]
    start = time.monotonic()
    stop = threading.Event()

    def drip():
        # One byte a second: each arrives in time, the request as a whole does not.
        while not stop.wait(1):
            try:
                dripping.sendall(b" ")
            except OSError:
                return

    dripper = threading.Thread(target=drip, daemon=True)
    dripper.start()
    try:
        times = []
        for _ in range(50):
            before = time.monotonic()
            kms.encrypt(KeyId=key["KeyId"], Plaintext=b"others go on")
            times.append(time.monotonic() - before)
        assert sorted(times)[25] < 0.5
        for connection in (silent, half_a_head, half_a_body, dripping, *crowd):
            left = ARRIVAL - (time.monotonic() - start)
            assert closed_within(connection, max(left, 0.1)), "a connection that sends no request is still open"
    finally:
        stop.set()
        dripper.join()
        for connection in (silent, half_a_head, half_a_body, dripping, *crowd):
            connection.close()


def test_a_client_that_goes_away_in_mid_request_harms_nobody(server, kms, key):
    for _ in range(100):
        with connect(server) as connection:
            connection.sendall(head(server, 1000) + b"{")
    assert kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["KeyId"] == key["Arn"]


def test_pipelined_requests_are_answered_in_order(server):
    request = head(server, 2) + b"{}"
    with connect(server) as connection:
        connection.sendall(request * 5)
        received = b""
        connection.settimeout(10)
        while received.count(b"HTTP/1.1 200 ") < 5:
            part = connection.recv(65536)
            assert part, received
            received += part
