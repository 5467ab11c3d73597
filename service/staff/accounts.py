"""Accounts and sessions: what may be done with them, each change written down as a fact. Everything here blocks."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from calls.errors import CallCentreError
from calls.ports import Clock
from calls.staff_events import (
    StaffAdded,
    StaffChanged,
    StaffPasswordSet,
    StaffRemoved,
    StaffRole,
    StaffRoleSet,
    StaffSignedIn,
    StaffSignedOut,
    StaffSignInRefused,
    StaffUnlocked,
)
from records.keys import MasterKey
from records.store import EventStore
from service.staff import passwords
from service.staff.attempts import ACCOUNT, ADDRESS, BROWSER, Attempts, GuessRule
from service.staff.audit import Audit
from service.staff.member import (
    LINK,
    Profile,
    StaffMember,
    checked_name,
    checked_profile,
    checked_role,
)
from service.staff.tables import Account, StaffTables, unknown

SESSION_S = 12 * 3600
"""How long a session lasts. Source: our choice, a long working day; NIST SP 800-63B-4 section 2.2.3 asks for at most 24
hours."""
DEVICE_S = 90 * 86_400
"""How long a browser is remembered as one that signed in. Source: our choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A session that was just opened."""

    session: str
    """The secret, for the browser alone."""
    device: str
    """What tells the browser apart from guessers; empty for a link."""
    member: StaffMember


class WrongPasswordError(CallCentreError):
    """Name and password do not belong together; which of them is wrong is not said."""

    def __init__(self) -> None:
        """Say the same to everybody."""
        super().__init__("staff.wrong", "This name and this password do not belong together.", fault="user")


class TooManyGuessesError(CallCentreError):
    """Somebody has to wait before the next guess."""

    def __init__(self, wait_ms: int) -> None:
        """Keep how long."""
        self.wait_s = -(-wait_ms // 1000)
        sentence = f"There were too many wrong passwords. Try again in {self.wait_s} seconds."
        super().__init__("staff.too_many", sentence, fault="user", retryable=True)


class StaffAccounts:
    """Who works here. One object a process; its methods block and may be called from any thread."""

    def __init__(self, store: EventStore, clock: Clock) -> None:
        """Use the database of the call log."""
        self.tables = StaffTables(store)
        self.audit = Audit(store, clock)
        self._master = store.master
        self._clock = clock

    # Accounts

    def any_account(self) -> bool:
        """Tell whether somebody has an account."""
        return self.tables.any_account()

    def all(self) -> list[Account]:
        """Return every member by name."""
        return self.tables.all()

    def member(self, name: str) -> Account:
        """Return one member.

        Raises:
            CallCentreError: `staff.unknown`.
        """
        account = self.tables.account(name)
        if account is None or account.removed:
            raise unknown(name)
        return account

    def add(
        self, name: str, role: str, profile: Profile, password: str | None, by: str, *, only_first: bool = False
    ) -> str:
        """Give somebody an account; return the password, a new one to be changed at once when None was given.

        Raises:
            CallCentreError: `staff.bad_name`, `staff.bad_role`, `staff.bad_profile`, `staff.weak_password`,
                `staff.taken`, `staff.not_first`.
        """
        name, known_role, profile = checked_name(name), checked_role(role), checked_profile(profile)
        chosen = passwords.new_password() if password is None else password
        if password is not None:
            passwords.check_password(password, name)
        now = self._clock.now_utc()
        account = Account(
            name=name,
            role=known_role,
            password_hash=passwords.hash_password(chosen),
            must_change=password is None,
            profile=profile,
            created_at_utc=now,
            password_at_utc=now,
            removed=False,
        )
        self.tables.add(account, only_first=only_first)
        self.audit.write(StaffAdded(member=name, role=known_role, by=by))
        self.tables.end_sessions(LINK)
        return chosen

    def set_role(self, name: str, role: str, by: str) -> None:
        """Let a member do something else from now on; what is open with the old role is closed.

        Raises:
            CallCentreError: `staff.unknown`, `staff.bad_role`, `staff.last_admin`.
        """
        known_role: StaffRole = checked_role(role)
        before, after = self.tables.change(name, lambda account: replace(account, role=known_role))
        if before.role != after.role:
            self.audit.write(StaffRoleSet(member=name, before=before.role, role=after.role, by=by))
            self.sign_out_everywhere(name, by)

    def set_profile(self, name: str, profile: Profile, by: str) -> None:
        """Change what others see of a member, and what they are reached by.

        Raises:
            CallCentreError: `staff.unknown`, `staff.bad_profile`.
        """
        wanted = checked_profile(profile)
        before, _ = self.tables.change(name, lambda account: replace(account, profile=wanted))
        fields = ("display_name", "languages", "skills", "phone")
        changed = tuple(item for item in fields if getattr(before.profile, item) != getattr(wanted, item))
        if changed:
            self.audit.write(StaffChanged(member=name, fields=changed, by=by))

    def set_password(self, name: str, password: str | None, by: str) -> str:
        """Give a member another password, a new one to be changed at once when None; close what was open.

        Raises:
            CallCentreError: `staff.unknown`, `staff.weak_password`.
        """
        chosen = passwords.new_password() if password is None else password
        if password is not None:
            passwords.check_password(password, name)
        kept, now, must = passwords.hash_password(chosen), self._clock.now_utc(), password is None
        self.tables.change(
            name, lambda account: replace(account, password_hash=kept, must_change=must, password_at_utc=now)
        )
        self.audit.write(StaffPasswordSet(member=name, by=by))
        self.sign_out_everywhere(name, by)
        self.tables.forget_guesses([self._account_mark(name)])
        return chosen

    def change_own_password(self, member: StaffMember, current: str, wanted: str, address: str) -> Opened:
        """Change one's own password; other sessions end and this one gets another secret.

        Raises:
            CallCentreError: `staff.wrong`, `staff.too_many`, `staff.weak_password`.
        """
        passwords.check_password(wanted, member.name)
        if wanted == current:
            raise passwords.weak("This is the password that you have")
        mark = self._account_mark(member.name)
        self._count_guess([(mark, BROWSER)], member.name, address)
        if not passwords.matches(self.member(member.name).password_hash, current):
            raise WrongPasswordError
        self.set_password(member.name, wanted, member.name)
        return self._open(member.name, "")

    def remove(self, name: str, by: str) -> None:
        """Close an account for good.

        Raises:
            CallCentreError: `staff.unknown`, `staff.last_admin`.
        """
        nothing = Profile(display_name="-")
        now = self._clock.now_utc()
        self.tables.change(
            name,
            lambda account: replace(account, removed=True, password_hash="", profile=nothing, password_at_utc=now),
        )
        self.audit.write(StaffRemoved(member=name, by=by))
        self.sign_out_everywhere(name, by)

    def unlock(self, name: str, by: str) -> bool:
        """Forget wrong passwords that were counted against a member; False when there were none.

        Raises:
            CallCentreError: `staff.unknown`.
        """
        self.member(name)
        known = self.tables.forget_guesses([self._account_mark(name)]) > 0
        if known:
            self.audit.write(StaffUnlocked(member=name, by=by))
        return known

    # Sessions

    def sign_in(self, name: str, password: str, address: str, device: str, old_session: str) -> Opened:
        """Exchange name and password for a session. It takes as long whether there is such an account or not.

        Raises:
            WrongPasswordError: They do not belong together.
            TooManyGuessesError: There were too many wrong ones.
        """
        name = name.strip().lower()[:64]
        account = self.tables.account(name)
        is_known = account is not None and not account.removed
        shown = name if is_known else ""
        is_own_browser = self._is_device(device, name)
        mark = self._master.mark(device, "staff browser") if is_own_browser else self._account_mark(name)
        marks = [(mark, BROWSER if is_own_browser else ACCOUNT), (self._address_mark(address), ADDRESS)]
        self._count_guess(marks, shown, address)
        kept = account.password_hash if account is not None and is_known else None
        if not passwords.matches(kept, password):
            self.audit.write(StaffSignInRefused(member=shown, address=address, reason="wrong"))
            raise WrongPasswordError
        self.tables.forget_guesses([mark])
        if kept and passwords.is_outdated(kept):
            anew = passwords.hash_password(password)
            self.tables.change(name, lambda standing: replace(standing, password_hash=anew))
        opened = self._open(name, old_session)
        self.audit.write(StaffSignedIn(member=name, address=address))
        return opened

    def open_by_link(self, address: str, old_session: str) -> Opened | None:
        """Open a session of who has a link of the operator; None when somebody has an account already."""
        if self.any_account():
            return None
        opened = self._open(LINK, old_session)
        self.audit.write(StaffSignedIn(member=LINK, address=address))
        return opened

    def first_admin(self, member: StaffMember, name: str, profile: Profile, password: str) -> Opened:
        """Make the first account out of a link's session, and sign it in.

        Raises:
            CallCentreError: see `add`.
        """
        self.add(name, "admin", profile, password, member.name, only_first=True)
        return self._open(checked_name(name), member.session)

    def who(self, session: str) -> StaffMember | None:
        """Return whose session it is."""
        return self.tables.member_of(hash_of(session), self._clock.now_utc()) if session else None

    def sign_out(self, member: StaffMember) -> None:
        """End the session that is used."""
        if self.tables.end_session(member.session):
            self.audit.write(StaffSignedOut(member=member.name, sessions=1, by=member.name))

    def sign_out_everywhere(self, name: str, by: str) -> int:
        """End all sessions of a member; return how many there were."""
        ended = self.tables.end_sessions(name)
        if ended:
            self.audit.write(StaffSignedOut(member=name, sessions=ended, by=by))
        return ended

    # Parts

    def _open(self, name: str, old_session: str) -> Opened:
        now = self._clock.now_utc()
        session = secrets.token_urlsafe(32)
        mark = hash_of(session)
        instead_of = old_session if len(old_session) == len(mark) else hash_of(old_session)
        self.tables.open_session(mark, name, now, now + timedelta(seconds=SESSION_S), instead_of)
        member = self.tables.member_of(mark, now)
        if member is None:
            raise WrongPasswordError  # removed at the same moment
        return Opened(session=session, device="" if name == LINK else self._new_device(name), member=member)

    def _count_guess(self, marks: Sequence[tuple[str, GuessRule]], shown: str, address: str) -> None:
        now_ms = int(self._clock.now_utc().timestamp() * 1000)
        waits: list[int] = []

        def decide(known: Sequence[Attempts]) -> Sequence[Attempts] | None:
            pairs = list(zip(known, marks, strict=True))
            waits.append(max(rule.wait_ms(item, now_ms) for item, (_, rule) in pairs))
            return None if waits[-1] else [rule.counted(item, now_ms) for item, (_, rule) in pairs]

        if not self.tables.guess([mark for mark, _ in marks], decide, now_ms):
            self.audit.refused(shown, address)
            raise TooManyGuessesError(waits[-1])

    def _account_mark(self, name: str) -> str:
        return self._master.mark(name, "staff account")

    def _address_mark(self, address: str) -> str:
        return self._master.mark(_network_of(address), "staff address")

    def _new_device(self, name: str) -> str:
        nonce = secrets.token_hex(12)
        return f"{nonce}.{_seal(self._master, nonce, name)}"

    def _is_device(self, device: str, name: str) -> bool:
        nonce, _, seal = device.partition(".")
        return bool(nonce) and hmac.compare_digest(seal.encode(), _seal(self._master, nonce, name).encode())


def hash_of(session: str) -> str:
    """Return what is kept of a session's secret. It is long and random: a plain hash is enough."""
    return hashlib.sha256(session.encode()).hexdigest()


def _seal(master: MasterKey, nonce: str, name: str) -> str:
    return master.mark(f"{nonce}\0{name}", "staff device")


def _network_of(address: str) -> str:
    """Return the address, or the /64 of an IPv6 one, which is one visitor's."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))
    return str(found)
