"""Accounts, sessions and counted guesses in the database that processes share. Everything here blocks.

A session's secret is not kept, its hash is. What a profile says is sealed with the master key. Who guessed is a mark.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import exc

from calls.errors import CallCentreError
from calls.staff_events import StaffRole
from records import database
from records.rows import utc_text, utc_time
from records.store import EventStore
from service.staff.attempts import Attempts
from service.staff.member import LINK, Profile, StaffMember, checked_role

metadata = sa.MetaData()

accounts = sa.Table(
    "staff_accounts",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("password_hash", sa.String(256), nullable=False),  # argon2id; empty once removed
    sa.Column("must_change", sa.Boolean, nullable=False),
    sa.Column("profile", sa.LargeBinary, nullable=False),  # JSON under the master key
    sa.Column("created_at_utc", sa.String(32), nullable=False),
    sa.Column("password_at_utc", sa.String(32), nullable=False),
    sa.Column("removed_at_utc", sa.String(32)),  # the row stays, so that the name is nobody else's later
)
sessions = sa.Table(
    "staff_sessions",
    metadata,
    sa.Column("mark", sa.String(64), primary_key=True),  # SHA-256 of the cookie
    sa.Column("member", sa.String(32), nullable=False),
    sa.Column("opened_at_utc", sa.String(32), nullable=False),
    sa.Column("ends_at_utc", sa.String(32), nullable=False),
)
attempts = sa.Table(
    "staff_attempts",
    metadata,
    sa.Column("mark", sa.String(64), primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("last_ms", sa.BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One row of the accounts."""

    name: str
    role: StaffRole
    password_hash: str
    must_change: bool
    profile: Profile
    created_at_utc: datetime
    password_at_utc: datetime
    removed: bool


class StaffTables:
    """The three tables; its methods may be called from any thread."""

    def __init__(self, store: EventStore) -> None:
        """Use the database of the call log, and its master key."""
        self._engine = store.engine
        self._writes_engine = store.engine.execution_options(writes=True)
        self._master = store.master

    # Accounts

    def any_account(self) -> bool:
        """Tell whether somebody has an account."""
        with self._reads() as connection:
            return connection.execute(_STANDING.limit(1)).first() is not None

    def account(self, name: str) -> Account | None:
        """Return the account of a name, a removed one too."""
        with self._reads() as connection:
            row = connection.execute(sa.select(accounts).where(accounts.c.name == name)).one_or_none()
        return self._account_of(row) if row is not None else None

    def all(self) -> list[Account]:
        """Return every standing account by name."""
        with self._reads() as connection:
            rows = connection.execute(
                sa.select(accounts).where(accounts.c.removed_at_utc.is_(None)).order_by(accounts.c.name)
            ).all()
        return [self._account_of(row) for row in rows]

    def add(self, account: Account, *, only_first: bool = False) -> None:
        """Keep a new account.

        Raises:
            CallCentreError: `staff.taken` when somebody has or had the name, `staff.not_first` when `only_first` and
                there is one already.
        """
        try:
            with self._writes() as connection:
                self._lock(connection, "staff_accounts")
                if only_first and connection.execute(_STANDING.limit(1)).first() is not None:
                    raise CallCentreError(
                        "staff.not_first", "Somebody has an account already: sign in with it.", fault="user"
                    )
                connection.execute(sa.insert(accounts).values(**self._row_of(account)))
        except exc.IntegrityError as error:
            raise CallCentreError(
                "staff.taken",
                f"The name {account.name} is somebody's, or was: names are not given twice. Choose another.",
                fault="user",
            ) from error

    def change(self, name: str, decide: Callable[[Account], Account]) -> tuple[Account, Account]:
        """Replace an account by what `decide` makes of it, one change after the other; the last admin stays one.

        Returns:
            The account before and after.

        Raises:
            CallCentreError: `staff.unknown`, `staff.last_admin`.
        """
        with self._writes() as connection:
            self._lock(connection, "staff_accounts")
            where = (accounts.c.name == name) & accounts.c.removed_at_utc.is_(None)
            row = connection.execute(sa.select(accounts).where(where)).one_or_none()
            if row is None:
                raise unknown(name)
            before = self._account_of(row)
            after = decide(before)
            if before.role == "admin" and (after.removed or after.role != "admin"):
                others = sa.select(sa.func.count()).select_from(accounts)
                others = others.where(accounts.c.removed_at_utc.is_(None), accounts.c.role == "admin")
                if connection.execute(others).scalar_one() < 2:
                    raise CallCentreError(
                        "staff.last_admin",
                        f"{name} is the only admin: make another one first.",
                        fault="user",
                    )
            values = self._row_of(after)
            del values["name"]
            connection.execute(sa.update(accounts).where(where).values(**values))
        return before, after

    # Sessions

    def open_session(self, mark: str, member: str, now: datetime, ends: datetime, instead_of: str = "") -> None:
        """Keep a session, end the one that the browser had, and forget those that ran out."""
        with self._writes() as connection:
            connection.execute(
                sa.delete(sessions).where((sessions.c.ends_at_utc <= utc_text(now)) | (sessions.c.mark == instead_of))
            )
            connection.execute(
                sa.insert(sessions).values(
                    mark=mark, member=member, opened_at_utc=utc_text(now), ends_at_utc=utc_text(ends)
                )
            )

    def member_of(self, mark: str, now: datetime) -> StaffMember | None:
        """Return whose session it is; None when it is nobody's, or nobody's any more."""
        query = (
            sa.select(sessions.c.member, accounts)
            .select_from(sessions.outerjoin(accounts, accounts.c.name == sessions.c.member))
            .where(sessions.c.mark == mark, sessions.c.ends_at_utc > utc_text(now))
        )
        with self._reads() as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                return None
            if row.member == LINK:
                if connection.execute(_STANDING.limit(1)).first() is not None:
                    return None
                return StaffMember(name=LINK, role="admin", profile=Profile(display_name="Warmline"), session=mark)
        if row.name is None or row.removed_at_utc is not None:
            return None
        account = self._account_of(row)
        return StaffMember(
            name=account.name,
            role=account.role,
            profile=account.profile,
            must_change=account.must_change,
            session=mark,
        )

    def end_sessions(self, member: str, *, but: str = "") -> int:
        """End the sessions of a member; return how many there were."""
        with self._writes() as connection:
            return connection.execute(
                sa.delete(sessions).where(sessions.c.member == member, sessions.c.mark != but)
            ).rowcount

    def end_session(self, mark: str) -> bool:
        """End one session; False when there was none."""
        with self._writes() as connection:
            return connection.execute(sa.delete(sessions).where(sessions.c.mark == mark)).rowcount > 0

    def standing(self, marks: Collection[str], now: datetime) -> set[str]:
        """Return those of the sessions that are still open."""
        found: set[str] = set()
        names = sorted(marks)
        with self._reads() as connection:
            for start in range(0, len(names), 500):
                query = sa.select(sessions.c.mark).where(
                    sessions.c.mark.in_(names[start : start + 500]), sessions.c.ends_at_utc > utc_text(now)
                )
                found.update(connection.execute(query).scalars())
        return found

    # Guesses

    def guess(
        self, marks: Sequence[str], decide: Callable[[Sequence[Attempts]], Sequence[Attempts] | None], now_ms: int
    ) -> bool:
        """Let `decide` count a guess under every mark, or refuse it (None), one guess after the other.

        Returns:
            False when it was refused: nothing was counted.
        """
        with self._writes() as connection:
            connection.execute(sa.delete(attempts).where(attempts.c.last_ms < now_ms - _GUESSES_KEPT_MS))
            for mark in sorted(marks):  # everybody in the same order: nobody waits in a ring
                self._lock(connection, mark)
            rows = connection.execute(sa.select(attempts).where(attempts.c.mark.in_(marks))).all()
            known = {row.mark: Attempts(failures=row.failures, last_ms=row.last_ms) for row in rows}
            counted = decide([known.get(mark, Attempts()) for mark in marks])
            if counted is None:
                return False
            connection.execute(sa.delete(attempts).where(attempts.c.mark.in_(marks)))
            connection.execute(
                sa.insert(attempts),
                [
                    {"mark": mark, "failures": item.failures, "last_ms": item.last_ms}
                    for mark, item in zip(marks, counted, strict=True)
                ],
            )
        return True

    def forget_guesses(self, marks: Collection[str]) -> int:
        """Forget what was counted under some marks; return how many were known."""
        with self._writes() as connection:
            return connection.execute(sa.delete(attempts).where(attempts.c.mark.in_(marks))).rowcount

    # Parts

    @contextmanager
    def _reads(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except exc.DBAPIError as error:
            raise database.explain(error, self._engine.url) from error

    @contextmanager
    def _writes(self) -> Iterator[sa.Connection]:
        try:
            with self._writes_engine.begin() as connection:
                yield connection
        except exc.IntegrityError:
            raise
        except exc.DBAPIError as error:
            raise database.explain(error, self._engine.url) from error

    def _lock(self, connection: sa.Connection, name: str) -> None:
        """Go one after the other; SQLite does anyway."""
        if connection.dialect.name == "postgresql":
            lock = sa.func.pg_advisory_xact_lock(sa.func.hashtext("staff"), sa.func.hashtext(name))
            connection.execute(sa.select(lock))

    def _row_of(self, account: Account) -> dict[str, object]:
        profile = json.dumps(asdict(account.profile), ensure_ascii=False).encode()
        return {
            "name": account.name,
            "role": account.role,
            "password_hash": account.password_hash,
            "must_change": account.must_change,
            "profile": self._master.seal(profile, f"staff:{account.name}"),
            "created_at_utc": utc_text(account.created_at_utc),
            "password_at_utc": utc_text(account.password_at_utc),
            "removed_at_utc": utc_text(account.password_at_utc) if account.removed else None,
        }

    def _account_of(self, row: sa.Row[tuple[object, ...]]) -> Account:
        told = json.loads(self._master.open(row.profile, f"staff:{row.name}"))
        return Account(
            name=row.name,
            role=checked_role(row.role),
            password_hash=row.password_hash,
            must_change=row.must_change,
            profile=Profile(
                display_name=told["display_name"],
                languages=tuple(told["languages"]),
                skills=tuple(told["skills"]),
                phone=told["phone"],
            ),
            created_at_utc=utc_time(row.created_at_utc),
            password_at_utc=utc_time(row.password_at_utc),
            removed=row.removed_at_utc is not None,
        )


_STANDING = sa.select(accounts.c.name).where(accounts.c.removed_at_utc.is_(None))
_GUESSES_KEPT_MS = 86_400_000


def unknown(name: str) -> CallCentreError:
    """Return the error about a name without an account."""
    return CallCentreError(
        "staff.unknown", f"Nobody has the name {name}; `warmline staff list` shows who does.", fault="user"
    )
