"""A file between the look and the press: laid by for one person and one thing, because a browser sends it once.

It proves nothing yet, so it stays out of `files` and of every backup. There is one place per person and thing: another choice
takes the place of the first, and nobody picks up what somebody else chose. After a day it is gone.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from sudapos.core.refusal import Refusal

from . import attachments
from .attachments import Kept
from .staff import Operator

FOLDER = "laid-by"
LIES_FOR = timedelta(days=1)
"""A second press of the same button finds it still there, so it is not taken away with the first."""


def lay(about: str, name: str, content: bytes, *, operator: Operator, at: datetime) -> Kept:
    """Lay a file by for what this person does with `about`, and take away what others have forgotten.

    Raises Refusal file_empty, file_too_large, file_kind_refused.
    """
    examined = attachments.examine(name, content)
    path = _path(about, operator)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    sweep(at=at)
    opened, fresh = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(opened, "wb") as file:
        file.write(content)
    os.utime(fresh, (at.timestamp(), at.timestamp()))
    Path(fresh).replace(path)
    return examined


def pick_up(about: str, digest: str, *, operator: Operator) -> bytes:
    """What this person laid by for `about`, if it still is the one with this digest. Raises Refusal file_choose_again."""
    try:
        content = _path(about, operator).read_bytes()
    except FileNotFoundError:
        content = b""
    if hashlib.sha256(content).hexdigest() != digest:
        raise Refusal("file_choose_again")
    return content


def sweep(*, at: datetime) -> int:
    """Take away what was laid by a day ago or earlier; how many went."""
    folder, gone = Path(settings.HOME) / FOLDER, 0
    for path in folder.iterdir() if folder.is_dir() else ():
        try:
            if path.stat().st_mtime <= (at - LIES_FOR).timestamp():
                path.unlink()
                gone += 1
        except FileNotFoundError:
            continue  # another sweep was quicker
    return gone


def _path(about: str, operator: Operator) -> Path:
    """One place per person and thing, whatever they are called."""
    return Path(settings.HOME) / FOLDER / hashlib.sha256(f"{operator.pk}\n{about}".encode()).hexdigest()
