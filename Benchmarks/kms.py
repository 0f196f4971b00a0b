"""A client of the KMS API that is just enough for a benchmark.

Standard library only: the benchmark must not depend on an installed SDK.
"""
import base64
import configparser
import datetime
import hashlib
import hmac
import http.client
import json
import sys
import urllib.parse


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _digest(key: bytes, value: str) -> bytes:
    return hmac.new(key, value.encode(), hashlib.sha256).digest()


def signed(path: str, headers: dict, body: bytes, key_id: str, secret: str, place: str) -> dict:
    """The headers with AWS Signature Version 4, which lets one signature be sent again for some minutes. `place` is
    REGION/SERVICE."""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{now[:8]}/{place}/aws4_request"
    headers = {**headers, "x-amz-date": now}
    names = ";".join(sorted(headers))
    canonical = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = f"POST\n{path}\n\n{canonical}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    to_sign = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = ("AWS4" + secret).encode()
    for part in scope.split("/"):
        key = _digest(key, part)
    signature = f"SignedHeaders={names}, Signature={_digest(key, to_sign).hex()}"
    return {**headers, "authorization": f"AWS4-HMAC-SHA256 Credential={key_id}/{scope}, {signature}"}


class Server:
    """One keep-alive connection, with the credentials that `strongroom init` wrote."""

    def __init__(self, credentials: str, endpoint: str, timeout: float = 120):
        parser = configparser.ConfigParser(interpolation=None)
        if not parser.read(credentials) or "strongroom" not in parser:
            sys.exit(f"error: no profile [strongroom] in {credentials}; run `strongroom init` first")
        self.profile = parser["strongroom"]
        self.host = urllib.parse.urlsplit(endpoint).netloc
        self.connection = http.client.HTTPConnection(self.host, timeout=timeout)

    def _headers(self, operation: str, body: bytes) -> dict:
        headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"TrentService.{operation}"}
        return signed(
            "/", {**headers, "host": self.host}, body, self.profile["aws_access_key_id"],
            self.profile["aws_secret_access_key"], f"{self.profile['region']}/kms")

    def attempt(self, operation: str, **parameters) -> tuple[int, dict]:
        """One request: the HTTP status and the answer, whatever they are. A connection that fails is an OSError or an
        HTTPException, and the next request opens another one."""
        body = json.dumps(parameters).encode()
        try:
            self.connection.request("POST", "/", body, self._headers(operation, body))
            answer = self.connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            raise
        return answer.status, json.loads(content or b"{}")

    def call(self, operation: str, **parameters) -> dict:
        status, answer = self.attempt(operation, **parameters)
        if status != 200:
            sys.exit(f"error: {operation} was answered with {status} {json.dumps(answer)}; "
                     f"check that the credentials file belongs to the server at {self.host}")
        return answer

    def create_key(self, **parameters) -> str:
        return self.call("CreateKey", Description="benchmark", **parameters)["KeyMetadata"]["KeyId"]

    def request(self, operation: str, **parameters) -> bytes:
        """The whole signed HTTP request, for the load generator to repeat."""
        body = json.dumps(parameters).encode()
        headers = self._headers(operation, body)
        headers["content-length"] = str(len(body))
        head = "POST / HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
        return head.encode() + body
