"""What a caller may do who waits in a queue: hear the place, be called back, leave a message, think better of it."""

from __future__ import annotations

from voice.dialog.acts import KeepMessage, QueuePlace, WaitIsLong
from voice.dialog.callback_words import asks_to_be_called
from voice.dialog.flow_spec import flow_asked_for
from voice.dialog.handing_over import go_back, nobody, start_callback, stop_looking, take_message
from voice.dialog.moves import Moves
from voice.dialog.queue_words import say_patience, say_place, wants_message
from voice.dialog.requests import find_meta
from voice.dialog.talk import Talk

NEWS_WORDS = 4
"""So many words of who waits are something new that the colleague should know. Source: our choice: below are "are you
still there?" and their like."""
MESSAGE_SILENCE_MS = 5_000
"""Silence after which a message is over. Source: our choice, above the 3 s of thinking in the middle of one."""


def placed(talk: Talk, event: QueuePlace) -> None:
    """Take note of the place; say it when the caller did not hear of one yet, and is not the next anyway."""
    if talk.phase != "waiting_for_human":
        return
    first, talk.place = talk.place is None, (event.position, event.expected_wait_s)
    if first and (event.position > 1 or event.expected_wait_s != 0):
        say_place(talk)
    elif first:
        talk.at("waiting_word", talk.settings.place_every_ms)


def is_long(talk: Talk, event: WaitIsLong) -> None:
    """Tell that nobody comes soon, and what else there is; with nobody at all the bot goes on."""
    if talk.phase != "waiting_for_human":
        return
    talk.messages_taken = event.takes_messages
    if event.why == "long_wait":
        talk.say("queue.long_message" if event.takes_messages else "queue.long", detail="escalate:long_wait")
        talk.at("waiting_word", talk.settings.place_every_ms)
        return
    if event.why == "closed":
        talk.open, talk.opens_at = False, event.opens_at
    stop_looking(talk)
    talk.agents = 0
    nobody(talk)


def turn(talk: Talk, moves: Moves, text: str) -> None:
    """Take what a caller says who waits."""
    meta = find_meta(text)
    if flow_asked_for(text, ("callback",)) is not None or asks_to_be_called(text):
        start_callback(talk)
    elif meta == "goodbye":
        moves.goodbye()
    elif meta == "never_mind":
        stop_looking(talk)
        talk.say("human.stay_with_bot")
        if not go_back(talk):
            talk.say("human.go_on")
    elif meta in ("repeat", "slower"):
        if meta == "slower":
            talk.slower()
            talk.say("meta.slower", detail="slower")
        if not talk.repeat_last():
            say_patience(talk)
    elif meta == "wait":
        talk.say("meta.wait", detail="wait")
    elif meta == "ok":
        talk.at("waiting_word", max(talk.settings.waiting_word_ms, talk.settings.place_every_ms // 2))
    elif talk.place is not None and len(text.split()) >= NEWS_WORDS and "?" not in text:
        talk.say("queue.noted", detail="escalate:noted")
        talk.at("waiting_word", talk.settings.place_every_ms)
    else:
        say_patience(talk)
    if talk.phase == "waiting_for_human" and "waiting_word" not in talk.deadlines:
        talk.at("waiting_word", talk.settings.waiting_word_ms)


# A message


def asked_to_take_message(talk: Talk, text: str) -> bool:
    """Let the caller speak a message, if that was offered and is wanted."""
    wanted = talk.phase == "waiting_for_human" and talk.messages_taken and wants_message(text)
    if wanted:
        take_message(talk)
    return wanted


def message_speaking(talk: Talk, *, speaking: bool) -> None:
    """The caller speaks the message, or paused."""
    if speaking:
        talk.at("message", talk.settings.message_ms)
    else:
        talk.at("message", MESSAGE_SILENCE_MS)


def message_turn(talk: Talk, text: str) -> None:
    """Take words of the message."""
    talk.message_words += len(text.split())
    talk.at("message", MESSAGE_SILENCE_MS)


def message_over(talk: Talk) -> None:
    """The caller is done, by silence, by the key `#`, or because it was long enough."""
    if talk.phase != "leaving_message":
        return
    kept = talk.message_words > 0
    talk.phase, talk.pending = "talking", "anything_else"
    talk.clear("message")
    talk.do(KeepMessage())
    talk.say("queue.message_kept" if kept else "queue.message_empty", detail="message:end")
    talk.say("meta.anything_else", detail="anything_else")
