"""A file that came with a request, on disk for as long as it is read."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.files.uploadedfile import UploadedFile


@contextmanager
def kept(file: UploadedFile) -> Iterator[Path]:
    """The file's place; it is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="sudapos-upload-") as folder:
        path = Path(folder) / "upload"
        with path.open("wb") as out:
            for piece in file.chunks():
                out.write(piece)
        yield path
