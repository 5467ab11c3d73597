"""The one check of every target that shall be called: calls, transfers (REFER), callbacks.

Default deny: without a trunk nothing is called, premium and foreign numbers are not, and each number, each trunk and
each day has its cap. Emergency numbers are routed over the trunk that is named for them, or refused aloud. Who does not
want to be contacted is not called, unless they asked for this very call later; colleagues whom a call is handed to are,
whatever they want as customers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from enum import Enum
from typing import Literal

import phonenumbers
from phonenumbers import PhoneNumberType
from phonenumbers import shortnumberinfo as short_numbers

from calls.call_caps import CallCounts, Cap, CapKind
from telephony.call_counts import MemoryCounts
from telephony.number_plan import NumberPlan
from telephony.sip.grammar import SipSyntaxError
from telephony.sip.uri import SipUri, parse_uri

PHONE_PREFIX = "phone:"
"""Begins the target of a call to a phone of ours."""
CallKind = Literal["call", "refer", "callback", "transfer"]

_COSTLY = {
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.SHARED_COST,
    PhoneNumberType.PAGER,
    PhoneNumberType.UAN,
    PhoneNumberType.PERSONAL_NUMBER,
}
"""Types whose price the caller does not see. Source: the number types of phonenumbers, ITU-T E.164 national plans."""


_EXTENSION_DIGITS = 6
"""Digits that are an extension or a short number: no country that phonenumbers knows well has subscribers so short."""


class Denial(Enum):
    """Why a target may not be called."""

    NO_TARGET = "this is neither a telephone number nor an address"
    NO_TRUNK = "there is no line to the telephone network"
    EMERGENCY = "emergency numbers cannot be called from here; dial them from a telephone"
    INVALID = "there is no such number"
    SHORT = "short numbers are not called"
    PREMIUM = "numbers with a special price are not called"
    FOREIGN = "numbers of this country are not called"
    ADDRESS = "addresses outside are not called"
    PHONE = "there is no such phone here"
    DO_NOT_CONTACT = "who has this number does not want to be contacted"
    NUMBER_CAP = "this number was called often enough today"
    TRUNK_CAP = "this line has placed its calls of today"
    DAY_CAP = "all calls of today are placed"


@dataclass(frozen=True, slots=True)
class Allowed:
    """The target may be called."""

    number: str
    """In E.164, a short number as it is dialled, or empty for an address."""
    trunk: str
    """Over which line; empty for an address that is called directly."""
    uri: str = ""
    """The address."""
    is_emergency: bool = False
    """No cap holds for it."""
    phone: str = ""
    """Name of the phone of ours that is called; no line and no cap is for it."""


_FULL: dict[CapKind, Denial] = {
    "number": Denial.NUMBER_CAP,
    "trunk": Denial.TRUNK_CAP,
    "day": Denial.DAY_CAP,
}


@dataclass(frozen=True, slots=True)
class Denied:
    """The target may not be called."""

    why: Denial

    @property
    def status(self) -> int:
        """What a REFER is answered with: 403 never, 480 not today."""
        return 480 if self.why in (Denial.NUMBER_CAP, Denial.TRUNK_CAP, Denial.DAY_CAP) else 403


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundRules:
    """Section `[telephony.outbound]`, checked."""

    country: str = "ES"
    """Whose national numbers are understood without a prefix."""
    countries: tuple[str, ...] = ()
    """ISO codes of the countries that may be called; empty: `country` alone."""
    premium: bool = False
    """True: numbers with a special price may be called too."""
    trunk: str = ""
    """The line that calls go over; empty: the only one, and none when there are several."""
    emergency_trunk: str = ""
    """The line for emergency numbers; empty: they are refused aloud."""
    emergency_numbers: tuple[str, ...] = ("112", "091", "062", "061", "080", "085", "092")
    """Numbers of the emergency services beside those that phonenumbers knows. Source: the Spanish numbering plan."""
    addresses: tuple[str, ...] = ()
    """Hosts of `sip:` addresses that may be called directly, e.g. the PBX of the house."""
    calls_per_number: int = 5
    """A day."""
    calls_per_trunk: int = 500
    """A day."""
    calls_per_day: int = 1_000


WantsNone = Callable[[str, datetime | None], Awaitable[bool]]
"""Number in E.164, when whose it is asked for the call -> whether they do not want to be contacted."""


async def _nobody(number: str, asked_utc: datetime | None) -> bool:
    """Say that everybody may be called."""
    del number, asked_utc
    return False


@dataclass(slots=True)
class Outbound:
    """Rules, lines, and who counts what was called today."""

    rules: OutboundRules
    plans: Mapping[str, NumberPlan]
    """The lines by name."""
    zone: tzinfo = UTC
    """Its midnight begins a new day."""
    counts: CallCounts = field(default_factory=MemoryCounts)
    phones: frozenset[str] = frozenset()
    """Phones of ours by name."""
    wants_none: WantsNone = _nobody

    async def may_call(self, target: str, kind: CallKind, now: datetime) -> Allowed | Denied:
        """Say whether a target may be called now, and over which line. Counts nothing.

        Args:
            target: A number in any spelling, a `sip:`, `sips:` or `tel:` URI, or `phone:NAME` for a phone of ours,
                which a peer's REFER never names.
            kind: Who wants it. A peer's REFER never reaches an emergency number: we cannot say where its person is.
            now: Aware.

        Raises:
            CallCentreError: `database.*` when nobody knows what was called today.
        """
        return await self._check(target, kind, now, counting=False)

    async def take(
        self, target: str, kind: CallKind, now: datetime, asked_utc: datetime | None = None
    ) -> Allowed | Denied:
        """Say the same of a call that is placed now, and count it: no two calls share the last one of a cap.

        Args:
            target: See `may_call`.
            kind: See `may_call`.
            now: Aware.
            asked_utc: When whom we call asked for it themselves: an older wish not to be contacted does not hold then.

        Raises:
            CallCentreError: `database.*` when it could not be counted; then it must not be placed.
        """
        return await self._check(target, kind, now, asked_utc, counting=True)

    def denial(self, target: str, kind: CallKind) -> Denial | None:
        """Return why the rules never let a target be called; None when they do, whatever was called today."""
        checked = self._by_the_rules(target, kind)
        return checked.why if isinstance(checked, Denied) else None

    async def _check(
        self, target: str, kind: CallKind, now: datetime, asked_utc: datetime | None = None, *, counting: bool
    ) -> Allowed | Denied:
        allowed = self._by_the_rules(target, kind)
        if kind != "transfer" and isinstance(allowed, Allowed) and await self._is_unwanted(allowed, asked_utc):
            return Denied(Denial.DO_NOT_CONTACT)
        caps = self._caps(allowed, kind) if isinstance(allowed, Allowed) else ()
        if not caps:
            return allowed
        ask = self.counts.take if counting else self.counts.reached
        full = await ask(now.astimezone(self.zone).date(), caps)
        return allowed if full is None else Denied(_FULL[full.kind])

    async def _is_unwanted(self, allowed: Allowed, asked_utc: datetime | None) -> bool:
        number = allowed.number or (_digits(parse_uri(allowed.uri).user_text) if allowed.uri else "")
        if allowed.is_emergency or len(number) <= _EXTENSION_DIGITS:
            return False
        whole = phonenumbers.format_number(self._parse(number), phonenumbers.PhoneNumberFormat.E164)
        return await self.wants_none(whole, asked_utc)

    def _caps(self, allowed: Allowed, kind: CallKind) -> tuple[Cap, ...]:
        """Return what limits a call: not one to our own phones, nor help, not even by a database that is down.

        Transfers go to the people that the operator named, and again and again: their number has no cap of its own.
        """
        if allowed.is_emergency or allowed.phone:
            return ()
        rules = self.rules
        line = (Cap("trunk", allowed.trunk, rules.calls_per_trunk),) if allowed.trunk else ()
        name = allowed.number or allowed.uri
        own = () if kind == "transfer" else (Cap("number", name, rules.calls_per_number),)
        return (*own, *line, Cap("day", "", rules.calls_per_day))

    def _by_the_rules(self, target: str, kind: CallKind) -> Allowed | Denied:
        if target.startswith(PHONE_PREFIX):
            name = target.removeprefix(PHONE_PREFIX)
            ours = name in self.phones and kind != "refer"
            return Allowed("", "", phone=name) if ours else Denied(Denial.PHONE)
        number, address = self._split(target)
        if address is not None:
            return self._check_address(address)
        if not number:
            return Denied(Denial.NO_TARGET)
        if self._is_emergency(number):
            trunk = self.rules.emergency_trunk
            routed = trunk in self.plans and kind != "refer"
            return Allowed(number, trunk, is_emergency=True) if routed else Denied(Denial.EMERGENCY)
        trunk = self.rules.trunk or (next(iter(self.plans)) if len(self.plans) == 1 else "")
        if trunk not in self.plans:
            return Denied(Denial.NO_TRUNK)
        why = self._denial(number)
        if why is not None:
            return Denied(why)
        whole = phonenumbers.format_number(self._parse(number), phonenumbers.PhoneNumberFormat.E164)
        return Allowed(whole, trunk)

    def _check_address(self, address: SipUri) -> Allowed | Denied:
        """Check an address of its host, and as a number where its user part is one: a PBX would dial it."""
        if address.host.lower() not in {host.lower() for host in self.rules.addresses}:
            return Denied(Denial.ADDRESS)
        number = _digits(address.user_text)
        if number and self._is_emergency(number):
            return Denied(Denial.EMERGENCY)
        why = self._denial(number) if number.startswith(("+", "00")) or len(number) > _EXTENSION_DIGITS else None
        return Denied(why) if why is not None else Allowed("", "", str(address))

    def _split(self, target: str) -> tuple[str, SipUri | None]:
        """Return the number, or the address when it is none."""
        try:
            uri = parse_uri(target) if target.partition(":")[0].lower() in ("sip", "sips", "tel") else None
        except SipSyntaxError:
            return "", None
        if isinstance(uri, SipUri):
            if uri.params and any(name == "user" and value == "phone" for name, value in uri.params):
                return _digits(uri.user_text), None
            return "", uri
        return _digits(uri.user_text if uri is not None else target), None

    def _parse(self, number: str) -> phonenumbers.PhoneNumber:
        whole = "+" + number[2:] if number.startswith("00") else number
        return phonenumbers.parse(whole, self.rules.country)

    def _is_emergency(self, number: str) -> bool:
        """True for each emergency number of the country, and for what begins with one where networks connect that."""
        listed = number in self.rules.emergency_numbers
        return listed or bool(short_numbers.connects_to_emergency_number(number, self.rules.country))

    def _denial(self, number: str) -> Denial | None:
        if len(number.lstrip("+")) <= _EXTENSION_DIGITS:
            return Denial.SHORT
        try:
            parsed = self._parse(number)
        except phonenumbers.NumberParseException:
            return Denial.INVALID
        if not phonenumbers.is_valid_number(parsed):
            return Denial.INVALID
        region = phonenumbers.region_code_for_number(parsed)
        if region not in (self.rules.countries or (self.rules.country,)):
            return Denial.FOREIGN
        if phonenumbers.number_type(parsed) in _COSTLY and not self.rules.premium:
            return Denial.PREMIUM
        return None


def _digits(text: str) -> str:
    """Return the digits of a number with a leading +, nothing when it is none."""
    plain = "".join(sign for sign in text if sign not in " ().-/")
    bare = plain.removeprefix("+")
    return plain if bare and bare.isascii() and bare.isdigit() and len(bare) <= 20 else ""
