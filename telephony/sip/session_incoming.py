"""A call that comes in."""

from __future__ import annotations

from dataclasses import replace

from telephony.sdp.choice import NotAcceptableError
from telephony.sdp.negotiation import OfferState
from telephony.sdp.session_description import SdpError
from telephony.sip.checked_request import CheckedRequest
from telephony.sip.grammar import SipSyntaxError, parse_number
from telephony.sip.headers import Fields
from telephony.sip.message import Flow, SipResponse
from telephony.sip.refusal import Refusal
from telephony.sip.reliable import TAG, ReliableSender, ReliableState, parse_rack
from telephony.sip.session import SDP_FIELD, parse_body
from telephony.sip.session_refer import ReferringSession
from telephony.sip.session_states import SessionAct, SessionEvent, SessionState
from telephony.sip.signals import SessionId
from telephony.sip.sip_dialog import dialog_of_callee
from telephony.sip.transaction_layer import TransactionKey
from telephony.sip.wire import Wire

_LONGEST_EXPIRES_S = 2**32 - 1
"""Source: RFC 3261 section 20.19."""


class IncomingSession(ReferringSession):
    """A call leg that a peer began."""

    def __init__(
        self,
        session_id: SessionId,
        wire: Wire,
        key: TransactionKey,
        checked: CheckedRequest,
        source: Flow,
        local_host: str,
        now_ms: int,
    ) -> None:
        """Begin with an INVITE whose offer, if it has one, was found acceptable; sends 100."""
        super().__init__(session_id, wire, local_host, SessionState.RINGING)
        self.invite_key = key
        self.dialog = dialog_of_callee(checked, wire.new_token(), source)
        self._invite = checked
        self._source = source
        self._expires_ms = now_ms + wire.settings.answer_ms
        wish_s = _expires_s(checked)
        self._caller_waits_less = wish_s is not None and 1_000 * wish_s < wire.settings.answer_ms
        """The caller's own limit comes first (RFC 3261 section 13.3.1)."""
        if wish_s is not None and self._caller_waits_less:
            self._expires_ms = now_ms + 1_000 * wish_s
        self._refusal: tuple[int, str, Fields] = (480, "", ())
        self._note_peer(checked.headers)
        self.media.local = replace(self.media.local, random_bytes=wire.key_source(source), peer_host=source.host)
        asked = checked.headers.tokens("Require")
        self._must_be_reliable = TAG in asked
        self._can_be_reliable = TAG in asked | checked.headers.tokens("Supported")
        self._reliable = ReliableSender(checked.cseq, wire.random_number())
        self._status_that_waits: int | None = None
        """A provisional response that waits for the PRACK of the one before."""
        self._answer_waits = False
        if checked.body:
            self.media.take_offer()
        self._respond(100, now_ms)

    def ring(self, now_ms: int) -> None:
        """Send 180; nothing happens once the call is answered or gone."""
        if self.state is SessionState.RINGING:
            self._progress(180, now_ms)

    def begin_early_media(self, media_port: int, now_ms: int) -> None:
        """Send 183 with our side of the media, so that the caller hears us before we answer (RFC 3960)."""
        if self.state is SessionState.RINGING:
            self.media.local = replace(self.media.local, port=media_port)
            self._progress(183, now_ms)

    def answer(self, media_port: int, now_ms: int) -> None:
        """Accept with media on this port; nothing happens when the caller is gone.

        While the description of a reliable 183 is not confirmed the answer waits (RFC 3262 section 3).
        """
        if self.state is SessionState.RINGING and self._reliable.is_waiting and self._reliable.holds_description:
            self._answer_waits = True
        elif self.state is SessionState.RINGING:
            self.media.local = replace(self.media.local, port=media_port)
            self._take(SessionEvent.ANSWER, now_ms)

    def reject(self, status: int, reason: str, retry_after_s: int | None, now_ms: int) -> None:
        """Refuse; nothing happens when the call is settled already."""
        if self.state is not SessionState.RINGING:
            return
        fields = (("Retry-After", str(retry_after_s)),) if retry_after_s is not None else ()
        self._refusal = (status if 300 <= status <= 699 else 480, reason, fields)
        self._take(SessionEvent.REJECT, now_ms)

    def challenge(self, refusal: Refusal, now_ms: int) -> None:
        """Refuse with what asks for a password; nothing happens when the call is settled already."""
        if self.state is SessionState.RINGING:
            self._refusal = (refusal.status, refusal.reason, refusal.fields)
            self._take(SessionEvent.REJECT, now_ms)

    def cancel(self, now_ms: int) -> None:
        """Take the caller's CANCEL; after an answer it is too late and changes nothing."""
        if self.state is SessionState.RINGING:
            self._blame("cancelled")
        self._take(SessionEvent.CANCEL, now_ms)

    def next_deadline_ms(self) -> int | None:
        """Return when `expire` shall be called."""
        if self.state is not SessionState.RINGING:
            return super().next_deadline_ms()
        again_ms = self._reliable.next_deadline_ms()
        return self._expires_ms if again_ms is None else min(again_ms, self._expires_ms)

    def expire(self, now_ms: int) -> None:
        """Refuse a call that nobody answered; repeat a 200 without ACK."""
        if self.state is SessionState.RINGING:
            again = self._reliable.expire(now_ms)
            if again is not None:
                self._wire.handle(self._wire.layer.respond(self.invite_key, again, now_ms))
            if self._reliable.state is ReliableState.LOST:
                self._cause = "timeout"
                self._refusal = (504, "", ())  # RFC 3262 section 3: a 5xx
                self._take(SessionEvent.REJECT, now_ms)
                return
        if self.state is SessionState.RINGING and now_ms >= self._expires_ms:
            self._cause = "cancelled" if self._caller_waits_less else "timeout"
            self._take(SessionEvent.CANCEL if self._caller_waits_less else SessionEvent.EXPIRED, now_ms)
        else:
            super().expire(now_ms)

    def _perform(self, act: SessionAct, now_ms: int) -> None:
        if act is SessionAct.SEND_ANSWER:
            self._send_answer(now_ms)
        elif act is SessionAct.SEND_REFUSAL:
            status, reason, fields = self._refusal
            self._respond(status, now_ms, fields, reason)
        elif act is SessionAct.SEND_TERMINATED:
            self._respond(487, now_ms)
        elif act is SessionAct.SEND_UNAVAILABLE:
            self._respond(480, now_ms)
        else:
            super()._perform(act, now_ms)

    # Before the answer

    def _progress(self, status: int, now_ms: int) -> None:
        """Send a provisional response, reliably where the caller wants it or it holds a description."""
        if self._reliable.is_waiting:
            self._status_that_waits = status
            return
        early = status == 183
        reliable = self._must_be_reliable or (early and self._can_be_reliable)
        dialog = self.dialog
        assert dialog is not None, "made in __init__"
        fields = (*self._record_routes(), *self._dialog_fields(dialog))
        body = self._early_description(reliable=reliable) if early else b""
        if body:
            fields = (*fields, SDP_FIELD)
        if reliable:
            fields = (*fields, *self._reliable.fields)
        response = self._respond(status, now_ms, fields, body=body)
        if reliable:
            self._reliable.sent(response, now_ms)

    def _early_description(self, *, reliable: bool) -> bytes:
        """Return what a 183 says of our media: the answer, a preview of it, our offer, or nothing.

        Only a reliable response may carry an offer or a binding answer (RFC 6337 section 3.1.1).
        """
        if self.media.state is OfferState.ASKED:
            offer = parse_body(self._invite.headers, self._invite.body)
            answer = self.media.answer(offer, allow_removed=False) if reliable else self.media.preview(offer)
            self._tell_media(answer)
        elif self.media.agreement is None and reliable:
            self.media.offer()
        else:
            return b""
        return self.media.body

    def _serve(self, key: TransactionKey, checked: CheckedRequest, source: Flow, now_ms: int) -> None:
        if checked.method == "PRACK":
            self._on_prack(key, checked, source, now_ms)
        else:
            super()._serve(key, checked, source, now_ms)

    def _on_prack(self, key: TransactionKey, checked: CheckedRequest, source: Flow, now_ms: int) -> None:
        """Serve the confirmation of a reliable response; it may carry the answer to our offer, or a new offer."""
        if self.state is not SessionState.RINGING or not self._reliable.take_prack(
            parse_rack(checked.headers.get("RAck"))
        ):
            self._refuse(key, checked, source, 481, now_ms)
            return
        if self.media.state is OfferState.OFFERED:
            try:
                self._tell_media(self.media.take_answer(parse_body(checked.headers, checked.body)))
            except (NotAcceptableError, SdpError):
                self.media.withdraw()
                self._wire.respond(key, checked, source, 200, now_ms)
                self._blame("bad_answer")
                self._refusal = (488, "", ())
                self._take(SessionEvent.REJECT, now_ms)
                return
            self._wire.respond(key, checked, source, 200, now_ms)
        elif checked.body and self.media.state is OfferState.SETTLED:
            agreement = self._answer_body(key, checked, source, now_ms)
            if agreement is None:
                return
            self._wire.respond(key, checked, source, 200, now_ms, fields=(SDP_FIELD,), body=self.media.body)
            self._tell_media(agreement)
        else:
            self._wire.respond(key, checked, source, 200, now_ms)
        waits, self._status_that_waits = self._status_that_waits, None
        if self._answer_waits:
            self._take(SessionEvent.ANSWER, now_ms)
        elif waits is not None:
            self._progress(waits, now_ms)

    def _send_answer(self, now_ms: int) -> None:
        extra = self.timer.answer_request(self._invite.headers, now_ms)
        self._reliable.finish()
        if self.media.state is OfferState.SETTLED and self.media.agreement is not None:
            # The answer was confirmed with a reliable response: none follows (RFC 6337 section 3.1.1).
            self._send_200(
                self.invite_key, self._invite, self._source, now_ms, awaits_answer=False, extra=extra, with_body=False
            )
            return
        if not self._invite.body:
            self.media.offer()
            self._send_200(self.invite_key, self._invite, self._source, now_ms, awaits_answer=True, extra=extra)
            return
        try:
            agreement = self.media.answer(parse_body(self._invite.headers, self._invite.body), allow_removed=False)
        except NotAcceptableError as error:  # the user agent checked it, so only a change of codecs can lead here
            raise AssertionError("an offer that was acceptable is not any more") from error
        self._send_200(self.invite_key, self._invite, self._source, now_ms, awaits_answer=False, extra=extra)
        self._tell_media(agreement)

    def _respond(
        self,
        status: int,
        now_ms: int,
        fields: Fields = (),
        reason: str = "",
        body: bytes = b"",
    ) -> SipResponse:
        assert self.dialog is not None, "made in __init__"
        tag = self.dialog.local.tag or ""
        return self._wire.respond(
            self.invite_key,
            self._invite,
            self._source,
            status,
            now_ms,
            to_tag=tag,
            reason=reason,
            fields=fields,
            body=body,
        )

    def _record_routes(self) -> Fields:
        return tuple(("Record-Route", value) for value in self._invite.headers.all("Record-Route"))


def _expires_s(invite: CheckedRequest) -> int | None:
    """Return for how long an invitation holds, None when it says nothing that can be read."""
    value = invite.headers.get("Expires")
    try:
        return parse_number(value, "Expires", _LONGEST_EXPIRES_S) or None if value is not None else None
    except SipSyntaxError:
        return None
