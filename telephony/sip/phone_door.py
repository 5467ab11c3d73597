"""Who has to prove who it is, and whether it did (RFC 3261 section 22, RFC 7616).

::

    a request that begins something
      |--REGISTER, or a call in the name of a phone of ours, or with an answer, or of a trunk that must prove itself-.
      |                                                                                                              |
      '--else: anybody, unproven          no answer, old nonce: 401 with a challenge  <-------- MUST PROVE ----------'
                                          wrong user or password: 403, counted  <----------------'  '--> proven

A stranger on a public address learns nothing by names: whoever it claims to be at an address of ours is challenged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from calls.nonces import NonceUse
from telephony.sip.accounts import Account, common_algorithms
from telephony.sip.checked_request import CheckedRequest
from telephony.sip.digest import Algorithm, parse_answers
from telephony.sip.digest_server import DigestServer, Proven
from telephony.sip.message import Flow
from telephony.sip.refusal import Refusal
from telephony.sip.source_guard import SourceGuard
from telephony.sip.uri import SipUri

_CHALLENGED = "WWW-Authenticate"
WRONG = Refusal(403)
"""The same for a wrong password and for a user that does not exist."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A request that knew the password."""

    account: Account
    use: NonceUse | None
    """What must be counted, with the other processes, before it is believed; None: nothing more."""


@dataclass(frozen=True, slots=True)
class TrunkDoor:
    """What a trunk is to the door."""

    account: Account | None
    """Whom its calls must prove to come from; None: its address is enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorSettings:
    """Who has an account, and by which names we are known."""

    realm: str
    phones: tuple[Account, ...] = ()
    trunks: tuple[Account, ...] = ()
    """Of trunks that must prove themselves."""
    algorithms: tuple[Algorithm, ...] = ("MD5",)
    """What is asked for, the most wanted first (RFC 8760 section 2.3). MD5 alone by default: phones of today, libre 1.x
    among them, give up when another algorithm is offered beside it."""
    domains: frozenset[str] = frozenset()
    """Names and addresses of ours, beside the one that a peer is told, in lower case."""
    trunk_of: Callable[[Flow], TrunkDoor | None] = lambda _: None
    """Finds the trunk that a request comes from."""
    seal_key: Callable[[int], bytes] | None = None
    """Gives the key that challenges of a period are sealed with in every process; None: they are of this one alone."""

    @property
    def is_needed(self) -> bool:
        """True when anybody can prove anything."""
        return bool(self.phones or self.trunks)


class PhoneDoor:
    """Asks for passwords."""

    def __init__(self, settings: DoorSettings, guard: SourceGuard | None, new_token: Callable[[], str]) -> None:
        """Begin without any nonce.

        Args:
            settings: Who has an account.
            guard: Hears of wrong passwords.
            new_token: Gives an unpredictable word each time.
        """
        self._settings = settings
        self._guard = guard
        self._by_user = {account.user: account for account in settings.phones}
        algorithms = common_algorithms((*settings.phones, *settings.trunks), settings.algorithms)
        self._digest = DigestServer(settings.realm, new_token, algorithms=algorithms, seal_key=settings.seal_key)
        self._domains = settings.domains | {settings.realm.lower()}

    @property
    def takes_phones(self) -> bool:
        """True when there are phones that may register."""
        return bool(self._by_user)

    def set_shared_clock(self, shared_ms: int | None, now_ms: int) -> None:
        """Take the time of the clock that the processes share; None while it cannot be asked."""
        self._digest.set_shared_clock(shared_ms, now_ms)

    def must_prove(self, checked: CheckedRequest, source: Flow, local_host: str) -> bool:
        """True for a request that gets nowhere without a password."""
        if checked.method == "REGISTER":
            return True
        trunk = self._settings.trunk_of(source)
        if trunk is not None:
            return trunk.account is not None and checked.method != "OPTIONS"  # a dispatcher's ping proves nothing
        if any(item.realm == self._settings.realm for item in parse_answers(checked.headers.all("Authorization"))):
            return True
        sender = checked.sender.uri
        host = sender.host.lower() if isinstance(sender, SipUri) else ""
        is_ours = host == local_host or host in self._domains
        if self._guard is None or self._guard.is_near(source.host):
            return checked.method == "INVITE" and sender.user_text in self._by_user
        return is_ours or self._guard.may_hold_phones(source.host)

    def ask(self, checked: CheckedRequest, source: Flow, now_ms: int) -> Proof | Refusal:
        """Return who a request that must be proven comes from, or what it is answered with."""
        trunk = self._settings.trunk_of(source) if checked.method != "REGISTER" else None
        accounts = self._by_user
        if trunk is not None and trunk.account is not None:
            accounts = {trunk.account.user: trunk.account}

        def find_hash(user: str, algorithm: Algorithm) -> str | None:
            account = accounts.get(user)
            return account.hashes[algorithm] if account is not None else None

        found = self._digest.check(checked.request, find_hash, now_ms)
        if isinstance(found, Proven):
            account = accounts[found.username]
            is_right = trunk is not None or self._is_its_own(account, checked)
            return Proof(account, found.use) if is_right else WRONG
        if found.tried:
            if self._guard is not None:
                self._guard.blame(source.host, now_ms)
            return WRONG
        return self.challenge(now_ms, stale=found.stale)

    def challenge(self, now_ms: int, *, stale: bool = True) -> Refusal:
        """Return what asks for the password; `stale` says that it was right, and only the nonce was not."""
        challenges = self._digest.challenges(now_ms, stale=stale)
        return Refusal(401, tuple((_CHALLENGED, str(item)) for item in challenges))

    def _is_its_own(self, account: Account, checked: CheckedRequest) -> bool:
        """True when a phone registers itself, or calls in its own name (RFC 3261 section 10.3 steps 4 and 5)."""
        party = checked.recipient if checked.method == "REGISTER" else checked.sender
        return party.uri.user_text == account.user
