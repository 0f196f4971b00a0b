"""What goes wrong, each as a pair: how it begins and how it ends. The token is well again at the end of each."""
import errno
import os
import pathlib
import random
import signal
import time

from processes import Server


class Fault:
    """One fault. `run` returns when the HSM is back: from then on recovery is measured."""

    # How likely it is, against the others.
    weight = 1.0

    def __init__(self, server: Server, generator: random.Random):
        self.server = server
        self.generator = generator

    @property
    def name(self) -> str:
        return type(self).__doc__.splitlines()[0].rstrip(".")

    def run(self) -> None:
        raise NotImplementedError

    def obey(self, *rules: str) -> None:
        # A new file under the old name: the module never sees half of it.
        new = self.server.control.with_suffix(".new")
        new.write_text("".join(rule + "\n" for rule in rules))
        os.replace(new, self.server.control)

    def worker(self) -> int | None:
        workers = self.server.workers()
        return self.generator.choice(workers) if workers else None

    def signal(self, number: signal.Signals, pid: int | None) -> None:
        try:
            if pid:
                os.kill(pid, number)
        except ProcessLookupError:
            pass


class WorkerKilled(Fault):
    """A worker is killed (SIGKILL)."""
    weight = 3

    def run(self) -> None:
        self.signal(signal.SIGKILL, self.worker())


class WorkersKilled(Fault):
    """All workers are killed at once."""

    def run(self) -> None:
        for pid in self.server.workers():
            self.signal(signal.SIGKILL, pid)


class WorkerCrashes(Fault):
    """The module crashes in a worker (SIGSEGV)."""

    def run(self) -> None:
        self.signal(signal.SIGSEGV, self.worker())


class WorkerHangs(Fault):
    """A worker is stopped (SIGSTOP) until it is replaced."""

    def run(self) -> None:
        pid = self.worker()
        self.signal(signal.SIGSTOP, pid)
        end = time.monotonic() + 8
        while pid in self.server.workers() and time.monotonic() < end:
            time.sleep(0.05)
        self.signal(signal.SIGCONT, pid)


class Returns(Fault):
    """A function returns an error some times."""
    weight = 6
    codes = ["0x5", "0x6", "0x30", "0x32", "0x82", "0x60", "0x90", "0xB0", "0xB3", "0x101", "0xE0", "0x31", "0x2", "0xB1"]
    functions = ["C_Encrypt", "C_Decrypt", "C_Sign", "C_EncryptInit", "C_DecryptInit", "C_SignInit", "C_GenerateRandom",
                 "C_FindObjectsInit", "C_FindObjects", "C_GetAttributeValue", "C_CopyObject", "C_GenerateKey",
                 "C_OpenSession", "C_DestroyObject", "C_UnwrapKey"]

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.function = self.generator.choice(self.functions)
        self.code = self.generator.choice(self.codes)

    @property
    def name(self) -> str:
        return f"{self.function} returns {self.code} some times"

    def run(self) -> None:
        self.obey(f"rv {self.function} {self.code} times {self.generator.randrange(1, 6)}")
        time.sleep(self.generator.uniform(0.2, 1))
        self.obey()


class DeviceGone(Fault):
    """The device is gone: every call fails for some seconds."""
    weight = 2

    def run(self) -> None:
        functions = ["C_Encrypt", "C_Decrypt", "C_Sign", "C_EncryptInit", "C_DecryptInit", "C_SignInit", "C_OpenSession",
                     "C_GenerateRandom", "C_FindObjectsInit", "C_GenerateKey", "C_GetTokenInfo", "C_Login"]
        self.obey(*(f"rv {function} 0x30" for function in functions))
        time.sleep(self.generator.uniform(0.5, 3))
        self.obey()


class SessionsEnd(Fault):
    """All sessions end."""
    weight = 2

    def run(self) -> None:
        self.obey("endsessions")
        time.sleep(0.3)
        self.obey()


class Slow(Fault):
    """Every encryption takes 20 ms for some seconds."""

    def run(self) -> None:
        self.obey("delay C_Encrypt 20", "delay C_Decrypt 20")
        time.sleep(self.generator.uniform(0.5, 2))
        self.obey()


class CallHangs(Fault):
    """A call hangs."""

    def run(self) -> None:
        before = set(self.server.workers())
        # Once in all processes: the worker that comes next is not to hang again.
        self.obey("delay C_EncryptInit 60000 times 1 shared")
        end = time.monotonic() + 8
        while before <= set(self.server.workers()) and time.monotonic() < end:
            time.sleep(0.05)
        self.obey()


class FewSessions(Fault):
    """The token has three sessions for some seconds."""

    def run(self) -> None:
        self.obey("maxsess 3")
        time.sleep(self.generator.uniform(0.5, 2))
        self.obey()


class ObjectsUnseen(Fault):
    """The token shows no objects for a moment."""

    def run(self) -> None:
        self.obey("loseobjects")
        time.sleep(self.generator.uniform(0.2, 1))
        self.obey()


class TokenMovedAway(Fault):
    """The token's store is moved away and back."""

    def run(self) -> None:
        store = self.server.state / "tokens"
        away = pathlib.Path(str(store) + ".away")
        os.rename(store, away)
        time.sleep(self.generator.uniform(0.3, 2))
        # What a module made anew meanwhile, empty folders, is not the store.
        if store.exists():
            for folder, _, files in os.walk(store, topdown=False):
                for file in files:
                    os.unlink(os.path.join(folder, file))
                os.rmdir(folder)
        os.rename(away, store)


class DiskFull(Fault):
    """The disk under the database and the audit log is full for a moment."""

    def run(self) -> None:
        filler = self.server.folder / "filler"
        try:
            with open(filler, "wb", buffering=0) as file:
                while True:
                    file.write(bytes(1 << 16))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
        time.sleep(self.generator.uniform(0.3, 1.5))
        filler.unlink()


class ServerKilled(Fault):
    """The server is killed (SIGKILL) and started again."""
    weight = 1

    def run(self) -> None:
        self.server.kill()
        self.server.start()


ALL = [WorkerKilled, WorkersKilled, WorkerCrashes, WorkerHangs, Returns, DeviceGone, SessionsEnd, Slow, CallHangs,
       FewSessions, ObjectsUnseen, TokenMovedAway, ServerKilled, DiskFull]


def choose(server: Server, generator: random.Random) -> Fault:
    # A disk is filled only where it is the run's own.
    kinds = [kind for kind in ALL if kind is not DiskFull or server.has_own_disk]
    kind = generator.choices(kinds, [kind.weight for kind in kinds])[0]
    return kind(server, generator)
