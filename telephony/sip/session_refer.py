"""A call leg that can be transferred: REFER and NOTIFY in both directions, digits by INFO (RFC 3515, RFC 6665)."""

from __future__ import annotations

from dataclasses import dataclass

from telephony.sip.bodies import DTMF_RELAY_TYPE, media_type
from telephony.sip.checked_request import CheckedRequest, CheckedResponse
from telephony.sip.grammar import SipSyntaxError, readable
from telephony.sip.headers import Fields
from telephony.sip.message import Flow, SipRequest
from telephony.sip.refer import (
    FRAGMENT_TYPE,
    event_id,
    format_refer_to,
    fragment_of,
    is_terminated,
    parse_refer_to,
    status_of_fragment,
)
from telephony.sip.session_modify import ChangingSession
from telephony.sip.session_states import SessionEvent, SessionState
from telephony.sip.signals import SessionId, TransferAsked, TransferProgress
from telephony.sip.transaction_layer import TransactionKey
from telephony.sip.uri import SipUri
from telephony.sip.wire import Wire
from telephony.transfer import (
    REFEREE,
    REFERRER,
    WAIT_MS,
    RefereeAct,
    RefereeEvent,
    RefereeState,
    ReferrerAct,
    ReferrerEvent,
    ReferrerState,
)

_MOST_TRANSFERS = 4
"""Asked for by one peer at a time; each makes us call somebody, and a person asks for one."""
_EXPIRES_S = 180
"""How long we promise to tell a referrer of progress. Source: as `telephony.transfer.WAIT_MS`."""


@dataclass(slots=True)
class _AskedOfUs:
    key: TransactionKey
    checked: CheckedRequest
    source: Flow
    state: RefereeState = RefereeState.ASKED
    notify_cseq: int = 0


@dataclass(slots=True)
class _AskedByUs:
    give_up_ms: int
    state: ReferrerState = ReferrerState.SENT


class ReferringSession(ChangingSession):
    """A call leg with transfers, each named by the number of its REFER."""

    def __init__(self, session_id: SessionId, wire: Wire, local_host: str, state: SessionState) -> None:
        """Begin without a transfer."""
        super().__init__(session_id, wire, local_host, state)
        self._asked_of_us: dict[int, _AskedOfUs] = {}
        self._asked_by_us: dict[int, _AskedByUs] = {}

    # Digits

    def send_digit(self, digit: str, duration_ms: int, now_ms: int) -> None:
        """Send a digit by INFO, for a peer that takes none in its media."""
        if self.dialog is None or self.state is not SessionState.TALKING:
            return
        body = f"Signal={digit}\r\nDuration={duration_ms}\r\n".encode()
        self._ask(self.dialog, "INFO", now_ms, (("Content-Type", DTMF_RELAY_TYPE),), body)

    # We ask

    def transfer(self, target: SipUri, replaces: str, now_ms: int) -> None:
        """Ask the peer to call somebody, perhaps in the place of a call of ours."""
        if self.dialog is None or self.state is not SessionState.TALKING:
            self._wire.tell(TransferProgress(self.session_id, 481, is_last=True))
            return
        fields = (
            ("Refer-To", format_refer_to(target, replaces)),
            ("Referred-By", f"<{self.dialog.local.uri}>"),
            *self._dialog_fields(self.dialog),
        )
        cseq = self._ask(self.dialog, "REFER", now_ms, fields)
        self._asked_by_us[cseq] = _AskedByUs(now_ms + WAIT_MS)

    def on_response(self, checked: CheckedResponse, now_ms: int) -> None:
        """Take a response to a request of ours."""
        status = checked.response.status
        if checked.method == "REFER" and status >= 200:
            accepted = checked.response.is_success
            self._step_ours(checked.cseq, ReferrerEvent.ACCEPTED if accepted else ReferrerEvent.REFUSED, status)
        elif checked.method == "NOTIFY" and status >= 300:
            self._unwanted(checked.cseq)
        else:
            super().on_response(checked, now_ms)

    def on_failure(self, request: SipRequest, *, timed_out: bool, now_ms: int) -> None:
        """Take the news that a request of ours reached nobody."""
        number = int((request.headers.get("CSeq") or "0").split()[0])
        if request.method == "REFER":
            self._step_ours(number, ReferrerEvent.TIMED_OUT, 408)
        elif request.method == "NOTIFY":
            self._unwanted(number)
        else:
            super().on_failure(request, timed_out=timed_out, now_ms=now_ms)

    def _step_ours(self, number: int, event: ReferrerEvent, status: int) -> None:
        ours = self._asked_by_us.get(number)
        row = REFERRER.get((ours.state, event)) if ours is not None else None
        if ours is None or row is None:
            return
        ours.state, acts = row
        for act in acts:
            self._wire.tell(TransferProgress(self.session_id, status, is_last=act is ReferrerAct.REPORT_LAST))
        if ours.state is ReferrerState.OVER:
            del self._asked_by_us[number]

    # The peer asks, or tells

    def _serve(self, key: TransactionKey, checked: CheckedRequest, source: Flow, now_ms: int) -> None:
        if checked.method == "REFER":
            self._on_refer(key, checked, source, now_ms)
        elif checked.method == "NOTIFY":
            self._on_notify(key, checked, source, now_ms)
        else:
            super()._serve(key, checked, source, now_ms)

    def _on_notify(self, key: TransactionKey, checked: CheckedRequest, source: Flow, now_ms: int) -> None:
        """Hear of a transfer that we asked for; one that we did not ask for is 481 (RFC 6665 section 4.1.3)."""
        package, number = event_id(checked.headers)
        if package != "refer":
            self._refuse(key, checked, source, 489, now_ms, fields=(("Allow-Events", "refer"),))
            return
        if number is None and len(self._asked_by_us) == 1:
            number = next(iter(self._asked_by_us))
        if number is None or number not in self._asked_by_us:
            self._refuse(key, checked, source, 481, now_ms)
            return
        if checked.body and media_type(checked.headers) != FRAGMENT_TYPE:
            self._refuse(key, checked, source, 415, now_ms, fields=(("Accept", FRAGMENT_TYPE),))
            return
        self._wire.respond(key, checked, source, 200, now_ms)
        status = status_of_fragment(checked.body)
        if status is not None and status >= 200:
            event = ReferrerEvent.SUCCEEDED if status < 300 else ReferrerEvent.FAILED
            self._step_ours(number, event, status)
        elif is_terminated(checked.headers):
            self._step_ours(number, ReferrerEvent.ENDED, 0)
        elif status is not None:
            self._step_ours(number, ReferrerEvent.PROGRESS, status)

    def _on_refer(self, key: TransactionKey, checked: CheckedRequest, source: Flow, now_ms: int) -> None:
        """Ask our side whether the peer may make us call somebody; `decide_transfer` answers."""
        if self.state is not SessionState.TALKING:
            self._refuse(key, checked, source, 500, now_ms, fields=(("Retry-After", "1"),))
            return
        if len(self._asked_of_us) >= _MOST_TRANSFERS:
            self._refuse(key, checked, source, 503, now_ms, fields=(("Retry-After", "5"),))
            return
        try:
            wanted = parse_refer_to(checked.headers)
        except SipSyntaxError as error:
            self._refuse(key, checked, source, 400, now_ms, reason=f"Bad Request: {error}")
            return
        self._asked_of_us[checked.cseq] = _AskedOfUs(key, checked, source)
        referred_by = readable(checked.headers.get("Referred-By") or "")
        self._wire.tell(TransferAsked(self.session_id, checked.cseq, str(wanted.target), wanted.replaces, referred_by))

    def decide_transfer(self, number: int, status: int, now_ms: int) -> None:
        """Accept (202) or refuse a transfer that the peer asked for."""
        event = RefereeEvent.ACCEPT if status < 300 else RefereeEvent.REFUSE
        self._step_theirs(number, event, status, now_ms)

    def report_transfer(self, number: int, status: int, now_ms: int) -> None:
        """Tell the peer how far the transfer is, by a status: 180, 200, 486."""
        event = RefereeEvent.PROGRESS if status < 200 else RefereeEvent.FINAL
        self._step_theirs(number, event, status, now_ms)

    def _step_theirs(self, number: int, event: RefereeEvent, status: int, now_ms: int) -> None:
        theirs = self._asked_of_us.get(number)
        row = REFEREE.get((theirs.state, event)) if theirs is not None else None
        if theirs is None or row is None:
            return
        theirs.state, acts = row
        for act in acts:
            if act is RefereeAct.ACCEPT:
                assert self.dialog is not None, "a REFER within a dialog"
                fields = self._dialog_fields(self.dialog)
                self._wire.respond(theirs.key, theirs.checked, theirs.source, 202, now_ms, fields=fields)
            elif act is RefereeAct.REFUSE:
                self._wire.respond(theirs.key, theirs.checked, theirs.source, status, now_ms)
            else:
                told = 100 if event is RefereeEvent.ACCEPT else status
                self._notify(number, theirs, told, now_ms, last=act is RefereeAct.TELL_LAST)
        if theirs.state is RefereeState.OVER:
            del self._asked_of_us[number]

    def _take(self, event: SessionEvent, now_ms: int) -> None:
        """Take one row of the table; a transfer that waits for its decision is not done any more (section 15.1.2)."""
        super()._take(event, now_ms)
        if self.state is not SessionState.TALKING:
            for number, theirs in list(self._asked_of_us.items()):
                if theirs.state is RefereeState.ASKED:
                    self._step_theirs(number, RefereeEvent.REFUSE, 487, now_ms)

    def _notify(self, number: int, theirs: _AskedOfUs, status: int, now_ms: int, *, last: bool) -> None:
        if self.dialog is None or self.state is not SessionState.TALKING:
            return
        state = "terminated;reason=noresource" if last else f"active;expires={_EXPIRES_S}"
        fields: Fields = (
            ("Event", f"refer;id={number}"),
            ("Subscription-State", state),
            *self._dialog_fields(self.dialog),
            ("Content-Type", f"{FRAGMENT_TYPE};version=2.0"),
        )
        theirs.notify_cseq = self._ask(self.dialog, "NOTIFY", now_ms, fields, fragment_of(status))

    def _unwanted(self, notify_cseq: int) -> None:
        """A NOTIFY of ours was refused: the peer does not want to hear more, the transfer itself goes on."""
        for number, theirs in list(self._asked_of_us.items()):
            if theirs.notify_cseq == notify_cseq:
                del self._asked_of_us[number]

    # The clock

    def next_deadline_ms(self) -> int | None:
        """Return when `expire` shall be called."""
        waits = [ours.give_up_ms for ours in self._asked_by_us.values()] if not self.is_over else []
        others = super().next_deadline_ms()
        return min(waits if others is None else [*waits, others], default=None)

    def expire(self, now_ms: int) -> None:
        """Give up waiting for news of a transfer."""
        for number, ours in list(self._asked_by_us.items()):
            if now_ms >= ours.give_up_ms:
                self._step_ours(number, ReferrerEvent.TIMED_OUT, 408)
        super().expire(now_ms)
