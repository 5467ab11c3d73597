"""What a brief says of earlier contacts, cases and notes: fixed sentences with values and quotes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from calls.customer_events import VerificationLevel
from calls.events import RelatedFact
from calls.ids import Language
from customers.names import UNREADABLE
from customers.timeline import TimelineItem
from records.redaction import MASK, redact_text

RELATED_AT_MOST = 5
"""Lines that a person reads in the seconds before the first word. Source: our choice."""
BACK_TO = timedelta(days=90)
"""What is older is in the timeline and not in the brief. Source: as long as calls are kept by default."""
QUOTE_WORDS = 24
"""As of `desk.brief`."""

_WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "phone": "Call",
        "web_call": "Call from the web page",
        "import": "Call",
        "chat": "Chat",
        "email": "E-mail",
        "sms": "SMS",
        "whatsapp": "WhatsApp",
        "social": "Message",
        "about": "{what} of {when} about {matter}",
        "bare": "{what} of {when}",
        "human": "a person took it over",
        "callback": "a call back was promised",
        "reference": "reference {reference}",
        "case_opened": "Case of {when}: {text}",
        "case_note": "Note on the case, {when}: {text}",
        "note": "Note of {when}: {text}",
        "proof": "Proved who they are ({how}), {when}",
        "knowledge": "account and number match",
        "one_time_code": "one-time code",
        "staff": "a colleague checked it",
        "today": "today at {time}",
        "yesterday": "yesterday at {time}",
        "day": "{day}/{month} at {time}",
    },
    "es": {
        "phone": "Llamada",
        "web_call": "Llamada desde la web",
        "import": "Llamada",
        "chat": "Chat",
        "email": "Correo",
        "sms": "SMS",
        "whatsapp": "WhatsApp",
        "social": "Mensaje",
        "about": "{what} de {when} sobre {matter}",
        "bare": "{what} de {when}",
        "human": "lo atendió una persona",
        "callback": "se prometió devolver la llamada",
        "reference": "referencia {reference}",
        "case_opened": "Caso de {when}: {text}",
        "case_note": "Nota del caso, {when}: {text}",
        "note": "Nota de {when}: {text}",
        "proof": "Ha demostrado quién es ({how}), {when}",
        "knowledge": "cuenta y número coinciden",
        "one_time_code": "código de un solo uso",
        "staff": "lo comprobó el equipo",
        "today": "hoy a las {time}",
        "yesterday": "ayer a las {time}",
        "day": "{day}/{month} a las {time}",
    },
}
_TOLD = ("call", "conversation", "case_opened", "case_note", "note")


def related_facts(
    items: Sequence[TimelineItem],
    *,
    without: str,
    cases: Sequence[str],
    now_local: datetime,
    language: Language,
    titles: Mapping[str, str],
) -> tuple[RelatedFact, ...]:
    """Return what to say of a timeline, at most `RELATED_AT_MOST` lines: those of the contact's cases, then the newest.

    Args:
        items: A page of the timeline, newest first.
        without: Id of the contact that the brief is about.
        cases: Cases of that contact.
        now_local: Time where the line is, aware.
        language: Language of the brief.
        titles: Title of each topic in that language.
    """
    told = [
        item
        for item in items
        if item.kind in _TOLD and item.stream_id != without and now_local - item.at_utc <= BACK_TO
    ]
    told.sort(key=lambda item: (not set(item.case_ids) & set(cases), -item.at_utc.timestamp()))
    facts = (_fact(item, now_local, language, titles) for item in told)
    return tuple(fact for fact in facts if fact is not None)[:RELATED_AT_MOST]


def proof_fact(item: TimelineItem, level: VerificationLevel, now_local: datetime, language: Language) -> RelatedFact:
    """Return how a customer proved who they are, from the line of the timeline that says so."""
    words = _WORDS[language]
    return RelatedFact(
        text=words["proof"].format(how=words[level], when=_when(item.at_utc, now_local, words)),
        quote="",
        stream_kind=item.stream_kind,
        stream_id=item.stream_id,
        event_seq=item.seq,
        at_utc=item.at_utc.isoformat(),
    )


def _fact(item: TimelineItem, now_local: datetime, language: Language, titles: Mapping[str, str]) -> RelatedFact | None:
    words = _WORDS[language]
    when, quote = _when(item.at_utc, now_local, words), ""
    if item.contact is not None:
        line = item.contact
        what = words.get(line.channel, words["social"])
        matter = titles.get(line.topics[-1], line.topics[-1].replace("-", " ")) if line.topics else _clean(line.matter)
        text = words["about" if matter else "bare"].format(what=what, when=when, matter=matter)
        more = [words["human"]] if line.reached_human else []
        more += [words["callback"]] if line.callback else []
        more += [words["reference"].format(reference=reference) for reference in line.references[-1:]]
        text, quote = "; ".join([text, *more]), _clean(line.quote)
    else:
        said = _clean(item.text)
        if not said:
            return None
        text = words[item.kind].format(when=when, text=said)
    return RelatedFact(
        text=text,
        quote=quote,
        stream_kind=item.stream_kind,
        stream_id=item.stream_id,
        event_seq=item.seq or (item.contact.last_event_seq if item.contact is not None else 0),
        at_utc=item.at_utc.isoformat(),
    )


def _when(at: datetime, now_local: datetime, words: Mapping[str, str]) -> str:
    local = at.astimezone(now_local.tzinfo)
    days = (now_local.date() - local.date()).days
    key = {0: "today", 1: "yesterday"}.get(days, "day")
    return words[key].format(time=f"{local:%H:%M}", day=local.day, month=local.month)


def _clean(text: str) -> str:
    """Return words as a brief may hold them: nothing when they hold, or may hold, a secret."""
    text = " ".join(text.split())
    if text == UNREADABLE or MASK in text or redact_text(text) != text:
        return ""
    return " ".join(text.split()[:QUOTE_WORDS])
