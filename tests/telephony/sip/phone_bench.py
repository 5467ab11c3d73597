"""A user agent with a registrar on the bench: a phone that proves itself, and a store in memory by hand."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from calls.nonces import NonceUse
from calls.phones import Bindings
from telephony.sip.accounts import Account, password_hashes
from telephony.sip.digest import Algorithm
from telephony.sip.digest_client import Credentials, Wallet
from telephony.sip.message import Flow, SipRequest, SipResponse, serialise
from telephony.sip.parse_message import parse_message
from telephony.sip.phone_door import DoorSettings
from telephony.sip.register_wish import RegisterLimits
from telephony.sip.registrar_rules import Host, register
from telephony.sip.registrar_signals import BindingsChanged, ChangeBindings
from telephony.sip.signals import UserAgentOutput
from telephony.sip.source_guard import SourceGuard
from telephony.sip.user_agent import UserAgent
from telephony.sip.wire import UserAgentSettings
from tests.telephony.sip.ua_bench import Bench, lines

REALM = "warmline"
SECRET = "correct horse"
HOST = Host("process-1", "192.0.2.1:5060")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PHONE = Flow("10.1.2.3", 5062)
PUBLIC = Flow("8.8.8.8", 40_000)


def account(user: str = "alice", *kinds: Algorithm) -> Account:
    hashes = password_hashes(user, REALM, SECRET)
    return Account(user, user, {kind: hashes[kind] for kind in kinds or hashes}, f"{user.title()} of the desk")


class PhoneBench(Bench):
    """A user agent that takes phones; `store` is what a database would hold."""

    def __init__(
        self,
        *,
        phones: tuple[Account, ...] = (account("alice"), account("bob")),
        guard: SourceGuard | None = None,
        limits: RegisterLimits | None = None,
        door: DoorSettings | None = None,
    ) -> None:
        super().__init__()
        serial = itertools.count(1)
        self.guard = guard or SourceGuard()
        self.limits = limits = limits or RegisterLimits(contacts=3)
        self.store: dict[str, Bindings] = {}
        self.serves_store = True
        self.used: dict[str, int] = {}
        """Counts of nonces; benches that stand for several processes share it."""
        self.agent = UserAgent(
            UserAgentSettings(local_port=5060),
            lambda: f"tok{next(serial)}",
            self.guard,
            door or DoorSettings(realm=REALM, phones=phones, algorithms=("SHA-256", "MD5")),
            limits,
        )

    @property
    def now(self) -> datetime:
        return NOON + timedelta(milliseconds=self.now_ms)

    def count(self, use: NonceUse) -> bool:
        """Count the use of a proof where all processes do."""
        is_new = use.count > self.used.get(use.nonce, 0)
        self.used[use.nonce] = max(use.count, self.used.get(use.nonce, 0))
        return is_new

    def answer_wishes(self) -> list[SipRequest | SipResponse]:
        """Do what the registrar asked of the store."""
        wanted = [item for item in self.news if isinstance(item, ChangeBindings)]
        self.news = [item for item in self.news if not isinstance(item, ChangeBindings)]
        sent: list[SipRequest | SipResponse] = []
        for item in wanted:
            if item.use is not None and not self.count(item.use):
                sent += self.give(BindingsChanged(item.ticket, None, is_spent=True))
                continue
            if not self.serves_store:
                sent += self.give(BindingsChanged(item.ticket, None))
                continue
            outcome = register(self.store.get(item.wish.phone, ()), item.wish, HOST, self.limits, self.now)
            self.store[item.wish.phone] = outcome.bindings
            left = tuple(round((one.expires_utc - self.now).total_seconds()) for one in outcome.bindings)
            sent += self.give(BindingsChanged(item.ticket, outcome.bindings, outcome.is_late, left))
        return sent

    def ask(self, data: bytes, source: Flow = PHONE) -> SipResponse:
        """Take a request and return its one final response."""
        sent = [*self.receive(data, source), *self.answer_wishes()]
        (response,) = [item for item in sent if isinstance(item, SipResponse) and item.status >= 200]
        return response

    def take_news(self) -> list[UserAgentOutput]:
        news, self.news = self.news, []
        return news


class DeskPhone:
    """The phone's side: counts its requests, keeps its nonce."""

    def __init__(
        self,
        bench: PhoneBench,
        user: str = "alice",
        password: str = SECRET,
        *,
        source: Flow = PHONE,
        call_id: str = "reg-1",
        contact: str = "<sip:alice@10.1.2.3:5062>",
    ) -> None:
        self.bench = bench
        self.user = user
        self.source = source
        self.call_id = call_id
        self.contact = contact
        self.cseq = 0
        serial = itertools.count(1)
        self.wallet = Wallet(Credentials(user, password), lambda: f"c{user}{next(serial)}")
        self._branch = itertools.count(1)

    def request(
        self,
        *contacts: str,
        method: str = "REGISTER",
        expires: str | None = "600",
        extra: Iterable[str] = (),
        cseq: int | None = None,
        to: str = "",
        sender: str = "",
        body: str = "",
    ) -> SipRequest:
        """Write a request, without proof."""
        self.cseq = self.cseq + 1 if cseq is None else cseq
        to = to or self.user
        sender = sender or f"sip:{self.user}@192.0.2.1"
        fields = [f"Contact: {value}" for value in contacts]
        fields += [f"Expires: {expires}"] if expires is not None else []
        data = lines(
            f"{method} sip:192.0.2.1 SIP/2.0",
            f"Via: SIP/2.0/{self.source.transport.upper()} 10.1.2.3:5062;"
            f"branch=z9hG4bK{self.user}{self.call_id}{next(self._branch)};rport",
            "Max-Forwards: 70",
            f"From: <{sender}>;tag=f{self.call_id}",
            f"To: <sip:{to}@192.0.2.1>",
            f"Call-ID: {self.call_id}",
            f"CSeq: {self.cseq} {method}",
            "User-Agent: Desk 1.0",
            *fields,
            *extra,
            body=body,
        )
        message = parse_message(data)
        assert isinstance(message, SipRequest)
        return message

    def send(self, request: SipRequest) -> SipResponse:
        """Send it with what the wallet has."""
        return self.bench.ask(serialise(self.wallet.authorise(request)), self.source)

    def prove(self, request: SipRequest) -> SipResponse:
        """Send it, and once more when it is challenged, as a phone does."""
        response = self.send(request)
        if response.status != 401 or not self.wallet.take_challenge(response):
            return response
        self.cseq += 1
        headers = request.headers.replaced("CSeq", [f"{self.cseq} {request.method}"])
        via = (request.headers.get("Via") or "").replace("branch=z9hG4bK", "branch=z9hG4bKa")
        again = SipRequest(request.method, request.uri, headers.replaced("Via", [via]), request.body)
        response = self.send(again)
        if response.status != 401:
            self.wallet.accepted()
        return response

    def register(self, *contacts: str, expires: str | None = "600", extra: Iterable[str] = ()) -> SipResponse:
        """Register, by default at the one contact."""
        return self.prove(self.request(*(contacts or (self.contact,)), expires=expires, extra=extra))


def contacts_of(response: SipResponse) -> list[str]:
    return response.headers.all("Contact")
