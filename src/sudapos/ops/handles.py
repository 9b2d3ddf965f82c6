"""Who uses our own database: it stops with the last program that does, and those that were killed must not count."""

from __future__ import annotations

import json
from pathlib import Path


def forget_dead(folder: Path) -> None:
    """Strike the programs that are gone from the list that the server keeps in `folder`."""
    path = folder / ".handle_pids.json"
    try:
        pids = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return
    alive = [pid for pid in pids if Path(f"/proc/{pid}").exists()]
    if Path("/proc").is_dir() and alive != pids:
        path.write_text(json.dumps(alive))
