"""The recurring cast: one shop, its people, and a sandbox on the other side of the wire."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

pytest.register_assert_rewrite("tests.cast")

# a busy machine is no failure: speed is measured in bench/, never tested
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker) -> Iterator[None]:
    """One database per test process, made from the migrations."""
    from django.test.utils import setup_databases, teardown_databases

    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    from django.conf import settings

    settings.DATABASES["default"].setdefault("TEST", {})
    settings.DATABASES["default"]["TEST"]["NAME"] = f"test_sudapos{'_' + worker if worker else ''}"
    with django_db_blocker.unblock():
        config = setup_databases(verbosity=0, interactive=False)
    yield
    with django_db_blocker.unblock():
        from django.db import connection

        with connection.cursor() as cursor:  # threads of a test may have left a connection behind
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        teardown_databases(config, verbosity=0)


def empty_tables() -> None:
    """Empty every table, the append-only ones too, as only a test may."""
    from django.apps import apps
    from django.db import connection

    tables = [model._meta.db_table for model in apps.get_models()]
    names = ", ".join(f'"{table}"' for table in tables if table != "django_content_type")
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
        cursor.execute("SET session_replication_role = DEFAULT")


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker) -> Iterator[None]:
    """A database that several connections see: what is written is really committed, and wiped afterwards."""
    from django.db import connections

    with django_db_blocker.unblock():
        yield
        empty_tables()
        connections.close_all()


@pytest.fixture
def shop(request: pytest.FixtureRequest):
    """A shop with people, tills and accounts, in a database that is rolled back (or wiped) after the test."""
    from tests.cast import Shop

    if "committed" not in request.fixturenames:
        request.getfixturevalue("db")
    return Shop.found()


@pytest.fixture(scope="session")
def sandbox_server(tmp_path_factory):
    from sudapos.sandbox import server

    with server.running(port=0, home=tmp_path_factory.mktemp("sandbox")) as running:
        yield running
