"""Several programs side by side as one: started together, watched, stopped in order.

Each runs in a process group of its own, so that a Ctrl-C in the terminal reaches us alone and we can stop them one
after the other: first who takes requests in, last who others need. A child asks the kernel to stop it should we die.
"""

from __future__ import annotations

import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

PARENT = "SUDAPOS_PARENT"
BEAT = 0.1
"""Seconds between two looks at the children."""
LAST_LINES = 15
LONGEST_LOG = 5 << 20
"""Bytes; a longer log begins anew at the next start."""
STOP_SECONDS = 90.0
"""A worker may have calls under way whose answers must be written down; the longest takes a lease."""
PATIENCE_SECONDS = 2.0
"""After this long we say what we are waiting for."""
READY_SECONDS = 60.0
_PR_SET_PDEATHSIG = 1


class PortTaken(Exception):
    """Somebody listens there already."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"{host}:{port}")
        self.host, self.port = host, port


class ChildDied(Exception):
    """A program ended that should not have; `words` are its last lines."""

    def __init__(self, name: str, code: int, words: Sequence[str]) -> None:
        super().__init__(name)
        self.name, self.code, self.words = name, code, list(words)


class NotReady(Exception):
    def __init__(self, name: str, seconds: float, log: Path) -> None:
        super().__init__(name)
        self.name, self.seconds, self.log = name, seconds, log


@dataclass
class Child:
    """One program. `command` is what follows `sudapos`."""

    name: str
    command: Sequence[str]
    log: Path
    process: subprocess.Popen[str]
    words: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_LINES))
    reader: threading.Thread | None = None

    @property
    def alive(self) -> bool:
        return self.process.poll() is None


class Programs:
    """The children of one terminal. Use as a context: at its end all are stopped."""

    def __init__(
        self, logs: Path, *, echo: bool = False, tell: Callable[[str], None] = lambda key: None
    ) -> None:
        self._logs, self._echo, self._tell = logs, echo, tell
        self._children: list[Child] = []
        self._asked = 0
        self._before: dict[int, object] = {}

    def __enter__(self) -> Programs:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._before[number] = signal.signal(number, self._ask_to_stop)
        return self

    def __exit__(self, *error: object) -> None:
        self._stop()
        for number, before in self._before.items():
            signal.signal(number, before)  # type: ignore[arg-type]

    def _ask_to_stop(self, number: int, frame: object) -> None:
        self._asked += 1

    @property
    def stopping(self) -> bool:
        """Whether somebody asked us to stop."""
        return self._asked > 0

    def start(self, name: str, *command: str) -> Child:
        """Start `sudapos command…`; at the end the one that was started last is stopped first."""
        self._logs.mkdir(parents=True, exist_ok=True)
        log = self._logs / f"{name}.log"
        process = subprocess.Popen(
            [sys.executable, "-m", "sudapos.cli", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            process_group=0,
            env={**os.environ, PARENT: str(os.getpid()), "PYTHONUNBUFFERED": "1"},
        )
        child = Child(name, command, log, process)
        child.reader = threading.Thread(target=self._listen, args=(child,), daemon=True)
        child.reader.start()
        self._children.append(child)
        return child

    def _listen(self, child: Child) -> None:
        fresh = not child.log.exists() or child.log.stat().st_size > LONGEST_LOG
        assert child.process.stdout is not None
        with child.log.open("w" if fresh else "a") as log:
            for line in child.process.stdout:
                child.words.append(line.rstrip())
                log.write(line)
                log.flush()
                if self._echo:
                    print(f"[{child.name}] {line}", end="", file=sys.stderr, flush=True)

    def watch(self) -> None:
        """Until somebody asks us to stop. Raises ChildDied."""
        while not self.stopping:
            self.look()
            time.sleep(BEAT)

    def look(self) -> None:
        """Raise ChildDied if a child has ended by itself."""
        for child in self._children:
            if not child.alive:
                if child.reader is not None:
                    child.reader.join(timeout=1)
                raise ChildDied(child.name, child.process.returncode, child.words)

    def wait_for(self, child: Child, url: str, *, seconds: float = READY_SECONDS) -> None:
        """Until `url` answers anything, or somebody asks us to stop. Raises ChildDied, NotReady."""
        until = time.monotonic() + seconds
        while not answers(url) and not self.stopping:
            self.look()
            if time.monotonic() > until:
                raise NotReady(child.name, seconds, child.log)
            time.sleep(0.02)

    def _stop(self) -> None:
        """One after the other, those started last first; a second Ctrl-C ends the waiting."""
        for child in reversed(self._children):
            if child.alive:
                child.process.terminate()
                self._wait(child)
            if child.reader is not None:
                child.reader.join(timeout=1)
        self._children.clear()

    def _wait(self, child: Child) -> None:
        began, asked, told = time.monotonic(), self._asked, False
        while child.alive:
            waited = time.monotonic() - began
            if waited > STOP_SECONDS or self._asked > max(asked, 1):
                os.killpg(child.process.pid, signal.SIGKILL)
                child.process.wait()
                return
            if waited > PATIENCE_SECONDS and not told:
                told = True
                self._tell("stopping_waits")
            time.sleep(0.02)


def follow_parent() -> None:
    """Called by a child: when the program that started it dies, however suddenly, it is asked to stop too."""
    parent = os.environ.pop(PARENT, "")
    if not parent or not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):  # it died before we could ask
        raise SystemExit(0)


def is_child() -> bool:
    """Whether this program was started by one of ours, which has checked ports and tables already."""
    return PARENT in os.environ


def require_free(host: str, port: int) -> None:
    """Raise PortTaken where a server could not listen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(host, port) from error


def answers(url: str) -> bool:
    """Whether somebody speaks HTTP there; what it says does not matter."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port or 80, timeout=20)
    try:
        connection.request("GET", parts.path or "/")
        connection.getresponse().read()
        return True
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def serve(host: str, port: int, workers: int) -> None:
    """The web application until SIGINT or SIGTERM. Several threads per process; the books keep them apart."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    Granian(
        "sudapos.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        backpressure=BACKPRESSURE,
        log_level=LogLevels.warning,
        workers_kill_timeout=10,
    ).serve()


THREADS = 8
"""Requests under way at once per process: more only wait for the database."""
BACKPRESSURE = 256
"""Requests that may wait per process before the next one is not accepted."""


def lock(path: Path) -> IO[str]:
    """Hold `path` as long as the answer is open. Raises BlockingIOError when somebody else does."""
    import fcntl

    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise
    return file
