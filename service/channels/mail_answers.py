"""What of the bot's replies goes out by e-mail by itself, and what becomes a suggestion. Pure.

    reply                                        "sure"              "draft"
    safety advice (danger to life, gas …)        goes out, to staff  goes out, to staff
    an article's answer                          goes out            suggestion
    a question of a form                         suggestion          suggestion
    people are wanted and not in, and when they
    are in again is known                        goes out, to staff  to staff
    everything else (repairs, people, no answer) to staff            to staff

A letter is read once and kept: a question back costs a day, and a wrong answer stands in writing. So the bot speaks
where it knows, and people do the rest. What goes to staff at an hour when they are not in is confirmed with the hour at
which they are, in fixed words, once in `TOLD_AGAIN_MS` of a conversation; with `tells_hours = false` it is not.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Literal

from calls.conversation_events import ReplyDrafted
from calls.events import ActDecided, EscalationRequested, EventBody, NoticeGiven, SafetyRaised
from calls.ids import Language, MessageId, TurnId
from service.channels.parts import Editor, ReplyMoment
from service.channels.text_runner import Replied
from voice.dialog.opening_words import opening_in_words
from voice.dialog.prompts import phrase
from voice.dialog.settings import DialogSettings

Mode = Literal["draft", "sure", "never"]
_OPEN = frozenset({"ask", "confirm", "repair", "escalate", "offer_callback"})
"""Acts after which the customer has to say something, or a human has to do something."""
TOLD_AGAIN_MS = 12 * 3_600_000
"""Who writes several mails on one evening is told once. Source: our choice, the length of a night."""
OPENS = "opens"
"""Detail of the act that tells when people are in again."""
_ONCE_MORE = "answer:again"
"""Detail of the words that say that an answer was given before."""
_ARTICLE = "topic:"
"""What the detail of an answer begins with that comes from an article."""


def is_sure(replied: Replied) -> bool:
    """Tell whether the bot knows the answer from an article, and nothing stays open."""
    acts = [fact for fact in replied.facts if isinstance(fact, ActDecided)]
    answers = [fact.detail for fact in acts if fact.act == "answer" and fact.detail != _ONCE_MORE]
    known = bool(answers) and all(detail.startswith(_ARTICLE) for detail in answers)
    return known and not {fact.act for fact in acts} & _OPEN and replied.wants_staff == "no"


def draft_of(replied: Replied) -> str:
    """Return what an agent might send of it: without the notice; nothing where the bot knew nothing."""
    acts = [fact for fact in replied.facts if isinstance(fact, ActDecided)]
    useful = any(fact.act in ("ask", "confirm") or fact.detail.startswith(_ARTICLE) for fact in acts)
    text = replied.text
    if any(isinstance(fact, NoticeGiven) for fact in replied.facts):
        text = text.partition("\n\n")[2]
    return text if useful else ""


def says_when_people_are_in(replied: Replied) -> bool:
    """Tell whether the customer asked for people at a closed hour and is told when they are in again."""
    asked = any(isinstance(fact, EscalationRequested) and fact.reason == "caller_asked" for fact in replied.facts)
    return asked and any(isinstance(fact, ActDecided) and fact.detail == OPENS for fact in replied.facts)


def edited(
    mode: Mode, replied: Replied, message_id: MessageId, moment: ReplyMoment, *, tells_hours: bool = True
) -> Replied:
    """Return what the bot does with its reply to a mail; who waits for a human by mail does not wait live."""
    closed = mode == "sure" and says_when_people_are_in(replied)
    if closed or any(isinstance(fact, SafetyRaised) for fact in replied.facts):
        return replace(replied, wants_staff="later", ends=False)
    if mode == "sure" and is_sure(replied):
        return replace(replied, ends=False)
    draft = draft_of(replied)
    facts: list[EventBody] = [fact for fact in replied.facts if not _is_unsaid(fact)]
    if draft:
        facts.append(ReplyDrafted(answers=message_id, text=draft))
    text = confirmation(moment, replied.language) if tells_hours else ""
    if text:
        facts.append(ActDecided(act="say", detail=OPENS, turn_id=TurnId(message_id)))
    return replace(replied, text=text, facts=tuple(facts), wants_staff="later", ends=False)


def confirmation(moment: ReplyMoment, language: Language) -> str:
    """Return what tells who writes at a closed hour that their mail is here and when it is read; empty at others."""
    told_ms, hours = moment.told_hours_ago_ms, moment.hours
    if hours.open or (told_ms is not None and told_ms < TOLD_AGAIN_MS):
        return ""
    said = partial(phrase, DialogSettings(medium="text"), language)
    back = ""
    if hours.opens_at is not None:
        when = opening_in_words(hours.opens_at, hours.now_local, language, written=True)
        back = said("human.back_in", when=when)
    return " ".join(part for part in (said("written.arrived"), back, said("written.will_read")) if part)


def _is_unsaid(fact: EventBody) -> bool:
    """Tell whether a fact says that something was told which stood in the reply that does not go out."""
    return isinstance(fact, NoticeGiven) or (isinstance(fact, ActDecided) and fact.detail == OPENS)


def mail_editor(mode: Mode, *, tells_hours: bool = True) -> Editor:
    """Return the editor of a mailbox."""
    return partial(edited, mode, tells_hours=tells_hours)
