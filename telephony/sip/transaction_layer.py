"""Finds the transaction that a message belongs to, makes new ones, and keeps all their timers (RFC 3261 section 17)."""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass, replace

from telephony.sip.checked_request import CheckedRequest, CheckedResponse
from telephony.sip.message import Flow, SipRequest, SipResponse
from telephony.sip.respond import top_via
from telephony.sip.transaction import Happening, PassUp, Transaction, TransactionOutput, Transmit
from telephony.sip.transaction_client import ClientTransaction, InviteClientTransaction, OtherClientTransaction
from telephony.sip.transaction_server import InviteServerTransaction, OtherServerTransaction, ServerTransaction

TransactionKey = tuple[str, ...]

MAX_SERVER_TRANSACTIONS = 20_000
"""New requests beyond it are dropped and come again: 32 s of 600 requests a second, more than a gateway answers."""


@dataclass(frozen=True, slots=True)
class ResponseArrived:
    """A response for a request of ours."""

    owner: str
    """What `begin_client` was told."""
    response: SipResponse


@dataclass(frozen=True, slots=True)
class TransactionFailed:
    """A request of ours found nobody or could not be sent."""

    owner: str
    request: SipRequest
    timed_out: bool


LayerOutput = Transmit | ResponseArrived | TransactionFailed


def server_key(checked: CheckedRequest) -> TransactionKey:
    """Name the server transaction of a request; an ACK or CANCEL names that of its INVITE through `for_method`."""
    method = "INVITE" if checked.method == "ACK" else checked.method
    return _server_key(checked, method)


def cancelled_key(checked: CheckedRequest) -> TransactionKey:
    """Name the INVITE transaction that a CANCEL aims at."""
    return _server_key(checked, "INVITE")


def _server_key(checked: CheckedRequest, method: str) -> TransactionKey:
    via = checked.via
    if via.names_transaction:
        return ("rfc3261", via.branch, via.sent_by, method)
    sender_tag = checked.sender.tag or str(checked.sender.uri)
    return ("rfc2543", sender_tag, checked.call_id, str(checked.cseq), via.sent_by, via.branch, method)


def _merge_key(request: SipRequest) -> tuple[str, ...]:
    headers = request.headers
    return (request.method, headers.get("Call-ID") or "", headers.get("From") or "", headers.get("CSeq") or "")


def _client_key(request: SipRequest) -> TransactionKey:
    return ("client", top_via(request.headers).branch, request.method)


class TransactionLayer:
    """All transactions of one user agent."""

    def __init__(self) -> None:
        """Start without any."""
        self._servers: dict[TransactionKey, ServerTransaction] = {}
        self._clients: dict[TransactionKey, ClientTransaction] = {}
        self._owners: dict[TransactionKey, str] = {}
        self._otherwise: dict[TransactionKey, tuple[SipRequest, Flow]] = {}
        """What is sent instead, as a datagram, when there is no stream to the server of a request."""
        self._merges: dict[tuple[str, ...], TransactionKey] = {}
        self._deadlines: list[tuple[int, int, TransactionKey]] = []
        self._serial = itertools.count()

    @property
    def open_count(self) -> int:
        """How many transactions live."""
        return len(self._servers) + len(self._clients)

    @property
    def is_full(self) -> bool:
        """True when no further server transaction may begin."""
        return len(self._servers) >= MAX_SERVER_TRANSACTIONS

    def is_known(self, key: TransactionKey) -> bool:
        """True when a server transaction of that name lives."""
        return key in self._servers

    def receive_again(self, key: TransactionKey, now_ms: int) -> list[LayerOutput]:
        """Take a request whose server transaction lives: a retransmission."""
        return self._run(key, self._servers[key].step(Happening.REQUEST, None, now_ms))

    def receive_ack(self, key: TransactionKey, request: SipRequest, now_ms: int) -> bool:
        """Take an ACK; True when it ended a refusal here, False when it is for the dialog (a 2xx's ACK)."""
        transaction = self._servers.get(key)
        if not isinstance(transaction, InviteServerTransaction):
            return False
        outputs = transaction.step(Happening.ACK, request, now_ms)
        self._run(key, [])
        return not any(isinstance(output, PassUp) for output in outputs)

    def begin_server(self, key: TransactionKey, checked: CheckedRequest, back: Flow, *, reliable: bool) -> None:
        """Make the server transaction of a new request."""
        kind = InviteServerTransaction if checked.method == "INVITE" else OtherServerTransaction
        self._servers[key] = kind(checked.request, back, reliable=reliable)
        if checked.recipient.tag is None:
            self._merges.setdefault(_merge_key(checked.request), key)

    def is_merged(self, checked: CheckedRequest, key: TransactionKey) -> bool:
        """True when the request reached us before on another path and is still being served (section 8.2.2.2)."""
        return self._merges.get(_merge_key(checked.request), key) != key

    def respond(self, key: TransactionKey, response: SipResponse, now_ms: int) -> list[LayerOutput]:
        """Send a response in a server transaction; nothing happens when it is over or has its final response."""
        transaction = self._servers.get(key)
        if transaction is None or not transaction.can_respond(response):
            return []
        return self._run(key, transaction.respond(response, now_ms))

    def begin_client(
        self,
        request: SipRequest,
        flow: Flow,
        owner: str,
        now_ms: int,
        *,
        reliable: bool,
        otherwise: tuple[SipRequest, Flow] | None = None,
    ) -> list[LayerOutput]:
        """Send a request of ours; what comes of it is told with `owner`.

        Args:
            request: With a Via of ours.
            flow: Where it goes.
            owner: Who hears of responses and failures; empty for nobody.
            now_ms: Time.
            reliable: True on TCP and TLS.
            otherwise: The same request with the Via of another transport and where that goes, when this one cannot be
                sent (RFC 3261 section 18.1.1).
        """
        kind = InviteClientTransaction if request.method == "INVITE" else OtherClientTransaction
        key = _client_key(request)
        self._clients[key] = kind(request, flow, reliable=reliable)
        self._owners[key] = owner
        if otherwise is not None:
            self._otherwise[key] = otherwise
        return self._run(key, self._clients[key].begin(now_ms))

    def sent_as(self, request: SipRequest) -> tuple[str, Flow] | None:
        """Return Via and flow of the living INVITE of ours that a CANCEL aims at, None when there is none."""
        transaction = self._clients.get(("client", top_via(request.headers).branch, "INVITE"))
        if transaction is None:
            return None
        return transaction.request.headers.all("Via")[0], transaction.flow

    def receive_response(self, checked: CheckedResponse, now_ms: int) -> list[LayerOutput]:
        """Take a response; one that belongs to no request of ours is dropped."""
        key = ("client", checked.via.branch, checked.method)
        transaction = self._clients.get(key)
        if transaction is None:
            return []
        return self._run(key, transaction.receive(checked.response, now_ms))

    def abandon(self, request: SipRequest) -> None:
        """Destroy the transaction of a request of ours, silently."""
        self._forget_client(_client_key(request))

    def transport_failed(self, flow: Flow, now_ms: int) -> list[LayerOutput]:
        """Tell every transaction that sends there."""
        outputs: list[LayerOutput] = []
        for key, transaction in [*self._servers.items(), *self._clients.items()]:
            if transaction.flow == flow and transaction.allows(Happening.TRANSPORT_FAILED):
                outputs += self._fail(key, transaction, now_ms)
        return outputs

    def _fail(self, key: TransactionKey, transaction: Transaction, now_ms: int) -> list[LayerOutput]:
        """Send what there is instead, else tell that nothing can be sent."""
        otherwise = self._otherwise.pop(key, None)
        if otherwise is None or not transaction.allows(Happening.STREAM_LOST):
            return self._run(key, transaction.step(Happening.TRANSPORT_FAILED, None, now_ms))
        return self.begin_client(*otherwise, self._owners.get(key, ""), now_ms, reliable=False)

    def flow_lost(self, flow: Flow, now_ms: int) -> list[LayerOutput]:
        """Send on a new stream, once, what went out on one that broke and had no response yet."""
        outputs: list[LayerOutput] = []
        for key, transaction in list(self._clients.items()):
            if transaction.flow != flow or not transaction.allows(Happening.STREAM_LOST):
                continue
            if transaction.has_moved:
                outputs += self._fail(key, transaction, now_ms)
                continue
            transaction.has_moved = True
            transaction.flow = replace(flow, connection=0)
            outputs += self._run(key, transaction.step(Happening.STREAM_LOST, None, now_ms))
        return outputs

    def next_deadline_ms(self) -> int | None:
        """Return when `expire` shall be called."""
        while self._deadlines:
            deadline_ms, _, key = self._deadlines[0]
            transaction = self._find(key)
            if transaction is not None and transaction.next_deadline_ms() == deadline_ms:
                return deadline_ms
            heapq.heappop(self._deadlines)
            if transaction is not None and transaction.armed_ms == deadline_ms:
                self._arm(key, transaction, again=True)  # it was put off since
        return None

    def expire(self, now_ms: int) -> list[LayerOutput]:
        """Fire every timer that is due."""
        outputs: list[LayerOutput] = []
        while (deadline_ms := self.next_deadline_ms()) is not None and deadline_ms <= now_ms:
            _, _, key = heapq.heappop(self._deadlines)
            transaction = self._find(key)
            if transaction is not None:
                transaction.armed_ms = None
                outputs += self._run(key, transaction.expire(now_ms))
        return outputs

    def _arm(self, key: TransactionKey, transaction: Transaction, *, again: bool = False) -> None:
        """Note when the transaction must be woken, unless it is woken before that anyway: no flood fills the heap."""
        due_ms = transaction.next_deadline_ms()
        if due_ms is None:
            transaction.armed_ms = None
        elif again or transaction.armed_ms is None or due_ms < transaction.armed_ms:
            transaction.armed_ms = due_ms
            heapq.heappush(self._deadlines, (due_ms, next(self._serial), key))

    def _forget_client(self, key: TransactionKey) -> None:
        self._clients.pop(key, None)
        self._owners.pop(key, None)
        self._otherwise.pop(key, None)

    def _find(self, key: TransactionKey) -> Transaction | None:
        return self._clients.get(key) if key[0] == "client" else self._servers.get(key)

    def _run(self, key: TransactionKey, outputs: list[TransactionOutput]) -> list[LayerOutput]:
        """Name the outputs of one transaction, forget it when it is over, and note its next deadline."""
        transaction = self._find(key)
        if transaction is None:
            return []
        named: list[LayerOutput] = []
        owner = self._owners.get(key, "")
        for output in outputs:
            if isinstance(output, Transmit):
                named.append(output)
            elif isinstance(output, PassUp):
                if isinstance(output.message, SipResponse):
                    named.append(ResponseArrived(owner, output.message))
            elif owner:
                named.append(TransactionFailed(owner, transaction.request, output.timed_out))
        if transaction.terminated:
            self._forget_client(key)
            if self._servers.pop(key, None) is not None and self._merges.get(_merge_key(transaction.request)) == key:
                del self._merges[_merge_key(transaction.request)]
        else:
            self._arm(key, transaction)
        return named
