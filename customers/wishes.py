"""What a customer wants and needs: preferences, consent, not to be contacted. A part of `customers.store`. Blocking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol, get_args

from calls.customer_events import ContactConsentSet, PreferenceSet
from calls.errors import CallCentreError
from calls.events import EventBody, StreamKind
from calls.ids import LANGUAGES, CustomerId
from customers.record import CustomerRecord

PreferenceName = Literal[
    "language", "channel", "hours", "slower", "more_time", "keypad", "large_text", "vip", "do_not_contact"
]
Purpose = Literal["service", "proactive", "marketing", "survey"]
ConsentChannel = Literal["phone", "email", "message", "any"]

PREFERENCES: tuple[PreferenceName, ...] = get_args(PreferenceName)
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
CONSENT_CHANNELS: tuple[ConsentChannel, ...] = get_args(ConsentChannel)
CHANNELS = ("phone", "chat", "email", "sms", "whatsapp", "social")
SWITCHES: frozenset[str] = frozenset({"slower", "more_time", "keypad", "large_text", "vip", "do_not_contact"})
"""Preferences that are `yes` or not there."""
MAX_VALUE = 120
"""Longest value of a preference."""


def preference_value(name: PreferenceName, value: str) -> str:
    """Return a preference in its normal form; empty takes it back.

    Raises:
        CallCentreError: `preference.invalid`; the sentence says what is possible.
    """
    text = value.strip()
    if name in SWITCHES:
        known = {"": "", "no": "", "false": "", "0": "", "yes": "yes", "true": "yes", "1": "yes", "sí": "yes"}
        if text.lower() not in known:
            raise _invalid(f"{name} is yes or no.")
        return known[text.lower()]
    if name == "language" and text and text not in LANGUAGES:
        raise _invalid(f"language is one of {', '.join(LANGUAGES)}.")
    if name == "channel" and text and text not in CHANNELS:
        raise _invalid(f"channel is one of {', '.join(CHANNELS)}.")
    if len(text) > MAX_VALUE:
        raise _invalid(f"{name} takes at most {MAX_VALUE} characters.")
    return text


def _invalid(why: str) -> CallCentreError:
    return CallCentreError("preference.invalid", f"The preference cannot be kept: {why}", fault="user")


class _Writes(Protocol):
    def _person_records(self, customer_id: CustomerId) -> list[CustomerRecord]: ...

    def _write(self, kind: StreamKind, stream_id: str, bodies: Sequence[EventBody]) -> None: ...


class _Wishing(_Writes, Protocol):
    def set_preferences(self, customer_id: CustomerId, values: Mapping[PreferenceName, str], by: str) -> None: ...


class Wishes:
    """Writes wishes of a customer."""

    def set_preference(self: _Wishing, customer_id: CustomerId, name: PreferenceName, value: str, by: str) -> None:
        """Keep a preference; an empty value takes it back, on every record of the person that has it."""
        self.set_preferences(customer_id, {name: value}, by)

    def set_preferences(self: _Writes, customer_id: CustomerId, values: Mapping[PreferenceName, str], by: str) -> None:
        """Keep several preferences, all of them or none.

        Raises:
            CallCentreError: `preference.invalid`, `customer.unknown`; nothing was kept.
        """
        wished = {name: preference_value(name, value) for name, value in values.items()}
        kept = [PreferenceSet(name=name, value=value, by=by) for name, value in wished.items() if value]
        if kept:
            self._write("customer", customer_id, kept)
        for record in self._person_records(customer_id):
            has = {item.name for item in record.preferences if item.value}
            gone = [PreferenceSet(name=n, value="", by=by) for n, value in wished.items() if not value and n in has]
            if gone:
                self._write("customer", record.customer_id, gone)

    def set_consent(
        self: _Writes,
        customer_id: CustomerId,
        purpose: Purpose,
        channel: ConsentChannel,
        *,
        given: bool,
        how: str,
        by: str,
    ) -> None:
        """Keep whether the customer may be contacted for a purpose."""
        body = ContactConsentSet(purpose=purpose, channel=channel, given=given, how=how, by=by)
        self._write("customer", customer_id, [body])
