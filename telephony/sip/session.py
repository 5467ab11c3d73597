"""What every call leg is: its table, requests within the dialog, our 200s until their ACK, the way out.

Session (this module)  <-  ChangingSession (hold, refresh, glare)  <-  ReferringSession (transfers, digits)
                                                                       <-  IncomingSession, OutgoingSession
"""

from __future__ import annotations

from dataclasses import dataclass

from telephony.sdp.choice import NotAcceptableError
from telephony.sdp.negotiation import MediaNegotiation
from telephony.sdp.offer_answer import LocalMedia, MediaAgreement
from telephony.sdp.session_description import SdpError, SessionDescription, parse_sdp
from telephony.sip.bodies import DTMF_RELAY_TYPE, DTMF_TYPE, SDP_TYPE, find_sdp, parse_digit
from telephony.sip.checked_request import CheckedRequest, CheckedResponse
from telephony.sip.headers import Fields, Headers
from telephony.sip.message import Flow, SipRequest, SipResponse
from telephony.sip.session_states import SESSION, SessionAct, SessionEvent, SessionState
from telephony.sip.signals import CallConfirmed, CallOver, DigitReceived, EndCause, MediaAgreed, SessionId
from telephony.sip.sip_dialog import DialogKey, SipDialog
from telephony.sip.timers import T1_MS, T2_MS, TIMEOUT_MS
from telephony.sip.transaction import IllegalStepError
from telephony.sip.transaction_layer import TransactionKey
from telephony.sip.wire import ACCEPT, ALLOW, Wire

SDP_FIELD = ("Content-Type", SDP_TYPE)
_INFO_ACCEPT = ("Accept", f"{DTMF_RELAY_TYPE}, {DTMF_TYPE}")
_ALIVE = frozenset(
    (SessionState.RINGING, SessionState.ANSWERED, SessionState.CALLING, SessionState.PROCEEDING, SessionState.TALKING)
)
"""States in which nobody has ended the call yet."""


@dataclass(slots=True)
class UnconfirmedAnswer:
    """A 200 to an INVITE that is repeated until its ACK comes (RFC 3261 section 13.3.1.4)."""

    key: TransactionKey
    response: SipResponse
    interval_ms: int
    next_ms: int
    give_up_ms: int
    awaits_answer: bool
    """True when the 200 carries our offer, so that the ACK must carry the answer."""


class Session:
    """One call leg; see `session_states` for its life."""

    def __init__(self, session_id: SessionId, wire: Wire, local_host: str, state: SessionState) -> None:
        """Begin; a subclass knows how.

        Args:
            session_id: Our name of it.
            wire: The way to the peer.
            local_host: The address of ours that the peer is told.
            state: First state.
        """
        self.session_id = session_id
        self.state = state
        self.dialog: SipDialog | None = None
        self._wire = wire
        self._local_host = local_host
        sdp_session_id = str(int.from_bytes(session_id.encode()[:4]))
        settings = wire.settings
        local = LocalMedia(local_host, 0, settings.codecs, sdp_session_id, fingerprint=settings.fingerprint)
        self.media = MediaNegotiation(local)
        self._told: MediaAgreement | None = None
        """The agreement that was told last."""
        self._unconfirmed: dict[int, UnconfirmedAnswer] = {}
        self._cause: EndCause = "local"
        self._status = 0
        self._reason = ""
        self._reported = False

    @property
    def dialog_keys(self) -> tuple[DialogKey, ...]:
        """Names by which requests find this session."""
        return (self.dialog.key,) if self.dialog is not None else ()

    @property
    def is_over(self) -> bool:
        """True when the session can be forgotten."""
        return self.state is SessionState.ENDED

    def hang_up(self, now_ms: int) -> None:
        """End the call from our side, whatever it does now."""
        self._take(SessionEvent.HANG_UP, now_ms)

    # What the peer sends

    def on_request(self, key: TransactionKey, checked: CheckedRequest, source: Flow, now_ms: int) -> None:
        """Take a request within the dialog that is neither ACK nor CANCEL."""
        dialog = self.dialog_of(checked)
        if dialog is None or self.state is SessionState.ENDED:
            self._refuse(key, checked, source, 481, now_ms)
            return
        if not dialog.takes_cseq(checked):
            self._refuse(key, checked, source, 500, now_ms, reason="CSeq is out of order")
            return
        if source.connection:
            dialog.flow = source  # the peer opened a new connection when the old one broke
        if checked.method == "BYE":
            self._wire.respond(key, checked, source, 200, now_ms)
            self._blame("cancelled" if self.state is SessionState.RINGING else "hung_up")
            self._take_if_legal(SessionEvent.BYE, now_ms)
        elif self.state is SessionState.ENDING:
            self._refuse(key, checked, source, 481, now_ms)
        else:
            self._serve(key, checked, source, now_ms)

    def on_ack(self, checked: CheckedRequest, now_ms: int) -> None:
        """Take the ACK of a 200 of ours; one that we do not wait for is a repetition."""
        waiting = self._unconfirmed.pop(checked.cseq, None)
        if waiting is None:
            return
        event = SessionEvent.ACK
        if waiting.awaits_answer:
            try:
                self._tell_media(self.media.take_answer(parse_body(checked.headers, checked.body)))
            except (NotAcceptableError, SdpError):
                event = SessionEvent.BAD_ACK
                self._blame("bad_answer")
                self.media.withdraw()
        self._take(event, now_ms)

    def on_response(self, checked: CheckedResponse, now_ms: int) -> None:
        """Take a response to a request of ours."""
        if checked.method != "BYE" or checked.response.is_provisional:
            return
        if self.state is SessionState.ENDING and self._wire.take_challenge(self.session_id, checked.response):
            self._perform(SessionAct.SEND_BYE, now_ms)
        else:
            self._on_bye_done(now_ms)

    def on_failure(self, request: SipRequest, *, timed_out: bool, now_ms: int) -> None:
        """Take the news that a request of ours reached nobody."""
        del timed_out
        if request.method == "BYE":
            self._on_bye_done(now_ms)

    def _on_bye_done(self, now_ms: int) -> None:
        if self.state is SessionState.ENDING:
            self._take(SessionEvent.BYE_DONE, now_ms)

    def dialog_of(self, checked: CheckedRequest) -> SipDialog | None:
        """Return the dialog that a request belongs to; a call that forked has several while it rings."""
        del checked
        return self.dialog

    def next_deadline_ms(self) -> int | None:
        """Return when `expire` shall be called."""
        return min((min(item.next_ms, item.give_up_ms) for item in self._unconfirmed.values()), default=None)

    def expire(self, now_ms: int) -> None:
        """Repeat a 200 without ACK; give up after 64 * T1."""
        for cseq, item in list(self._unconfirmed.items()):
            if now_ms >= item.give_up_ms:
                self._unconfirmed.pop(cseq, None)
                self._blame("no_ack")
                self._take_if_legal(SessionEvent.NO_ACK, now_ms)
            elif now_ms >= item.next_ms:
                item.interval_ms = min(2 * item.interval_ms, T2_MS)
                item.next_ms = now_ms + item.interval_ms
                self._wire.handle(self._wire.layer.respond(item.key, item.response, now_ms))

    # The table and its acts

    def _blame(self, cause: EndCause) -> None:
        """Note why the call ends, unless we are ending it already."""
        if self.state in _ALIVE:
            self._cause = cause

    def _take_if_legal(self, event: SessionEvent, now_ms: int) -> None:
        if (self.state, event) in SESSION:
            self._take(event, now_ms)

    def _take(self, event: SessionEvent, now_ms: int) -> None:
        row = SESSION.get((self.state, event))
        if row is None:
            raise IllegalStepError(f"a session has no {event.name} in {self.state.name}")
        self.state, acts = row
        for act in acts:
            self._perform(act, now_ms)
        if self.state is SessionState.ENDED:
            self._unconfirmed.clear()

    def _perform(self, act: SessionAct, now_ms: int) -> None:
        if act is SessionAct.CONFIRM:
            self._wire.tell(CallConfirmed(self.session_id))
        elif act is SessionAct.SEND_BYE:
            assert self.dialog is not None, "a BYE needs a dialog"
            self._ask(self.dialog, "BYE", now_ms, (("User-Agent", self._wire.settings.user_agent),))
        elif act is SessionAct.REPORT and not self._reported:
            self._reported = True
            self._wire.tell(CallOver(self.session_id, self._cause, self._status, self._reason))

    # Requests within the dialog

    def _serve(self, key: TransactionKey, checked: CheckedRequest, source: Flow, now_ms: int) -> None:
        """Serve a request of a call that lives."""
        if checked.method == "INFO":
            self._on_info(key, checked, source, now_ms)
        else:
            fields = (("Allow", ", ".join(ALLOW)), ("Accept", ACCEPT))
            self._wire.respond(key, checked, source, 200, now_ms, fields=fields)

    def _on_info(self, key: TransactionKey, checked: CheckedRequest, source: Flow, now_ms: int) -> None:
        """Serve INFO: digits are told, an empty one is a sign of life, anything else is not understood."""
        digit = parse_digit(checked.headers, checked.body)
        if checked.body and digit is None:
            self._refuse(key, checked, source, 415, now_ms, fields=(_INFO_ACCEPT,))
            return
        self._wire.respond(key, checked, source, 200, now_ms)
        if digit is not None:
            self._wire.tell(DigitReceived(self.session_id, *digit))

    def _ask(self, dialog: SipDialog, method: str, now_ms: int, fields: Fields = (), body: bytes = b"") -> int:
        """Send a request within a dialog and return its number."""
        flow = dialog.next_flow()
        via = self._wire.new_via(self._local_host, flow.transport)
        cseq = dialog.next_cseq()
        self._wire.request(dialog.make_request(method, cseq, via, fields, body), flow, self.session_id, now_ms)
        return cseq

    def _dialog_fields(self, dialog: SipDialog) -> Fields:
        return self._wire.dialog_fields(self._local_host, dialog.flow.transport, dialog.remote_target.scheme)

    def _send_ack(self, dialog: SipDialog, cseq: int) -> None:
        flow = dialog.next_flow()
        via = self._wire.new_via(self._local_host, flow.transport)
        self._wire.send(dialog.make_request("ACK", cseq, via, self._wire.ack_fields(self.session_id)), flow)

    def _send_200(
        self,
        key: TransactionKey,
        checked: CheckedRequest,
        source: Flow,
        now_ms: int,
        *,
        awaits_answer: bool,
        extra: Fields = (),
        with_body: bool = True,
    ) -> None:
        """Answer an INVITE with our description, and repeat it until the ACK."""
        assert self.dialog is not None, "an answer needs a dialog"
        routes = tuple(("Record-Route", value) for value in checked.headers.all("Record-Route"))
        fields = (*routes, *self._dialog_fields(self.dialog), *extra)
        body = b""
        if with_body:
            fields, body = (*fields, SDP_FIELD), self.media.body
        tag = self.dialog.local.tag or ""
        response = self._wire.respond(key, checked, source, 200, now_ms, to_tag=tag, fields=fields, body=body)
        self._unconfirmed[checked.cseq] = UnconfirmedAnswer(
            key=key,
            response=response,
            interval_ms=T1_MS,
            next_ms=now_ms + T1_MS,
            give_up_ms=now_ms + TIMEOUT_MS,
            awaits_answer=awaits_answer,
        )

    def _refuse(
        self,
        key: TransactionKey,
        checked: CheckedRequest,
        source: Flow,
        status: int,
        now_ms: int,
        *,
        reason: str = "",
        fields: Fields = (),
    ) -> None:
        self._wire.respond(key, checked, source, status, now_ms, reason=reason, fields=fields)

    # Media

    def _tell_media(self, agreement: MediaAgreement) -> None:
        """Tell an agreement; a refresh that changes nothing is not told."""
        if agreement != self._told:
            self._told = agreement
            self._wire.tell(MediaAgreed(self.session_id, agreement))


def parse_body(headers: Headers, body: bytes) -> SessionDescription:
    """Parse the session description of a message.

    Raises:
        SdpError: When there is none, or it is none.
    """
    found = find_sdp(headers, body)
    if found is None:
        raise SdpError("there is no session description")
    return parse_sdp(found)


def warning_field(error: NotAcceptableError, host: str) -> tuple[str, str]:
    """Return the Warning that tells why media cannot be used (RFC 3261 section 20.43)."""
    return ("Warning", f'{error.warning_code} {f"[{host}]" if ":" in host else host} "{error}"')
