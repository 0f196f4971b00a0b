"""Keeps SoftHSM tokens in step, as a vendor's cluster keeps its HSMs.

Each is a copy of the first with a folder of its own: an object is a file, encrypted under the token's own key.
"""
import os
import pathlib
import shutil
import threading
import time


class TokensInStep:
    def __init__(self, *stores: pathlib.Path):
        """The first store is there; the others become copies of it."""
        self.stores = stores
        for store in stores[1:]:
            shutil.copytree(stores[0], store)
        self.known = {}
        self.held = [set() for _ in stores]
        self.destroyed = set()
        self.paused = threading.Event()
        self._announcements = 0
        self._over = threading.Event()
        self._lock = threading.Lock()
        self.synchronize()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self):
        self._over.set()
        self._thread.join()

    def _run(self):
        while not self._over.wait(0.02):
            if not self.paused.is_set():
                self.synchronize()

    def synchronize(self):
        """Brings every token to what the others have made and destroyed since the last time."""
        with self._lock:
            present = [self._objects(store) for store in self.stores]
            changed = False
            for path in set(self.known).union(*(objects or {} for objects in present)):
                changed = self._synchronize(path, present) or changed
            if changed:
                self._announcements = 3
            if self._announcements:
                self._announcements -= 1
                for store in self.stores:
                    self._announce(store)

    def _synchronize(self, path, present) -> bool:
        """Answers whether a file was written or removed. A store that is away is left as it is."""
        # Gone from one that had it: it was destroyed there. It goes from a store that comes back, too.
        if path in self.destroyed or any(
            objects is not None and path in held and path not in objects
            for objects, held in zip(present, self.held)
        ):
            self.known.pop(path, None)
            self.destroyed.add(path)
            for store, objects, held in zip(self.stores, present, self.held):
                if objects is not None:
                    held.discard(path)
                    (store / path).unlink(missing_ok=True)
                    (store / path).with_suffix(".lock").unlink(missing_ok=True)
            return True
        versions = [(objects or {}).get(path) for objects in present]
        newest = next((version for version in versions if version and version != self.known.get(path)), None)
        newest = newest or self.known.get(path)
        if newest is None:
            return False
        self.known[path] = newest
        changed = False
        for store, objects, held, version in zip(self.stores, present, self.held, versions):
            if objects is None:
                continue
            if path not in objects or version not in (None, newest):
                # SoftHSM has a second file beside each object's, and does not destroy one without.
                (store / path).with_suffix(".lock").touch()
                draft = store / (path + ".draft")
                draft.write_bytes(newest)
                draft.rename(store / path)
                changed = True
            held.add(path)
        return changed

    @staticmethod
    def _objects(store: pathlib.Path):
        """The object files by their paths, with nothing of those that may be unfinished. None where the store is away."""
        if not store.is_dir():
            return None
        found = {}
        for file in store.glob("*/*.object"):
            if file.name == "token.object":
                continue
            try:
                settled = time.time() - file.stat().st_mtime > 0.01
                found[str(file.relative_to(store))] = file.read_bytes() if settled else None
            except FileNotFoundError:
                pass
        return found

    @staticmethod
    def _announce(store: pathlib.Path):
        """A token looks at its folder when the number in this file has changed."""
        for file in store.glob("*/generation"):
            number = int.from_bytes(file.read_bytes(), "big")
            with open(file, "r+b") as generation:
                generation.write((number + 1).to_bytes(8, "big"))
                generation.flush()
                os.fsync(generation.fileno())
