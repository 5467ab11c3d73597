"""Opens the database of the call log and brings its tables up to date. SQLite by default, PostgreSQL by URL."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import exc

from calls.errors import CallCentreError
from records.private import private_file, private_folder

logger = logging.getLogger(__name__)

FILE_NAME = "warmline.sqlite3"
"""Name of the SQLite file in the data folder."""

BUSY_TIMEOUT_MS = 5_000
"""How long SQLite waits for another writer, e.g. a running backup, before it reports an error."""

_MIGRATION_LOCK = 0x5741524D
"""Number of PostgreSQL's advisory lock under which one process migrates while others wait ("WARM")."""


def default_url(data_dir: Path) -> str:
    """Return the URL of the SQLite file in the data folder."""
    return f"sqlite:///{data_dir / FILE_NAME}"


def open_engine(url: str) -> sa.Engine:
    """Connect and migrate.

    Raises:
        CallCentreError: `database.url`, `.not_writable`, `.damaged`, `.newer`, `.full`, `.disk`, `.busy` or
            `.unreachable`; each says what to do.
    """
    try:
        parsed = sa.make_url(url)
        if parsed.get_backend_name() == "postgresql" and parsed.get_driver_name() != "psycopg":
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() == "sqlite":
            if not parsed.database or parsed.database == ":memory:":
                raise exc.ArgumentError("SQLite needs a file")
            if not parsed.database.startswith("file:"):
                private_folder(Path(parsed.database).parent)
                private_file(Path(parsed.database))  # SQLite gives its own files beside it the same mode
        engine = sa.create_engine(parsed, json_serializer=None, pool_pre_ping=parsed.get_backend_name() != "sqlite")
    except (exc.ArgumentError, exc.NoSuchModuleError, ImportError) as error:
        raise CallCentreError(
            "database.url",
            f"The database URL cannot be used: {error}. Use sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME "
            "(PostgreSQL needs the extra `postgres`).",
            fault="operator",
        ) from error
    except OSError as error:
        raise _not_writable(url, str(error.strerror)) from error
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    try:
        with engine.execution_options(writes=True).begin() as connection:
            _migrate(connection)
    except exc.DBAPIError as error:
        engine.dispose()
        raise explain(error, parsed) from error
    except CallCentreError:
        engine.dispose()
        raise
    return engine


def explain(error: exc.DBAPIError, url: sa.URL) -> CallCentreError:
    """Turn a driver's error into a sentence that says what to do; passwords do not appear."""
    place, said = url.render_as_string(hide_password=True), " ".join(str(error.orig).split())
    if "readonly" in said or "unable to open" in said or "permission denied" in said.lower():
        return _not_writable(place, said)
    if "not a database" in said or "malformed" in said:
        return CallCentreError(
            "database.damaged",
            f"The database {place} is damaged ({said}). Restore it with `warmline restore`.",
            fault="operator",
        )
    if "disk I/O error" in said:
        return CallCentreError(
            "database.disk",
            f"The disk of the database {place} cannot be read or written: full or broken. Make room, or look at it.",
            fault="operator",
            retryable=True,
        )
    if "is full" in said or "No space" in said:
        return CallCentreError(
            "database.full",
            f"The disk of the database {place} is full. Make room; what happened meanwhile is written then.",
            fault="operator",
            retryable=True,
        )
    if "locked" in said or "busy" in said:
        return CallCentreError(
            "database.busy",
            f"Another program holds the database {place}. Stop it, or wait until it is done.",
            fault="operator",
            retryable=True,
        )
    return CallCentreError(
        "database.unreachable",
        f"The database {place} cannot be used: {said}",
        fault="operator",
        retryable=True,
    )


def _not_writable(place: str, why: str) -> CallCentreError:
    return CallCentreError(
        "database.not_writable",
        f"The database {place} cannot be written ({why}). Make its folder writable, or name another `data_dir` or "
        "`database_url`.",
        fault="operator",
    )


def _prepare_sqlite(connection: Any, _: Any) -> None:
    """Set up a new connection: our own BEGIN, write-ahead log, and freed pages overwritten (erased keys!)."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    # NORMAL: a crash of the program loses nothing; a power cut may lose the last commits, never the file.
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    """Take the write lock at once where we shall write, so that two writers wait instead of failing half-way."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _migrate(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":  # SQLite's write lock lets only one process migrate anyway
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    present = _revision(connection)
    if present == ScriptDirectory.from_config(config).get_current_head():
        return
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise CallCentreError(
            "database.newer",
            f"The database was written by a newer Warmline (revision {present}). Install that version, or restore "
            "an older backup.",
            fault="operator",
        ) from error
    logger.info("call log migrated from revision %s", present)


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
