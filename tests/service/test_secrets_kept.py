"""What the caller says goes to the log without its secrets, whenever the recogniser found it."""

from __future__ import annotations

from calls.events import DigitsPressed, EventBody, RecordingSilenced, UtteranceHeard
from records.keyed_digits import KeyGroup
from records.redaction import MASK, Redactor
from service.secrets_kept import SecretsKept
from tests.records.utterances import utterance


class Log:
    def __init__(self) -> None:
        self.noted: list[EventBody] = []

    def note(self, body: EventBody, source: str, *, t_ms: int | None = None) -> None:
        self.noted.append(body)


class Recording:
    def silence(self, start_ms: int, end_ms: int) -> bool:
        return end_ms > start_ms


def test_when_a_card_number_is_recognised_too_late_then_it_is_masked_and_silenced_all_the_same() -> None:
    log = Log()
    kept = SecretsKept(log, Recording(), "asr")
    kept.utterance(utterance("u1", "my card number is", 1_000), 5_000)
    kept.turn_over(5_000)
    kept.late(utterance("u1-rest", "4111 1111 1111 1111", 3_000), 9_000)
    told = [body for body in log.noted if isinstance(body, UtteranceHeard)]
    assert [body.utterance_id for body in told] == ["u1", "u1-rest"]
    assert not any(word.text.isdigit() for word in told[1].words)
    (silence,) = (body for body in log.noted if isinstance(body, RecordingSilenced))
    assert silence.start_ms <= 3_000
    assert silence.end_ms >= 9_000


def test_when_late_words_come_while_digits_are_held_back_then_those_stay_so() -> None:
    log = Log()
    kept = SecretsKept(log, Recording(), "asr")
    kept.utterance(utterance("u2", "it is 4111 1111", 20_000), 21_000)
    assert log.noted == []
    kept.late(utterance("u1-rest", "hello there", 3_000), 21_000)
    assert [body.utterance_id for body in log.noted if isinstance(body, UtteranceHeard)] == ["u1-rest"]
    kept.utterance(utterance("u3", "1111 1111", 21_500), 23_000)
    kept.turn_over(23_000)
    told = [body for body in log.noted if isinstance(body, UtteranceHeard)]
    assert [body.utterance_id for body in told] == ["u1-rest", "u2", "u3"]
    assert not any(word.text.isdigit() for body in told for word in body.words)


def test_when_one_person_asks_for_a_secret_and_another_says_it_then_it_is_masked() -> None:
    log, redactor = Log(), Redactor()
    employee, caller = (SecretsKept(log, Recording(), "asr", redactor) for _ in range(2))
    employee.utterance(utterance("s1-u1", "could you tell me the security code", 1_000), 3_000)
    employee.turn_over(3_000)
    caller.utterance(utterance("s2-u2", "yes 4 7 1", 4_000), 6_000)
    caller.turn_over(6_000)
    told = {str(body.utterance_id): body.words for body in log.noted if isinstance(body, UtteranceHeard)}
    assert [word.text for word in told["s2-u2"]] == ["yes", MASK, MASK, MASK]
    assert MASK not in [word.text for word in told["s1-u1"]]
    assert any(isinstance(body, RecordingSilenced) for body in log.noted)


def test_when_a_card_number_is_keyed_in_with_pauses_then_no_group_of_it_is_written_in_clear() -> None:
    log = Log()
    kept = SecretsKept(log, Recording(), "asr")
    kept.keys(KeyGroup("1", 0))
    for at, keys in enumerate(("4676", "9739", "3161", "7818")):
        kept.keys(KeyGroup(keys, 10_000 + at * 6_000))
        kept.turn_over(12_000 + at * 6_000)
    kept.keys(KeyGroup("5512", 50_000))
    kept.call_over(60_000)
    told = [body for body in log.noted if isinstance(body, DigitsPressed)]
    assert [body.digits for body in told] == ["1", "****", "****", "****", "****", "****"]
    assert [body.secret for body in told] == [False, True, True, True, True, True]


def test_when_the_bot_asks_for_a_secret_then_its_digits_are_masked_until_it_is_over() -> None:
    log = Log()
    kept = SecretsKept(log, Recording(), "asr")
    kept.expect_secret()
    kept.keys(KeyGroup("4821#", 900))
    kept.utterance(utterance("u1", "it is 4 8 2 1 I think", 1_000), 3_000)
    kept.turn_over(3_000)
    kept.secret_over(3_500)
    kept.utterance(utterance("u2", "since 4 5 6 7 yesterday", 5_000), 8_000)
    kept.turn_over(8_000)
    told = {str(body.utterance_id): body.words for body in log.noted if isinstance(body, UtteranceHeard)}
    assert [word.text for word in told["u1"]] == ["it", "is", MASK, MASK, MASK, MASK, "I", "think"]
    assert MASK not in [word.text for word in told["u2"]]
    assert [body.digits for body in log.noted if isinstance(body, DigitsPressed)] == ["*****"]
    assert any(isinstance(body, RecordingSilenced) and body.reason == "secret_digits" for body in log.noted)
