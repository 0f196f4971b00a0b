import socket
import subprocess
import threading
import time

import pytest
from raw_http import signed_headers
from strongroom_server import STRONGROOM, Server


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "10.0.0.1:8470"])
def test_plain_http_beyond_loopback_is_refused_at_start(own_server, address):
    own_server.stop()
    result = own_server.run("serve", "--state", str(own_server.state), "--listen", address, check=False, timeout=30)
    assert result.returncode != 0
    assert result.stdout == ""
    assert "TLS" in result.stderr
    assert "hint:" in result.stderr


def test_port_0_picks_a_free_port_and_says_which(tmp_path):
    server = Server(tmp_path / "state").start("--listen", "127.0.0.1:0")
    try:
        assert server.port not in (0, 8470)
        assert server.client().list_keys()["Keys"] == []
    finally:
        server.close()
    assert len(server.stdout_lines) == 1


def test_a_port_in_use_is_said_so(own_server):
    busy = own_server.endpoint.removeprefix("http://")
    state = own_server.state.parent / "second"
    second = Server(state)
    result = second.run("serve", "--state", str(state), "--listen", busy, check=False, timeout=30)
    assert result.returncode != 0
    assert "hint:" in result.stderr


def test_sigterm_lets_a_request_finish(own_server):
    body = b"{}"
    headers = signed_headers(own_server, "ListKeys", body)
    headers |= {"Host": f"127.0.0.1:{own_server.port}", "Content-Length": str(len(body))}
    request = "POST / HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
    with socket.create_connection(("127.0.0.1", own_server.port), timeout=15) as connection:
        connection.sendall(request.encode() + body[:1])
        time.sleep(0.5)
        own_server.process.terminate()
        time.sleep(0.5)
        connection.sendall(body[1:])
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 200 "), answer
    assert own_server.process.wait(30) == 0


def test_sigterm_under_load_breaks_no_answer(own_server):
    kms = own_server.client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    finished, wrong = [], []

    def load():
        client = own_server.client()
        while True:
            try:
                client.encrypt(KeyId=key, Plaintext=b"x")
                finished.append(1)
            except Exception as error:  # noqa: BLE001 - refused connections are right, cut answers are not
                if "IncompleteRead" in repr(error) or "500" in repr(error):
                    wrong.append(repr(error))
                return

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    code = own_server.stop()
    for thread in threads:
        thread.join(30)
    assert code == 0
    assert len(finished) > 20
    assert wrong == []


def test_a_state_folder_that_was_not_initialised_is_said_so(tmp_path):
    result = subprocess.run(
        [STRONGROOM, "serve", "--state", tmp_path / "nothing"], capture_output=True, text=True, timeout=30
    )
    assert result.returncode != 0
    assert "strongroom: error:" in result.stderr
    assert "strongroom init" in result.stderr
