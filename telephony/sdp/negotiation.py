"""Whose turn it is in offer and answer, and what is agreed (RFC 3264, RFC 3261 section 13.2.1, RFC 6337).

::

           SEND_OFFER                 GET_OFFER
    OFFERED <------- SETTLED -----------------> ASKED
      |   GET_ANSWER  ^   ^  SEND_ANSWER, REFUSE  |
      '---------------'   '-----------------------'
          WITHDRAWN

An offer that is refused, ours or the peer's, leaves everything as it was (RFC 3261 section 14.1).
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum

from telephony.rtp.dtls_terms import DtlsTerms, SrtpWish
from telephony.rtp.srtp import SrtpKeys
from telephony.sdp.choice import NotAcceptableError, dtls_of
from telephony.sdp.crypto_attribute import CryptoLine
from telephony.sdp.offer_answer import (
    Direction,
    LocalMedia,
    MediaAgreement,
    Security,
    accept_answer,
    answer_offer,
    audio_place,
    make_offer,
    new_dtls,
    new_keys,
    with_version,
)
from telephony.sdp.session_description import SessionDescription, serialise_sdp


class OfferState(Enum):
    """Whether an offer waits for its answer."""

    SETTLED = "no offer waits"
    OFFERED = "our offer waits for the peer's answer"
    ASKED = "the peer's offer waits for our answer"


class OfferEvent(Enum):
    """What can happen."""

    SEND_OFFER = "we offer"
    GET_ANSWER = "the peer answers"
    WITHDRAWN = "the peer refused our offer, or it never came there"
    GET_OFFER = "the peer offers"
    SEND_ANSWER = "we answer"
    REFUSE = "we refuse the peer's offer"


class NotYourTurnError(RuntimeError):
    """Our own code offered or answered out of turn; a peer cannot cause it."""


_S, _E = OfferState, OfferEvent
NEGOTIATION: dict[tuple[OfferState, OfferEvent], OfferState] = {
    (_S.SETTLED, _E.SEND_OFFER): _S.OFFERED,
    (_S.SETTLED, _E.GET_OFFER): _S.ASKED,
    (_S.OFFERED, _E.GET_ANSWER): _S.SETTLED,
    (_S.OFFERED, _E.WITHDRAWN): _S.SETTLED,
    (_S.ASKED, _E.SEND_ANSWER): _S.SETTLED,
    (_S.ASKED, _E.REFUSE): _S.SETTLED,
}


class MediaNegotiation:
    """Offers and answers of one dialog, for one audio stream."""

    def __init__(self, local: LocalMedia) -> None:
        """Begin with nothing agreed; `local` may be replaced until the first description is made."""
        self.local = local
        self.state = OfferState.SETTLED
        self.wanted: Direction = "sendrecv"
        """What we want to do at most: less than `sendrecv` while we hold the peer."""
        self.agreement: MediaAgreement | None = None
        self.description: SessionDescription | None = None
        """Our latest description, sent or about to be."""
        self._settled: SessionDescription | None = None
        self.offered_direction: Direction = "sendrecv"
        """What our latest offer said."""
        self._keys: tuple[CryptoLine, ...] = ()

    @property
    def body(self) -> bytes:
        """Our latest description as it is sent."""
        assert self.description is not None, "described before it is sent"
        return serialise_sdp(self.description)

    def step(self, event: OfferEvent) -> None:
        """Take one row of the table.

        Raises:
            NotYourTurnError: When there is none.
        """
        row = NEGOTIATION.get((self.state, event))
        if row is None:
            raise NotYourTurnError(f"no {event.name} in {self.state.name}")
        self.state = row

    def fork(self) -> MediaNegotiation:
        """Return a copy: each phone that a forked INVITE reaches answers the same offer for itself."""
        other = MediaNegotiation(self.local)
        other.state, other.wanted, other.agreement = self.state, self.wanted, self.agreement
        other.description, other._settled = self.description, self._settled
        other.offered_direction, other._keys = self.offered_direction, self._keys
        return other

    def offer(self, *, srtp: SrtpWish = False) -> SessionDescription:
        """Offer everything that we can do in the wanted direction.

        Args:
            srtp: Offer SRTP in the first offer, by DTLS where we have a certificate, else with keys; later offers do
                what is agreed.
        """
        self.step(OfferEvent.SEND_OFFER)
        self.offered_direction = self.wanted
        security = self._security(srtp)
        offer = make_offer(self.local, self.wanted, previous=self._settled, agreed=self.agreement, security=security)
        return self._describe(offer)

    def offer_unchanged(self) -> SessionDescription:
        """Offer what holds, word for word: a refresh (RFC 4028 section 7.4); `offer` when nothing holds."""
        if self._settled is None or self.agreement is None or self.agreement.crypto is not None:
            return self.offer()
        self.step(OfferEvent.SEND_OFFER)
        self.offered_direction = self.wanted
        medium = self._settled.media[audio_place(self._settled)]
        if medium.direction("sendrecv") != self.wanted:
            self.step(OfferEvent.WITHDRAWN)
            return self.offer()
        return self._describe(self._settled)

    def take_answer(self, answer: SessionDescription) -> MediaAgreement:
        """Take the peer's answer to our offer.

        Raises:
            NotAcceptableError: When it cannot be used; everything is as it was.
        """
        try:
            agreement = self.preview_answer(answer)
        except NotAcceptableError:
            self.step(OfferEvent.WITHDRAWN)
            raise
        self.step(OfferEvent.GET_ANSWER)
        self._settle(agreement)
        return agreement

    def preview_answer(self, answer: SessionDescription) -> MediaAgreement:
        """Read an answer that is not binding yet: the description of an unreliable 1xx (RFC 6337 section 3.1.1).

        Raises:
            NotAcceptableError: When it cannot be used.
        """
        assert self.description is not None, "an offer was made"
        place = audio_place(self.description)
        offered = self._offered_security()
        return accept_answer(answer, self.local, self.offered_direction, place=place, security=offered)

    def withdraw(self) -> None:
        """Take our offer back if it still waits."""
        if self.state is OfferState.OFFERED:
            self.step(OfferEvent.WITHDRAWN)

    def take_offer(self) -> None:
        """Note that the peer offers; `answer` follows."""
        self.step(OfferEvent.GET_OFFER)

    def answer(self, offer: SessionDescription, *, allow_removed: bool = True) -> MediaAgreement:
        """Answer the peer's offer.

        Args:
            offer: What the peer offers.
            allow_removed: True within a call, where the peer may remove the stream.

        Raises:
            NotAcceptableError: When it cannot be answered; everything is as it was.
        """
        description, agreement = self._answer_to(offer, allow_removed=allow_removed)
        self.step(OfferEvent.SEND_ANSWER)
        self._describe(description)
        self._settle(agreement)
        return agreement

    def preview(self, offer: SessionDescription) -> MediaAgreement:
        """Describe what `answer` will say, for an unreliable 1xx; the offer still waits.

        Raises:
            NotAcceptableError: When it cannot be answered.
        """
        description, agreement = self._answer_to(offer, allow_removed=False)
        self.agreement = agreement if agreement.crypto is not None else self.agreement
        self._describe(description)
        return agreement

    def _answer_to(
        self, offer: SessionDescription, *, allow_removed: bool
    ) -> tuple[SessionDescription, MediaAgreement]:
        try:
            return answer_offer(
                offer, self.local, allow_removed=allow_removed, wanted=self.wanted, previous=self.agreement
            )
        except NotAcceptableError:
            self.step(OfferEvent.REFUSE)
            raise

    def _describe(self, description: SessionDescription) -> SessionDescription:
        """Number what we say: one higher than what we said last, refused or not, when it differs."""
        self.description = with_version(description, self.description)
        return self.description

    def _settle(self, agreement: MediaAgreement) -> None:
        self.agreement = agreement
        self._settled = self.description

    def _security(self, wish: SrtpWish) -> Security:
        """Return the lines of an offer: what is agreed, or in the first one what is wished."""
        agreed = self.agreement.crypto if self.agreement is not None else None
        if self.agreement is not None and agreed is None:
            return ()
        lines = new_dtls(self.local, agreed) if isinstance(agreed, DtlsTerms) or wish == "dtls" else None
        if lines is not None:
            return lines
        if not (agreed or wish):
            return ()
        self._keys = self._keys or new_keys(self.local)
        return self._offer_keys()

    def _offer_keys(self) -> tuple[CryptoLine, ...]:
        """Return the lines of an offer: the key in use stays, so that nothing starts afresh."""
        crypto = self.agreement.crypto if self.agreement is not None else None
        if not isinstance(crypto, SrtpKeys):
            return self._keys
        return tuple(
            replace(line, secret=crypto.own) if line.profile == crypto.profile else line for line in self._keys
        )

    def _offered_security(self) -> Security:
        """Return the lines of our latest offer."""
        assert self.description is not None, "an offer was made"
        medium = self.description.media[audio_place(self.description)]
        if medium.all_of("crypto"):
            return self._offer_keys()
        return dtls_of(self.description, medium) or ()
