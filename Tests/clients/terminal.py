"""A command on a terminal, with somebody who answers it."""
import os
import pty
import select
import time


class Terminal:
    def __init__(self, arguments: list[str], environment: dict):
        self.shown = ""
        self.process, self.descriptor = pty.fork()
        if self.process == 0:
            os.execve(arguments[0], arguments, environment)

    def expect(self, text: str, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while text not in self.shown:
            assert time.monotonic() < end, f"{text!r} does not come; the terminal shows {self.shown!r}"
            self.read()
        self.shown = self.shown[self.shown.index(text) + len(text):]

    def read(self) -> bool:
        if not select.select([self.descriptor], [], [], 0.1)[0]:
            return True
        try:
            piece = os.read(self.descriptor, 4096)
        except OSError:
            return False
        self.shown += piece.decode()
        return bool(piece)

    def answer(self, text: str) -> None:
        os.write(self.descriptor, text.encode())

    def end(self) -> int:
        """Waits for the command's end; the exit status. What it showed since the last `expect` is in `shown`."""
        while self.read():
            pass
        os.close(self.descriptor)
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])
