"""What a program with an AWS SDK sees: requests, tried again where an SDK tries again."""
import base64
import collections
import http.client
import random
import time

import kms

# As the SDKs' standard mode: server faults, throttling and broken connections.
RETRYABLE = {"ThrottlingException", "KMSInternalException", "DependencyTimeoutException", "KeyUnavailableException"}


class Refused(Exception):
    """An answer that trying again would not change."""

    def __init__(self, code: str, message: str, uncertain: bool):
        super().__init__(f"{code}: {message}")
        self.code = code
        # Whether an earlier attempt of the same request may have been done without an answer having come.
        self.uncertain = uncertain


class Unavailable(Exception):
    """No answer within the patience of a whole outage."""


def code_of(answer: dict) -> str:
    return str(answer.get("__type", "?")).rpartition("#")[2]


class Client:
    # A request is given up after this many seconds. Outages last up to 10 of them, and recovery up to 5.
    PATIENCE = 40

    def __init__(self, credentials: str, endpoint: str, generator: random.Random):
        self.server = kms.Server(credentials, endpoint, timeout=20)
        self.generator = generator
        self.attempts = collections.Counter()
        self.failures = collections.Counter()

    def call(self, operation: str, **parameters) -> dict:
        end = time.monotonic() + self.PATIENCE
        pause = 0.05
        uncertain = False
        while True:
            self.attempts[operation] += 1
            try:
                status, answer = self.server.attempt(operation, **parameters)
            except (OSError, http.client.HTTPException, ValueError) as error:
                code, uncertain = type(error).__name__, True
            else:
                if status == 200:
                    return answer
                code = code_of(answer)
                if code not in RETRYABLE and status < 500:
                    raise Refused(code, str(answer.get("message", answer.get("Message", ""))), uncertain)
                uncertain = uncertain or code != "ThrottlingException"
            self.failures[f"{operation} {code}"] += 1
            if time.monotonic() > end:
                raise Unavailable(f"{operation}: {code} for {self.PATIENCE} s")
            time.sleep(pause * self.generator.uniform(0.5, 1))
            pause = min(2 * pause, 1)


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def data(text: str) -> bytes:
    return base64.b64decode(text)
