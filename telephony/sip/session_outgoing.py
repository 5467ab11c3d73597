"""A call that we place."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from telephony.sdp.choice import NotAcceptableError
from telephony.sdp.negotiation import MediaNegotiation, OfferState
from telephony.sdp.offer_answer import MediaAgreement
from telephony.sdp.session_description import SdpError
from telephony.sip.checked_request import CheckedRequest, CheckedResponse
from telephony.sip.digest_client import Wallet
from telephony.sip.grammar import readable
from telephony.sip.headers import Headers
from telephony.sip.message import SipRequest, SipResponse
from telephony.sip.name_addr import NameAddr
from telephony.sip.reliable import ReliableReceiver, parse_rseq
from telephony.sip.session import SDP_FIELD, parse_body
from telephony.sip.session_refer import ReferringSession
from telephony.sip.session_states import SessionAct, SessionEvent, SessionState
from telephony.sip.signals import CallRinging, PlaceCall
from telephony.sip.sip_dialog import DialogKey, SipDialog, along, dialog_of_caller
from telephony.sip.timers import TIMEOUT_MS
from telephony.sip.uri import SipUri
from telephony.sip.wire import Wire

MAX_FORKS = 20
"""Early dialogs beyond it are not kept; a 2xx of theirs still counts."""
_WAITING = (SessionState.CALLING, SessionState.PROCEEDING)


@dataclass(slots=True)
class EarlyDialog:
    """One phone of those that a forked INVITE reached (RFC 3261 section 12.1)."""

    dialog: SipDialog
    media: MediaNegotiation
    confirmed: ReliableReceiver = field(default_factory=ReliableReceiver)


class OutgoingSession(ReferringSession):
    """A call leg that we began."""

    owns_call_id = True

    def __init__(self, order: PlaceCall, wire: Wire, now_ms: int) -> None:
        """Send the INVITE with an offer of every codec."""
        super().__init__(order.session_id, wire, order.local_host, SessionState.CALLING)
        random_bytes = wire.settings.random_bytes if order.secure else wire.key_source(order.flow)
        self.media.local = replace(self.media.local, port=order.media_port, random_bytes=random_bytes)
        self._flow = order.flow
        self._target = order.target
        self._route = order.route
        self._fields = order.fields
        if order.credentials is not None:
            wire.wallets[order.session_id] = Wallet(order.credentials, wire.new_token)
        from_host = order.from_host or order.local_host
        self._local = NameAddr(SipUri("sip", order.caller, from_host), order.caller_name).with_tag(wire.new_token())
        self._call_id = wire.new_token()
        self._expires_ms: int | None = now_ms + wire.settings.dial_ms
        reach_ms = wire.settings.reach_ms if order.reach_ms is None else order.reach_ms
        self._reach_by_ms: int | None = now_ms + reach_ms
        self._linger_ms: int | None = None
        self._established: CheckedResponse | None = None
        self._invite_cseq = 0
        self._early: dict[str, EarlyDialog] = {}
        """By the callee's tag, while nobody has answered."""
        self._names: set[DialogKey] = set()
        """Every dialog that there ever was."""
        self._heard_tag: str | None = None
        """Whose early media is heard: who sent some first."""
        self.media.offer(srtp=order.secure if random_bytes is not None else False)
        self._offered = self.media.fork()
        self._invite = self._send_invite(now_ms)

    def _send_invite(self, now_ms: int) -> SipRequest:
        """Send the INVITE, or send it anew with what the refusal of the last one asked for."""
        self._invite_cseq += 1
        target = self._target.without("method")
        uri, routes = along(self._route, target)
        fields = [
            ("Via", self._wire.new_via(self._local_host, self._flow.transport)),
            ("Max-Forwards", "70"),
            *routes,
            ("From", str(self._local)),
            ("To", f"<{target}>"),
            ("Call-ID", self._call_id),
            ("CSeq", f"{self._invite_cseq} INVITE"),
            *self._wire.dialog_fields(self._local_host, self._flow.transport, self._target.scheme),
            *self.timer.request_fields(initial=True),
            *self._fields,
            ("User-Agent", self._wire.settings.user_agent),
            SDP_FIELD,
        ]
        self._invite = SipRequest("INVITE", uri, Headers(fields), self.media.body)
        self._wire.request(self._invite, self._flow, self.session_id, now_ms)
        return self._invite

    @property
    def dialog_keys(self) -> tuple[DialogKey, ...]:
        """Names by which requests find this session."""
        self._names.update(super().dialog_keys)
        return tuple(self._names)

    def dialog_of(self, checked: CheckedRequest) -> SipDialog | None:
        """Return the dialog that a request belongs to."""
        tag = checked.sender.tag or ""
        early = self._early.get(tag)
        if early is not None:
            return early.dialog
        dialog = super().dialog_of(checked)
        return dialog if dialog is not None and (dialog.remote.tag or "") == tag else None

    @property
    def is_over(self) -> bool:
        """True when the session can be forgotten: repeated 2xx can come for 64 * T1 after the first."""
        return super().is_over and self._linger_ms is None

    def on_response(self, checked: CheckedResponse, now_ms: int) -> None:
        """Take a response to a request of ours."""
        if checked.method == "INVITE" and checked.cseq <= self._invite_cseq:
            if checked.cseq == self._invite_cseq:
                self._on_invite_response(checked, now_ms)
        else:
            super().on_response(checked, now_ms)

    def _on_invite_response(self, checked: CheckedResponse, now_ms: int) -> None:
        response = checked.response
        if response.is_provisional:
            if self.state in _WAITING:
                self._on_progress(checked, now_ms)
            self._take_if_legal(SessionEvent.GOT_1XX, now_ms)
        elif response.is_success:
            self._on_success(checked, now_ms)
        elif (response.status == 422 and self.state in _WAITING and self.timer.take_422(response.headers)) or (
            self.state in _WAITING and self._wire.take_challenge(self.session_id, response)
        ):
            self._send_invite(now_ms)
        else:
            if self.state in _WAITING:
                self._cause, self._status, self._reason = "refused", response.status, readable(response.reason)
            self._take_if_legal(SessionEvent.GOT_REFUSAL, now_ms)

    def _on_progress(self, checked: CheckedResponse, now_ms: int) -> None:
        """Follow 180 and early media, and confirm what asks for it; a 199 says only that a phone is out (RFC 6228)."""
        response, tag = checked.response, checked.recipient.tag
        if response.status == 100 or tag is None or self._established is not None:
            return
        early = self._early.get(tag)
        if early is None and len(self._early) < MAX_FORKS:
            dialog = dialog_of_caller(self._invite, self._local, self._target, checked, self._flow)
            early = self._early[tag] = EarlyDialog(dialog, self._offered.fork())
            self._names.add(dialog.key)
        rseq = parse_rseq(response)
        if early is not None and rseq is not None:
            if not early.confirmed.takes(rseq):
                return
            self._ask(early.dialog, "PRACK", now_ms, (("RAck", f"{rseq} {self._invite_cseq} INVITE"),))
        if response.status == 199:
            return
        if response.status == 180:
            self._wire.tell(CallRinging(self.session_id))
        if early is not None and response.body:
            self._on_early_media(tag, early, response, binding=rseq is not None)

    def _on_early_media(self, tag: str, early: EarlyDialog, response: SipResponse, *, binding: bool) -> None:
        """Hear what the callee's side plays before it answers; of several phones the first (RFC 3960 section 3.2)."""
        if early.media.state is not OfferState.OFFERED:
            return
        try:
            answer = parse_body(response.headers, response.body)
            agreement = early.media.take_answer(answer) if binding else early.media.preview_answer(answer)
        except (NotAcceptableError, SdpError):
            return  # the call may still be answered with something better
        if self._heard_tag in (None, tag):
            self._heard_tag = tag
            self.media = early.media
            self._tell_media(agreement)

    def on_failure(self, request: SipRequest, *, timed_out: bool, now_ms: int) -> None:
        """Take the news that a request of ours reached nobody."""
        if request.headers.get("CSeq") != f"{self._invite_cseq} INVITE":
            super().on_failure(request, timed_out=timed_out, now_ms=now_ms)
            return
        if self.state in _WAITING:
            self._cause = "no_response" if timed_out else "transport_error"
        self._take_if_legal(SessionEvent.FAILED, now_ms)

    def next_deadline_ms(self) -> int | None:
        """Return when `expire` shall be called."""
        own = self._expires_ms if self._expires_ms is not None else self._linger_ms
        others = super().next_deadline_ms()
        return min((item for item in (own, self._reach_by_ms, others) if item is not None), default=None)

    def expire(self, now_ms: int) -> None:
        """Give up a call whose server is mute or that nobody answers, or a CANCEL that changes nothing."""
        if self._reach_by_ms is not None and now_ms >= self._reach_by_ms:
            self._reach_by_ms = None
            if self.state is SessionState.CALLING:
                self._cause = "no_response"
                self._take(SessionEvent.EXPIRED, now_ms)
                self._perform(SessionAct.REPORT, now_ms)  # a late response is still seen to, but nobody waits for it
        if self._expires_ms is not None and now_ms >= self._expires_ms:
            self._expires_ms = None
            if self.state in _WAITING:
                self._cause = "timeout"
            self._take_if_legal(SessionEvent.EXPIRED, now_ms)
        if self._linger_ms is not None and now_ms >= self._linger_ms:
            self._linger_ms = None
        super().expire(now_ms)

    def _on_success(self, checked: CheckedResponse, now_ms: int) -> None:
        tag = checked.recipient.tag
        if self._established is not None and self._established.recipient.tag != tag:
            self._leave_fork(checked, now_ms)
            return
        first = self._established is None
        event = SessionEvent.GOT_2XX
        if first:
            self._established = checked
            self._linger_ms = now_ms + TIMEOUT_MS
            self._establish(checked, now_ms)
            try:
                agreement = self._answer_of(checked.response)
            except (NotAcceptableError, SdpError):
                self.media.withdraw()
                event = SessionEvent.GOT_BAD_2XX
                if self.state in _WAITING:
                    self._cause = "bad_answer"
            else:
                if self.state in _WAITING:
                    self._tell_media(agreement)
        self._take_if_legal(event, now_ms)
        self._ask_if_free(now_ms)

    def _establish(self, checked: CheckedResponse, now_ms: int) -> None:
        """Make the dialog of who answered first; route and target are those of the 2xx (section 13.2.2.4)."""
        self.dialog = dialog_of_caller(self._invite, self._local, self._target, checked, self._flow)
        early = self._early.pop(checked.recipient.tag or "", None)
        if early is not None:
            self.dialog.local_cseq = max(self.dialog.local_cseq, early.dialog.local_cseq)
            self.dialog.remote_cseq = early.dialog.remote_cseq
        self.media = early.media if early is not None else self._offered.fork()
        self._early.clear()
        self._note_peer(checked.response.headers)
        self.timer.take_response(checked.response.headers, now_ms)

    def _answer_of(self, response: SipResponse) -> MediaAgreement:
        """Return what is agreed: by the 2xx, or by a reliable response before it.

        Raises:
            NotAcceptableError: When it cannot be used.
            SdpError: When there is none.
        """
        if self.media.state is OfferState.SETTLED and self.media.agreement is not None:
            return self.media.agreement
        return self.media.take_answer(parse_body(response.headers, response.body))

    def _leave_fork(self, checked: CheckedResponse, now_ms: int) -> None:
        """A second phone answered the same INVITE: confirm and end that call (RFC 3261 section 13.2.2.4)."""
        other = dialog_of_caller(self._invite, self._local, self._target, checked, self._flow)
        self._send_ack(other, self._invite_cseq)
        flow = other.next_flow()
        via = self._wire.new_via(self._local_host, flow.transport)
        self._wire.request(other.make_request("BYE", other.next_cseq(), via), flow, "", now_ms)

    def _perform(self, act: SessionAct, now_ms: int) -> None:
        if act is SessionAct.SEND_ACK:
            assert self.dialog is not None, "a 2xx made the dialog"
            self._send_ack(self.dialog, self._invite_cseq)
        elif act is SessionAct.SEND_CANCEL:
            self._send_cancel(now_ms)
        elif act is SessionAct.ABANDON:
            self._wire.layer.abandon(self._invite)
        else:
            super()._perform(act, now_ms)
        if self.state in (SessionState.TALKING, SessionState.ENDING, SessionState.ENDED):
            self._expires_ms = self._reach_by_ms = None

    def _send_cancel(self, now_ms: int) -> None:
        """Send CANCEL on the INVITE's own branch and route (section 9.1) and wait 64 * T1 for the end."""
        headers = self._invite.headers
        fields = [(name, headers.get(name) or "") for name in ("Via", "Max-Forwards", "From", "To", "Call-ID")]
        fields += [("Route", value) for value in headers.all("Route")]
        request = SipRequest("CANCEL", self._invite.uri, Headers([*fields, ("CSeq", f"{self._invite_cseq} CANCEL")]))
        self._expires_ms = now_ms + TIMEOUT_MS
        self._wire.request(request, self._flow, self.session_id, now_ms)
