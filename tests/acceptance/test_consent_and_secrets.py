"""What may not be kept is not kept: not in the log, not in the recording, not in what the service prints."""

from __future__ import annotations

import re

import numpy as np
import soundfile

from tests.acceptance.callers import RATE_HZ
from tests.acceptance.commands import command
from tests.acceptance.listening import digits_said, recognise
from tests.acceptance.looking import looks_at
from tests.acceptance.running import RunningService
from tests.acceptance.scenarios import CARD, Played

Calls = tuple[Played, ...]
CARD_IN_BYTES = re.compile(
    rb"4676[ ,.-]*9739|9739[ ,.-]*3161|3161[ ,.-]*7818|four,? six,? seven,? six|nine,? seven,? three", re.IGNORECASE
)
"""Eight digits at least: four occur by chance in any database."""


@looks_at("consent_unanswered")
def test_when_consent_is_required_and_missing_then_no_sound_and_no_words_are_kept_and_the_call_goes_on(
    played: Calls,
) -> None:
    (call,) = played
    kinds = {body["type"] for body in call.events}
    assert call.of("consent_refused")[0]["how"] == "unanswered"
    assert not kinds & {"recording_started", "utterance_heard", "turn_ended", "topic_found", "emotion_estimated"}
    assert not call.recording.exists()
    assert call.notes["loud_frames"] * 20 >= 2_000, "the bot answered all the same"
    assert call.of("call_ended")[0]["reason"] == "caller_hung_up"
    assert "artholomew" not in str(call.events)


@looks_at("recording_refused")
def test_when_the_caller_says_dont_record_me_then_the_file_is_deleted_and_later_words_are_not_kept(
    played: Calls,
) -> None:
    (call,) = played
    assert call.notes["was_there"], "it was recorded until then"
    refused = call.of("consent_refused")[0]
    assert (refused["subject"], refused["how"]) == ("recording", "words")
    assert call.of("recording_stopped")[0]["reason"] == "consent_refused"
    assert not call.recording.exists()
    assert call.notes["went_on"]
    after = call.events[call.events.index(refused) + 1 :]
    assert not [body for body in after if body["type"] in ("utterance_heard", "turn_ended", "recording_started")]
    assert "artholomew" not in str(call.events)


@looks_at("card_spoken")
def test_when_a_card_number_is_spoken_then_the_log_and_the_replay_hold_no_digit_of_it(played: Calls) -> None:
    (call,) = played
    for body in (*call.turns("caller"), *call.of("utterance_heard")):
        text = body.get("text") or " ".join(word["text"] for word in body["words"])
        assert digits_said(text) <= 3, text
    assert any("***" in turn["text"] for turn in call.turns("caller"))
    code, printed, _ = command("replay", "--config", str(call.service.config), call.call_id)
    assert code == 0
    assert not CARD_IN_BYTES.search(printed.encode())
    for path in call.service.data_dir.iterdir():
        if path.is_file():
            assert not CARD_IN_BYTES.search(path.read_bytes()), path.name


@looks_at("card_spoken")
def test_when_a_card_number_is_spoken_then_the_recording_is_silent_there_and_nobody_can_hear_it(played: Calls) -> None:
    (call,) = played
    sound, rate_hz = soundfile.read(call.recording, dtype="int16")
    assert rate_hz == RATE_HZ
    for stretch in call.of("recording_silenced"):
        assert stretch["reason"] in ("card_number", "secret_digits")
        assert not np.any(sound[stretch["start_ms"] * 8 : stretch["end_ms"] * 8])
    heard_by_the_service = max(turn["end_ms"] for turn in call.turns("caller"))
    text = recognise(sound[: heard_by_the_service * 8 + 8_000, 0], "en")
    assert digits_said(text) <= 4, text
    assert digits_said(CARD) == 16


def test_when_all_calls_are_over_then_standard_error_holds_no_words_and_no_numbers(
    after_all_calls: RunningService,
) -> None:
    printed = after_all_calls.errors().lower()
    assert "a call leg ended" in printed, "the log is being written"
    for secret in ("bartholomew", "my bill", "speak to a person", "space probe", "representante", "9739", "don't rec"):
        assert secret not in printed
    assert "+3460077" not in printed
    assert "3460077" not in printed
    assert "traceback" not in printed
    assert '"level": "error"' not in printed
