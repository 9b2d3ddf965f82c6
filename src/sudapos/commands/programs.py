"""`sudapos demo`, `up`, `serve`, `work` and `sandbox`: what keeps running."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from . import frame
from .wording import say

if TYPE_CHECKING:
    from sudapos.ops import running

LOOPBACK = "127.0.0.1"


@click.command(help=say("serve"))
@click.option("--host", default=LOOPBACK, show_default=True, help=say("opt_host"))
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help=say("opt_port"))
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help=say("opt_workers"))
def serve(host: str, port: int, workers: int) -> None:
    from sudapos.ops import running

    if running.is_child():
        running.follow_parent()
    else:
        _require_free(host, port, "--port")
        frame.open_books()
        click.echo(say("listening", url=_url(host, port)), err=True)
    running.serve(host, port, workers)


@click.command(help=say("work"))
@click.option("--once", is_flag=True, help=say("opt_once"))
@click.option(
    "--concurrency", type=click.IntRange(1, 256), default=16, show_default=True, help=say("opt_concurrency")
)
def work(once: bool, concurrency: int) -> None:
    from sudapos.ops import running

    running.follow_parent()
    frame.open_books()
    from sudapos.ops import worker

    worker.run(concurrency=concurrency, once=once)
    if not once:
        click.echo(say("work_done"), err=True)


@click.command(help=say("sandbox"))
@click.option("--port", type=click.IntRange(18, 65535), default=9600, show_default=True, help=say("opt_port"))
def sandbox(port: int) -> None:
    from sudapos.ops import database, running

    if running.is_child():
        running.follow_parent()
    else:
        _require_free(LOOPBACK, port, "--port")
        _require_line_free(port, "--port")
    from sudapos.ops import logs
    from sudapos.sandbox import server

    logs.configure("sandbox")
    server.run(LOOPBACK, port, database.home())


@click.command(help=say("up"))
@click.option("--host", default=LOOPBACK, show_default=True, help=say("opt_host"))
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help=say("opt_port"))
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help=say("opt_workers"))
def up(host: str, port: int, workers: int) -> None:
    _require_free(host, port, "--port")
    url = frame.open_books(migrate=True)
    os.environ["DATABASE_URL"] = url
    from sudapos.books import shops

    shops.merchant()
    with _together(echo=True) as programs:
        programs.start("worker", "work")
        web = programs.start("web", "serve", f"--host={host}", f"--port={port}", f"--workers={workers}")
        programs.wait_for(web, _url(LOOPBACK if host == "0.0.0.0" else host, port) + "/healthz")
        if not programs.stopping:
            click.echo(say("up_ready", url=_url(host, port)))
        programs.watch()


@click.command(help=say("demo"))
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help=say("opt_port"))
@click.option(
    "--sandbox-port",
    type=click.IntRange(1, 65535),
    default=9600,
    show_default=True,
    help=say("opt_sandbox_port"),
)
@click.option("--fresh", is_flag=True, help=say("opt_fresh"))
def demo(port: int, sandbox_port: int, fresh: bool) -> None:
    from sudapos.ops import database, opening, running

    if fresh and not database.is_own():
        raise frame.Misuse(say("demo_fresh_foreign"))
    _require_free(LOOPBACK, port, "--port")
    _require_free(LOOPBACK, sandbox_port, "--sandbox-port")
    _require_line_free(sandbox_port, "--sandbox-port")
    home = database.home()
    try:
        held = running.lock(home / "demo.lock")
    except BlockingIOError:
        frame.fail("demo_running", home=home)
    with held, _together(echo=False) as programs:
        sandbox_url, url = _url(LOOPBACK, sandbox_port), _url(LOOPBACK, port)
        os.environ.setdefault("SUDAPOS_PUBLIC_URL", url)
        os.environ.setdefault("SUDAPOS_SECOND_FACTOR", "offered")  # everybody may look around
        try:
            opened = opening.open_demo(
                programs,
                url=url,
                sandbox_url=sandbox_url,
                fresh=fresh,
                tell=lambda: click.echo(say("demo_making")),
            )
        except opening.NotTheDemo as other:
            key = "demo_real_shop" if other.merchant else "demo_lost"
            frame.fail(key, merchant=other.merchant, file=other.file)
        if not programs.stopping:
            _show(opened)
        programs.watch()


def _show(opened: dict[str, Any]) -> None:
    """Everything that one needs to look around."""
    click.echo(say("demo_ready", url=opened["url"]))
    for code, user in opened["users"].items():
        click.echo(f"  {code:<6} {user['password']:<22} {user['name']}  {', '.join(user['roles'])}")
    click.echo(say("demo_key", key=opened["api_key"]))
    click.echo(say("demo_sandbox", url=opened["sandbox_url"]))
    click.echo(say("demo_stuck"))


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _require_line_free(port: int, option: str) -> None:
    """The sandbox listens on a second port for card terminals."""
    from sudapos.sandbox.keys import LINE_BELOW

    _require_free(LOOPBACK, port - LINE_BELOW, option)


def _require_free(host: str, port: int, option: str) -> None:
    from sudapos.ops import running

    try:
        running.require_free(host, port)
    except running.PortTaken:
        frame.fail("port_taken", port=port, option=option)


@contextmanager
def _together(*, echo: bool) -> Iterator[running.Programs]:
    from sudapos.ops import database, running

    def tell(key: str) -> None:
        click.echo(say(key), err=True)

    try:
        with running.Programs(database.home() / "logs", echo=echo, tell=tell) as programs:
            yield programs
            tell("stopping")
    except running.ChildDied as died:
        words = "\n".join(f"  {line}" for line in died.words)
        raise frame.Failure(f"{say('child_died', name=died.name, code=died.code)}\n{words}") from None
    except running.NotReady as late:
        frame.fail("not_ready", name=late.name, seconds=int(late.seconds), file=late.log)
    tell("stopped")
