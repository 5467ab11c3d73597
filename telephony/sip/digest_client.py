"""Answers to challenges, for one call leg or one registration (RFC 3261 section 22.2, RFC 8760 section 2.4).

A 401 or 407 gives the wallet a nonce (`take_challenge`); every request from then on carries an answer (`authorise`),
so that a BYE or a hold is not challenged again. A challenge that follows an answer ends the trying, unless the nonce
had become stale or had served before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from telephony.sip.digest import MAX_NC, Challenge, DigestAnswer, account_hash, digest_response, parse_challenges
from telephony.sip.message import SipRequest, SipResponse

CHALLENGE_STATUSES = (401, 407)
_FIELDS = {401: ("WWW-Authenticate", "Authorization"), 407: ("Proxy-Authenticate", "Proxy-Authorization")}
_ANSWER_FIELDS = ("Authorization", "Proxy-Authorization")
MAX_CHALLENGES = 5
"""Challenges in a row that are answered: a chain of proxies may ask one after the other, none has more of them."""
_UNANSWERED = frozenset(("ACK", "CANCEL"))
"""Nobody may challenge them. Source: RFC 3261 section 22.1."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who we are to a carrier."""

    user: str
    password: str = field(repr=False)
    realm: str = ""
    """The only realm that gets an answer; empty: whichever asks."""


@dataclass(slots=True)
class _Known:
    """The challenge of one realm and how often it was answered."""

    challenge: Challenge
    cnonce: str
    nc: int = 0
    served: bool = False
    """The peer accepted an answer with this nonce."""


class Wallet:
    """Credentials and the nonces that they were asked with."""

    def __init__(self, credentials: Credentials, new_token: Callable[[], str]) -> None:
        """Begin without any challenge.

        Args:
            credentials: Ours.
            new_token: Gives an unpredictable word each time.
        """
        self._credentials = credentials
        self._new_token = new_token
        self._known: dict[tuple[str, str], _Known] = {}
        self._in_a_row = 0
        self.invite_fields: tuple[tuple[str, str], ...] = ()
        """Answers of the newest INVITE, which its ACK repeats (RFC 3261 section 22.1)."""

    def take_challenge(self, response: SipResponse) -> bool:
        """Learn from a 401 or 407; True when the request is worth sending again."""
        source, target = _FIELDS[response.status]
        self._in_a_row += 1
        if self._in_a_row > MAX_CHALLENGES:
            return False
        worth = False
        seen: set[str] = set()
        for challenge in parse_challenges(response.headers.all(source)):
            wanted = self._credentials.realm
            if challenge.realm in seen or (wanted and challenge.realm != wanted):
                continue
            seen.add(challenge.realm)  # the topmost that we can answer; servers put the best one first
            before = self._known.get((target, challenge.realm))
            if before is None or before.nc == 0 or before.served or challenge.stale:
                self._known[target, challenge.realm] = _Known(challenge, self._new_token())
                worth = True
        return worth

    def accepted(self) -> None:
        """Note that the last answers were good: a final response came that is no challenge."""
        self._in_a_row = 0
        for known in self._known.values():
            known.served = known.served or known.nc > 0

    def authorise(self, request: SipRequest) -> SipRequest:
        """Return the request with an answer for every realm that asked."""
        if request.method in _UNANSWERED or not self._known:
            return request
        headers = request.headers
        for field_name in dict.fromkeys(name for name, _ in self._known):
            answers = [
                str(self._answer(known, request)) for (name, _), known in self._known.items() if name == field_name
            ]
            headers = headers.replaced(field_name, answers)
        if request.method == "INVITE":
            self.invite_fields = tuple((name, value) for name in _ANSWER_FIELDS for value in headers.all(name))
        return replace(request, headers=headers)

    def _answer(self, known: _Known, request: SipRequest) -> DigestAnswer:
        known.nc = min(known.nc + 1, MAX_NC)
        challenge, credentials = known.challenge, self._credentials
        answer = DigestAnswer(
            username=credentials.user,
            realm=challenge.realm,
            nonce=challenge.nonce,
            uri=request.uri,
            response="",
            algorithm=challenge.algorithm,
            qop=challenge.qop[0] if challenge.qop else None,
            cnonce=known.cnonce if challenge.qop or challenge.algorithm.endswith("-sess") else "",
            nc=known.nc,
            opaque=challenge.opaque,
        )
        ha1 = account_hash(challenge.algorithm, credentials.user, challenge.realm, credentials.password)
        return replace(answer, response=digest_response(answer, ha1, request.method, request.body))
