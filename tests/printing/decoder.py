"""A strict ESC/POS reader: what a GBK roll printer puts on paper. Anything unknown raises (escpos §5)."""

from __future__ import annotations

from dataclasses import dataclass, field


class BadJob(ValueError):
    """A byte that this printer does not know: the text gives its offset."""


@dataclass(frozen=True)
class Printed:
    text: str
    columns: int
    """As the printer counts: doubled letters take two."""
    centred: bool
    strong: bool
    tall: bool
    wide: bool


@dataclass(frozen=True)
class Raster:
    width: int
    rows: tuple[bytes, ...]
    centred: bool

    def black(self, x: int, y: int) -> bool:
        return bool(self.rows[y][x // 8] >> (7 - x % 8) & 1)


@dataclass
class Job:
    lines: list[Printed] = field(default_factory=list)
    rasters: list[Raster] = field(default_factory=list)
    pulses: list[tuple[int, int, int]] = field(default_factory=list)
    cuts: int = 0
    fed: int = 0

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)


@dataclass
class _Printer:
    job: bytes
    at: int = 0
    chinese: bool = False
    centred: bool = False
    strong: bool = False
    size: int = 0
    line: bytes = b""
    out: Job = field(default_factory=Job)

    def take(self, count: int) -> bytes:
        if self.at + count > len(self.job):
            raise BadJob(f"the job ends inside a command at {self.at}")
        part = self.job[self.at : self.at + count]
        self.at += count
        return part

    def run(self) -> Job:
        while self.at < len(self.job):
            self.step()
        if self.line:
            raise BadJob("a line without its end")
        return self.out

    def step(self) -> None:
        byte = self.take(1)
        if byte == b"\n":
            self.end_line()
        elif byte in (b"\x1b", b"\x1c", b"\x1d"):
            if self.line:
                raise BadJob(f"a command inside a line at {self.at}")
            self.command(byte + self.take(1))
        elif byte[0] >= 0x81:
            if not self.chinese:
                raise BadJob(f"a two-byte character before FS & at {self.at}")
            self.line += byte + self.take(1)
        elif byte[0] >= 0x20:
            self.line += byte
        else:
            raise BadJob(f"control {byte!r} at {self.at - 1}")

    def command(self, name: bytes) -> None:
        start = self.at - 2
        if name == b"\x1b@":
            self.chinese = self.centred = self.strong = False
            self.size = 0
        elif name == b"\x1ba":
            self.centred = self.one_of(b"\x00\x01") == 1
        elif name == b"\x1bE":
            self.strong = self.one_of(b"\x00\x01") == 1
        elif name == b"\x1d!":
            self.size = self.one_of(b"\x00\x01\x10\x11")
        elif name in (b"\x1c&", b"\x1c."):
            self.chinese = name == b"\x1c&"
        elif name == b"\x1bd":
            self.out.fed += self.take(1)[0]
        elif name == b"\x1dV":
            self.one_of(b"\x00\x01")
            self.out.cuts += 1
        elif name == b"\x1bp":
            pin, on, off = self.take(3)
            self.out.pulses.append((pin, on, off))
        elif name == b"\x1dv":
            self.raster()
        else:
            raise BadJob(f"{name!r} at {start}")

    def one_of(self, allowed: bytes) -> int:
        byte = self.take(1)[0]
        if byte not in allowed:
            raise BadJob(f"argument {byte:#x} at {self.at - 1}")
        return byte

    def raster(self) -> None:
        if self.take(2) != b"0\x00":
            raise BadJob(f"GS v at {self.at}")
        across = int.from_bytes(self.take(2), "little")
        down = int.from_bytes(self.take(2), "little")
        rows = tuple(self.take(across) for _ in range(down))
        self.out.rasters.append(Raster(across * 8, rows, self.centred))

    def end_line(self) -> None:
        wide = bool(self.size & 0x10)
        text = self.line.decode("gbk")
        columns = len(self.line) * (2 if wide else 1)
        self.out.lines.append(Printed(text, columns, self.centred, self.strong, bool(self.size & 1), wide))
        self.line = b""


def decode(job: bytes) -> Job:
    """Raises BadJob."""
    return _Printer(job).run()
