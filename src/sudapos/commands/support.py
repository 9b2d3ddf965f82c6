"""`sudapos support-bundle`."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import click

from . import frame
from .wording import say


@click.command(help=say("support_bundle"))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def support_bundle(file: Path) -> None:
    from sudapos.ops import bundle

    if file.exists():
        raise frame.Failure(say("bundle_there", path=file))
    try:
        names = bundle.write(file, checkup=_checkup, at=frame.now())
    except OSError as error:
        raise frame.Failure(say("bundle_not_written", path=file, why=error.strerror or error)) from None
    click.echo(say("bundle_written", path=file, count=len(names)))


def _checkup() -> str:
    """What `sudapos doctor` says, whatever it says."""
    from .checks import doctor

    heard = io.StringIO()
    assert doctor.callback is not None
    with contextlib.redirect_stdout(heard), contextlib.suppress(SystemExit):
        doctor.callback()
    return heard.getvalue()
