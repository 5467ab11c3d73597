"""A call leg whose session can change: re-INVITE and UPDATE of both sides, hold, refresh, glare, session timers."""

from __future__ import annotations

from telephony.sdp.choice import NotAcceptableError
from telephony.sdp.negotiation import OfferState
from telephony.sdp.offer_answer import Direction, MediaAgreement
from telephony.sdp.session_description import SdpError
from telephony.sip.bodies import SDP_TYPE, find_sdp
from telephony.sip.checked_request import CheckedRequest, CheckedResponse
from telephony.sip.headers import Headers
from telephony.sip.message import Flow, SipRequest
from telephony.sip.session import SDP_FIELD, Session, parse_body, warning_field
from telephony.sip.session_change import (
    CHANGE,
    MAX_TRIES,
    ChangeAct,
    ChangeEvent,
    ChangeState,
    back_off_ms,
)
from telephony.sip.session_states import SessionEvent, SessionState
from telephony.sip.session_timer import SessionTimer, TimerAct
from telephony.sip.signals import MediaChangeRefused, SessionId
from telephony.sip.sip_dialog import SipDialog
from telephony.sip.transaction_layer import TransactionKey
from telephony.sip.wire import Wire

_RETRY_AFTER = ("Retry-After", "1")
"""Asks to try again in a second. Source: RFC 3261 section 14.2, 0 to 10 s."""
_GONE = (408, 481)
"""A re-INVITE that ends so ends the call. Source: RFC 3261 section 14.1."""
_LATER = (500, 503, 504)
"""With Retry-After these ask us to wait. Source: RFC 3261 section 21.5."""
_LONGEST_RETRY_S = 30
_MOST_UNCONFIRMED = 4
"""200s that wait for their ACKs, each sent 11 times. Source: RFC 3261 section 14.1 allows one, a late ACK makes two."""
_ASKING = (ChangeState.SENT, ChangeState.AGAIN)


class ChangingSession(Session):
    """A call leg with a session that either side can change."""

    owns_call_id = False
    """True when we began the call: whose random wait after a 491 is the longer one."""

    def __init__(self, session_id: SessionId, wire: Wire, local_host: str, state: SessionState) -> None:
        """Begin without a wish and without a timer."""
        super().__init__(session_id, wire, local_host, state)
        self.timer = SessionTimer(wire.settings.session_timer)
        self.change = ChangeState.IDLE
        self._accepted: Direction = "sendrecv"
        """The direction of ours that the peer agreed to last."""
        self._wants_offer = False
        """The wish needs offer and answer; a mere refresh can do without."""
        self._tries = 0
        self._asked_cseq = 0
        self._asks_again_ms: int | None = None
        self._refused_with = 0
        self._peer_allows: frozenset[str] = frozenset()

    # What we want

    def direct(self, direction: Direction, now_ms: int) -> None:
        """Let sound flow this way only, seen from us: hold is `sendonly` or `inactive`, resume is `sendrecv`."""
        if self.state in (SessionState.ENDING, SessionState.ENDED, SessionState.LEAVING):
            return
        self.media.wanted = direction
        self._wants_offer = True
        self._wish(now_ms)

    def _wish(self, now_ms: int) -> None:
        self._tries = 0
        self._step_change(ChangeEvent.WISH, now_ms)
        self._ask_if_free(now_ms)

    def _ask_if_free(self, now_ms: int) -> None:
        """Send what is due, if offer, answer and confirmation of everything before are done (RFC 3261 section 14.1)."""
        free = self.state is SessionState.TALKING and not self._unconfirmed
        if self.change is ChangeState.DUE and free and self.media.state is OfferState.SETTLED:
            self._step_change(ChangeEvent.FREE, now_ms)

    def _step_change(self, event: ChangeEvent, now_ms: int, wait_ms: int | None = None) -> None:
        self.change, acts = CHANGE[self.change, event]
        for act in acts:
            if act is ChangeAct.SEND:
                self._send_change(now_ms)
            elif act is ChangeAct.WAIT:
                random = self._wire.random_number()
                own_ms = back_off_ms(owner=self.owns_call_id, random=random)
                self._asks_again_ms = now_ms + (own_ms if wait_ms is None else wait_ms)
            elif act is ChangeAct.END:
                self._blame("timeout")
                self._take_if_legal(SessionEvent.LOST, now_ms)
            elif act is ChangeAct.TELL_REFUSED and self._wants_offer:
                self._wire.tell(MediaChangeRefused(self.session_id, self._refused_with))

    def _send_change(self, now_ms: int) -> None:
        """Send a re-INVITE, or an UPDATE without offer when that will do (RFC 4028 section 7.4)."""
        assert self.dialog is not None, "a call that talks has a dialog"
        fields = (*self._dialog_fields(self.dialog), *self.timer.request_fields(initial=False))
        fields = (*fields, ("User-Agent", self._wire.settings.user_agent))
        if not self._wants_offer and "UPDATE" in self._peer_allows:
            self._asked_cseq = self._ask(self.dialog, "UPDATE", now_ms, fields)
            return
        if self._wants_offer:
            self.media.offer()
        else:
            self.media.offer_unchanged()
        self._asked_cseq = self._ask(self.dialog, "INVITE", now_ms, (*fields, SDP_FIELD), self.media.body)

    # What the peer says to it

    def on_response(self, checked: CheckedResponse, now_ms: int) -> None:
        """Take a response to a request of ours."""
        if checked.method in ("INVITE", "UPDATE"):
            self._on_change_response(checked, now_ms)
        else:
            super().on_response(checked, now_ms)
        self._ask_if_free(now_ms)

    def on_failure(self, request: SipRequest, *, timed_out: bool, now_ms: int) -> None:
        """Take the news that a request of ours reached nobody."""
        if request.method in ("INVITE", "UPDATE"):
            self._settle_change(ChangeEvent.GONE, now_ms)
        else:
            super().on_failure(request, timed_out=timed_out, now_ms=now_ms)

    def _on_change_response(self, checked: CheckedResponse, now_ms: int) -> None:
        response = checked.response
        if response.is_provisional or self.dialog is None:
            return
        if response.is_success and checked.method == "INVITE":
            self._send_ack(self.dialog, checked.cseq)
        if checked.cseq != self._asked_cseq or self.change not in _ASKING:
            return
        if response.is_success:
            self._on_change_agreed(checked, self.dialog, now_ms)
        elif response.status == 491:
            self._try_later(None, now_ms)
        elif response.status in _GONE:
            self._settle_change(ChangeEvent.GONE, now_ms)
        elif (response.status == 422 and self.timer.take_422(response.headers)) or self._wire.take_challenge(
            self.session_id, response
        ):
            self._try_later(0, now_ms)
        elif response.status in _LATER and (wait_ms := _retry_after_ms(response.headers)) is not None:
            self._try_later(wait_ms, now_ms)
        else:
            self._refused_with = response.status
            self._settle_change(ChangeEvent.REFUSED, now_ms)

    def _on_change_agreed(self, checked: CheckedResponse, dialog: SipDialog, now_ms: int) -> None:
        response = checked.response
        dialog.refresh_target(checked.contact)
        self._note_peer(response.headers)
        self.timer.take_response(response.headers, now_ms)
        if self.media.state is OfferState.OFFERED:
            asked = self.media.offered_direction
            try:
                self._tell_media(self.media.take_answer(parse_body(response.headers, response.body)))
            except (NotAcceptableError, SdpError):
                self.media.withdraw()
                self._blame("bad_answer")
                self._take_if_legal(SessionEvent.LOST, now_ms)
            else:
                self._accepted = asked
        self._wants_offer = self._wants_offer and self.change is ChangeState.AGAIN
        self._step_change(ChangeEvent.DONE, now_ms)

    def _try_later(self, wait_ms: int | None, now_ms: int) -> None:
        self._tries += 1
        if self._tries >= MAX_TRIES:
            self._refused_with = 491
            self._settle_change(ChangeEvent.REFUSED, now_ms)
            return
        self.media.withdraw()
        self._step_change(ChangeEvent.GLARE, now_ms, wait_ms)

    def _settle_change(self, event: ChangeEvent, now_ms: int) -> None:
        """The request came to nothing: the session is as it was, or the call is over."""
        if self.change not in _ASKING:
            return
        self.media.withdraw()
        if event is ChangeEvent.GONE:
            self.timer.lost()
        else:
            self.timer.refused(now_ms)
        superseded = self.change is ChangeState.AGAIN
        if not superseded:
            self.media.wanted = self._accepted
        self._step_change(event, now_ms)
        self._wants_offer = self._wants_offer and superseded

    # What the peer wants

    def on_ack(self, checked: CheckedRequest, now_ms: int) -> None:
        """Take the ACK of a 200 of ours, and ask what waited for it."""
        super().on_ack(checked, now_ms)
        self._ask_if_free(now_ms)

    def _serve(self, key: TransactionKey, checked: CheckedRequest, source: Flow, now_ms: int) -> None:
        if checked.method not in ("INVITE", "UPDATE"):
            super()._serve(key, checked, source, now_ms)
            return
        if self.timer.is_too_small(checked.headers):
            self._refuse(key, checked, source, 422, now_ms, fields=(self.timer.min_se_field,))
            return
        if checked.method == "INVITE":
            self._on_invite_again(key, checked, source, now_ms)
        else:
            self._on_update(key, checked, source, now_ms)
        self._ask_if_free(now_ms)

    def _on_invite_again(self, key: TransactionKey, checked: CheckedRequest, source: Flow, now_ms: int) -> None:
        """Serve a re-INVITE: hold, resume, move, refresh (RFC 3261 section 14.2, RFC 3264 section 8)."""
        if self.state not in (SessionState.ANSWERED, SessionState.LEAVING, SessionState.TALKING):
            self._refuse(key, checked, source, 500, now_ms, fields=(_RETRY_AFTER,))
            return
        assert self.dialog is not None, "made by the answer at the latest"
        if self.media.state is OfferState.OFFERED or self.change in _ASKING:
            self._refuse(key, checked, source, 491, now_ms)
            return
        if len(self._unconfirmed) >= _MOST_UNCONFIRMED:
            self._refuse(key, checked, source, 500, now_ms, fields=(_RETRY_AFTER,))
            return
        agreement = None
        if not checked.body:
            self.media.offer()
        elif (agreement := self._answer_body(key, checked, source, now_ms)) is None:
            return
        self.dialog.flow = source
        self.dialog.refresh_target(checked.contact)
        self._note_peer(checked.headers)
        extra = self.timer.answer_request(checked.headers, now_ms)
        self._send_200(key, checked, source, now_ms, awaits_answer=agreement is None, extra=extra)
        if agreement is not None:
            self._tell_media(agreement)

    def _on_update(self, key: TransactionKey, checked: CheckedRequest, source: Flow, now_ms: int) -> None:
        """Serve UPDATE: a new target, and a new offer once the first one was answered (RFC 3311 section 5.2)."""
        dialog = self.dialog_of(checked)
        assert dialog is not None, "checked by on_request"
        if checked.body and self.media.state is not OfferState.SETTLED:
            ours = self.media.state is OfferState.OFFERED
            self._refuse(key, checked, source, 491 if ours else 500, now_ms, fields=() if ours else (_RETRY_AFTER,))
            return
        fields = self._dialog_fields(dialog)
        body, agreement = b"", None
        if checked.body:
            agreement = self._answer_body(key, checked, source, now_ms)
            if agreement is None:
                return
            fields, body = (*fields, SDP_FIELD), self.media.body
        dialog.refresh_target(checked.contact)
        self._note_peer(checked.headers)
        if self.state is SessionState.TALKING:
            fields = (*fields, *self.timer.answer_request(checked.headers, now_ms))
        self._wire.respond(key, checked, source, 200, now_ms, fields=fields, body=body)
        if agreement is not None:
            self._tell_media(agreement)

    def _answer_body(
        self, key: TransactionKey, checked: CheckedRequest, source: Flow, now_ms: int
    ) -> MediaAgreement | None:
        """Answer the offer of a request; None when the request was refused, and the call goes on as it was."""
        if find_sdp(checked.headers, checked.body) is None:
            self._refuse(key, checked, source, 415, now_ms, fields=(("Accept", SDP_TYPE),))
            return None
        try:
            offer = parse_body(checked.headers, checked.body)
        except SdpError:
            self._refuse(key, checked, source, 400, now_ms, reason="Bad Session Description")
            return None
        self.media.take_offer()
        try:
            return self.media.answer(offer)
        except NotAcceptableError as error:
            self._refuse(key, checked, source, 488, now_ms, fields=(warning_field(error, self._local_host),))
            return None

    def _note_peer(self, headers: Headers) -> None:
        """Remember which methods the peer takes (RFC 3261 section 20.5)."""
        if headers.all("Allow"):
            self._peer_allows = frozenset(token.upper() for token in headers.tokens("Allow"))

    # The clock

    def next_deadline_ms(self) -> int | None:
        """Return when `expire` shall be called."""
        mine = [super().next_deadline_ms(), self._asks_again_ms]
        if self.state is SessionState.TALKING:
            mine.append(self.timer.deadline_ms)
        return min((item for item in mine if item is not None), default=None)

    def expire(self, now_ms: int) -> None:
        """Ask again after a glare; refresh, or end a call that nobody refreshes."""
        super().expire(now_ms)
        if self._asks_again_ms is not None and now_ms >= self._asks_again_ms:
            self._asks_again_ms = None
            if self.change is ChangeState.BACKING_OFF:
                self._step_change(ChangeEvent.TIMER, now_ms)
                self._ask_if_free(now_ms)
        if self.state is SessionState.TALKING:
            for act in self.timer.expire(now_ms):
                if act is TimerAct.REFRESH:
                    self._wish(now_ms)
                else:
                    self._blame("session_expired")
                    self._take(SessionEvent.LOST, now_ms)


def _retry_after_ms(headers: Headers) -> int | None:
    """Return how long the peer asks us to wait, None when it does not, or too long for a call."""
    text = (headers.get("Retry-After") or "").strip().partition(";")[0].partition("(")[0].strip()
    if not (text.isascii() and text.isdigit()) or len(text) > 3 or int(text) > _LONGEST_RETRY_S:
        return None
    return int(text) * 1_000
