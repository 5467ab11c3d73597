"""What both sides of a call leg share: requests within the dialog, our 200s until their ACK, the way out."""

from __future__ import annotations

from dataclasses import dataclass

from telephony.sdp.offer_answer import (
    LocalMedia,
    MediaAgreement,
    NotAcceptableError,
    accept_answer,
    answer_offer,
    make_offer,
    with_version,
)
from telephony.sdp.session_description import SdpError, SessionDescription, parse_sdp, serialise_sdp
from telephony.sip.bodies import DTMF_RELAY_TYPE, DTMF_TYPE, SDP_TYPE, find_sdp, parse_digit
from telephony.sip.checked_request import CheckedRequest
from telephony.sip.message import Flow, SipResponse
from telephony.sip.session_states import SESSION, SessionAct, SessionEvent, SessionState
from telephony.sip.signals import (
    CallConfirmed,
    CallOver,
    DigitReceived,
    EndCause,
    MediaAgreed,
    SessionId,
)
from telephony.sip.sip_dialog import SipDialog
from telephony.sip.timers import T1_MS, T2_MS, TIMEOUT_MS
from telephony.sip.transaction import IllegalStepError
from telephony.sip.transaction_layer import TransactionKey
from telephony.sip.wire import ACCEPT, ALLOW, Wire

_RETRY_AFTER = ("Retry-After", "1")
"""Asks to try again in a second. Source: RFC 3261 section 14.2, 0 to 10 s."""
_SDP_FIELD = ("Content-Type", SDP_TYPE)
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
        self._media_port = 0
        self._description: SessionDescription | None = None
        """Our latest offer or answer."""
        self._agreement: MediaAgreement | None = None
        self._unconfirmed: dict[int, UnconfirmedAnswer] = {}
        self._cause: EndCause = "local"
        self._status = 0
        self._reason = ""
        self._reported = False
        self._sdp_session_id = str(int.from_bytes(session_id.encode()[:4]))

    def hang_up(self, now_ms: int) -> None:
        """End the call from our side, whatever it does now."""
        self._take(SessionEvent.HANG_UP, now_ms)

    def on_request(self, key: TransactionKey, checked: CheckedRequest, source: Flow, now_ms: int) -> None:
        """Take a request within the dialog that is neither ACK nor CANCEL."""
        dialog = self.dialog
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
            self._take(SessionEvent.BYE, now_ms)
        elif self.state is SessionState.ENDING:
            self._refuse(key, checked, source, 481, now_ms)
        elif checked.method == "INVITE":
            dialog.flow = source
            self._on_invite_again(key, checked, source, now_ms)
        elif checked.method == "UPDATE":
            self._on_update(key, checked, source, now_ms)
        elif checked.method == "INFO":
            self._on_info(key, checked, source, now_ms)
        else:
            fields = (("Allow", ", ".join(ALLOW)), ("Accept", ACCEPT))
            self._wire.respond(key, checked, source, 200, now_ms, fields=fields)

    def on_ack(self, checked: CheckedRequest, now_ms: int) -> None:
        """Take the ACK of a 200 of ours; one that we do not wait for is a repetition."""
        waiting = self._unconfirmed.pop(checked.cseq, None)
        if waiting is None:
            return
        event = SessionEvent.ACK
        if waiting.awaits_answer:
            try:
                self._agree(accept_answer(self._parse(checked), self._local_media()))
            except (NotAcceptableError, SdpError):
                event = SessionEvent.BAD_ACK
                self._blame("bad_answer")
        self._take(event, now_ms)

    def on_bye_done(self, now_ms: int) -> None:
        """Take the response to our BYE, whatever it says, or its failure."""
        if self.state is SessionState.ENDING:
            self._take(SessionEvent.BYE_DONE, now_ms)

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

    @property
    def is_over(self) -> bool:
        """True when the session can be forgotten."""
        return self.state is SessionState.ENDED

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
            self._send_bye(now_ms)
        elif act is SessionAct.REPORT and not self._reported:
            self._reported = True
            self._wire.tell(CallOver(self.session_id, self._cause, self._status, self._reason))

    def _send_bye(self, now_ms: int) -> None:
        assert self.dialog is not None, "a BYE needs a dialog"
        flow = self.dialog.next_flow()
        fields = (("User-Agent", self._wire.settings.user_agent),)
        via = self._wire.new_via(self._local_host, flow.transport)
        request = self.dialog.make_request("BYE", self.dialog.next_cseq(), via, fields)
        self._wire.request(request, flow, self.session_id, now_ms)

    # Requests within the dialog

    def _on_invite_again(self, key: TransactionKey, checked: CheckedRequest, source: Flow, now_ms: int) -> None:
        """Serve a re-INVITE: hold, resume, move, refresh (RFC 3261 section 14.2, RFC 3264 section 8)."""
        assert self.dialog is not None, "checked by on_request"
        if self._media_port == 0 or any(item.awaits_answer for item in self._unconfirmed.values()):
            status = 500 if self._media_port == 0 else 491
            self._refuse(key, checked, source, status, now_ms, fields=(_RETRY_AFTER,) if status == 500 else ())
            return
        if not checked.body:
            self._describe(make_offer(self._local_media()))
            self.dialog.refresh_target(checked.contact)
            self._send_200(key, checked, source, now_ms, awaits_answer=True)
            return
        agreement = self._answer_body(key, checked, source, now_ms)
        if agreement is not None:
            self.dialog.refresh_target(checked.contact)
            self._send_200(key, checked, source, now_ms, awaits_answer=False)
            self._agree(agreement)

    def _on_update(self, key: TransactionKey, checked: CheckedRequest, source: Flow, now_ms: int) -> None:
        """Serve UPDATE: a new target, and a new offer once the first one was answered (RFC 3311 section 5.2)."""
        assert self.dialog is not None, "checked by on_request"
        fields = self._dialog_fields(self.dialog)
        if not checked.body:
            self.dialog.refresh_target(checked.contact)
            self._wire.respond(key, checked, source, 200, now_ms, fields=fields)
            return
        awaits = any(item.awaits_answer for item in self._unconfirmed.values())
        if self._agreement is None or awaits:
            status = 491 if awaits else 500
            self._refuse(key, checked, source, status, now_ms, fields=(_RETRY_AFTER,) if status == 500 else ())
            return
        agreement = self._answer_body(key, checked, source, now_ms)
        if agreement is not None and self._description is not None:
            self.dialog.refresh_target(checked.contact)
            body = serialise_sdp(self._description)
            self._wire.respond(key, checked, source, 200, now_ms, fields=(*fields, _SDP_FIELD), body=body)
            self._agree(agreement)

    def _on_info(self, key: TransactionKey, checked: CheckedRequest, source: Flow, now_ms: int) -> None:
        """Serve INFO: digits are told, an empty one is a sign of life, anything else is not understood."""
        digit = parse_digit(checked.headers, checked.body)
        if checked.body and digit is None:
            self._refuse(key, checked, source, 415, now_ms, fields=(_INFO_ACCEPT,))
            return
        self._wire.respond(key, checked, source, 200, now_ms)
        if digit is not None:
            self._wire.tell(DigitReceived(self.session_id, *digit))

    def _answer_body(
        self, key: TransactionKey, checked: CheckedRequest, source: Flow, now_ms: int
    ) -> MediaAgreement | None:
        """Answer the offer of a request; on failure refuse the request, and the call goes on as it was."""
        if find_sdp(checked.headers, checked.body) is None:
            self._refuse(key, checked, source, 415, now_ms, fields=(("Accept", SDP_TYPE),))
            return None
        try:
            description, agreement = answer_offer(self._parse(checked), self._local_media(), allow_removed=True)
        except SdpError:
            self._refuse(key, checked, source, 400, now_ms, reason="Bad Session Description")
            return None
        except NotAcceptableError as error:
            self._refuse(key, checked, source, 488, now_ms, fields=(warning_field(error, self._local_host),))
            return None
        self._describe(description)
        return agreement

    def _dialog_fields(self, dialog: SipDialog) -> tuple[tuple[str, str], ...]:
        return self._wire.dialog_fields(self._local_host, dialog.flow.transport, dialog.remote_target.scheme)

    # Media

    def _local_media(self) -> LocalMedia:
        return LocalMedia(self._local_host, self._media_port, self._wire.settings.codecs, self._sdp_session_id)

    def _describe(self, description: SessionDescription) -> None:
        """Remember what we say, with its version (RFC 3264 section 8)."""
        self._description = with_version(description, self._description)

    def _parse(self, checked: CheckedRequest) -> SessionDescription:
        """Parse the session description of a request.

        Raises:
            SdpError: When there is none.
        """
        body = find_sdp(checked.headers, checked.body)
        if body is None:
            raise SdpError("there is no session description")
        return parse_sdp(body)

    def _agree(self, agreement: MediaAgreement) -> None:
        """Tell a new agreement; a refresh that changes nothing is not told."""
        if agreement != self._agreement:
            self._agreement = agreement
            self._wire.tell(MediaAgreed(self.session_id, agreement))

    def _send_200(
        self, key: TransactionKey, checked: CheckedRequest, source: Flow, now_ms: int, *, awaits_answer: bool
    ) -> None:
        """Answer an INVITE with our description, and repeat it until the ACK."""
        assert self._description is not None, "described before it is sent"
        assert self.dialog is not None, "an answer needs a dialog"
        routes = tuple(("Record-Route", value) for value in checked.headers.all("Record-Route"))
        fields = (*routes, *self._dialog_fields(self.dialog), _SDP_FIELD)
        body, tag = serialise_sdp(self._description), self.dialog.local.tag or ""
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
        fields: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self._wire.respond(key, checked, source, status, now_ms, reason=reason, fields=fields)


def warning_field(error: NotAcceptableError, host: str) -> tuple[str, str]:
    """Return the Warning that tells why media cannot be used (RFC 3261 section 20.43)."""
    return ("Warning", f'{error.warning_code} {f"[{host}]" if ":" in host else host} "{error}"')
