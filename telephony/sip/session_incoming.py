"""A call that comes in."""

from __future__ import annotations

from dataclasses import replace

from telephony.sdp.offer_answer import NotAcceptableError
from telephony.sip.checked_request import CheckedRequest
from telephony.sip.message import Flow
from telephony.sip.session import parse_body
from telephony.sip.session_modify import ChangingSession
from telephony.sip.session_states import SessionAct, SessionEvent, SessionState
from telephony.sip.signals import SessionId
from telephony.sip.sip_dialog import dialog_of_callee
from telephony.sip.transaction_layer import TransactionKey
from telephony.sip.wire import Wire


class IncomingSession(ChangingSession):
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
        self._refusal: tuple[int, str, tuple[tuple[str, str], ...]] = (480, "", ())
        self._note_peer(checked.headers)
        if checked.body:
            self.media.take_offer()
        self._respond(100, now_ms)

    def ring(self, now_ms: int) -> None:
        """Send 180; nothing happens once the call is answered or gone."""
        if self.state is SessionState.RINGING:
            contact = self._wire.contact(self._local_host, self._source.transport, scheme=self._invite.uri.scheme)
            self._respond(180, now_ms, (("Contact", contact), *self._record_routes()))

    def answer(self, media_port: int, now_ms: int) -> None:
        """Accept with media on this port; nothing happens when the caller is gone."""
        if self.state is SessionState.RINGING:
            self.media.local = replace(self.media.local, port=media_port)
            self._take(SessionEvent.ANSWER, now_ms)

    def reject(self, status: int, reason: str, retry_after_s: int | None, now_ms: int) -> None:
        """Refuse; nothing happens when the call is settled already."""
        if self.state is not SessionState.RINGING:
            return
        fields = (("Retry-After", str(retry_after_s)),) if retry_after_s is not None else ()
        self._refusal = (status if 300 <= status <= 699 else 480, reason, fields)
        self._take(SessionEvent.REJECT, now_ms)

    def cancel(self, now_ms: int) -> None:
        """Take the caller's CANCEL; after an answer it is too late and changes nothing."""
        if self.state is SessionState.RINGING:
            self._blame("cancelled")
        self._take(SessionEvent.CANCEL, now_ms)

    def next_deadline_ms(self) -> int | None:
        """Return when `expire` shall be called."""
        return self._expires_ms if self.state is SessionState.RINGING else super().next_deadline_ms()

    def expire(self, now_ms: int) -> None:
        """Refuse a call that nobody answered; repeat a 200 without ACK."""
        if self.state is SessionState.RINGING and now_ms >= self._expires_ms:
            self._cause = "timeout"
            self._take(SessionEvent.EXPIRED, now_ms)
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

    def _send_answer(self, now_ms: int) -> None:
        extra = self.timer.answer_request(self._invite.headers, now_ms)
        if not self._invite.body:
            self.media.offer()
            self._send_200(self.invite_key, self._invite, self._source, now_ms, awaits_answer=True, extra=extra)
            return
        try:
            self.media.answer(parse_body(self._invite.headers, self._invite.body), allow_removed=False)
        except NotAcceptableError as error:  # the user agent checked it, so only a change of codecs can lead here
            raise AssertionError("an offer that was acceptable is not any more") from error
        self._send_200(self.invite_key, self._invite, self._source, now_ms, awaits_answer=False, extra=extra)
        assert self.media.agreement is not None, "an answer makes an agreement"
        self._tell_media(self.media.agreement)

    def _respond(self, status: int, now_ms: int, fields: tuple[tuple[str, str], ...] = (), reason: str = "") -> None:
        assert self.dialog is not None, "made in __init__"
        tag = self.dialog.local.tag or ""
        self._wire.respond(
            self.invite_key, self._invite, self._source, status, now_ms, to_tag=tag, reason=reason, fields=fields
        )

    def _record_routes(self) -> tuple[tuple[str, str], ...]:
        return tuple(("Record-Route", value) for value in self._invite.headers.all("Record-Route"))
