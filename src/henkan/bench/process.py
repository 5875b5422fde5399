"""The coordinator's end of a worker: it asks, waits so long and no longer, and ends what does not answer."""

import json
import os
import queue
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any


class WorkerError(Exception):
    """Why a worker did not do what it was asked for. A dead one will do nothing more."""


class WorkerProcess:
    """A process that runs ``henkan.bench.worker`` for a module. Leaving the ``with`` block ends it."""

    def __init__(self, module: str, python: str, environment: Mapping[str, str] | None = None) -> None:
        self.dead: str | None = None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            [python, "-m", "henkan.bench.worker", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, **(environment or {})},
            encoding="utf-8",
        )
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> "WorkerProcess":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def ask(self, limit: float, **request: Any) -> dict[str, Any]:
        """The answer; a ``WorkerError`` if it is an error, if the process ends, or if it takes ``limit`` seconds."""
        self.send(**request)
        return self.receive(limit)

    def send(self, **request: Any) -> None:
        """Ask without waiting: ``receive`` has the answer, and whatever went wrong."""
        if self.dead is None:
            assert self._process.stdin is not None
            with suppress(OSError):  # it has ended, as the reader of its answers will notice
                self._process.stdin.write(json.dumps(request) + "\n")
                self._process.stdin.flush()

    def receive(self, limit: float) -> dict[str, Any]:
        """The answer to what was sent; see ``ask``."""
        if self.dead is not None:
            raise WorkerError(self.dead)
        try:
            line = self._answers.get(timeout=limit)
        except queue.Empty:
            raise self._give_up(f"no answer within {limit:g} seconds") from None
        if not line:
            raise self._give_up(self._last_words())
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise WorkerError(answer["error"])
        return answer

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        with suppress(OSError):  # what was not yet written can no longer be
            self._process.stdin.close()
        self._errors.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stream:
            for line in stream:
                self._answers.put(line)
        self._answers.put("")  # the process has ended

    def _give_up(self, reason: str) -> WorkerError:
        self.dead = reason
        self.close()
        return WorkerError(reason)

    def _last_words(self) -> str:
        """How the process ended, and the last line that it left."""
        status = self._process.wait()
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        how = f"ended by signal {-status}" if status < 0 else f"ended with status {status}"
        return f"{how}: {lines[-1]}" if lines else how
