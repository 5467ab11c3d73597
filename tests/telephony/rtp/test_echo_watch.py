"""A leg that returns what it is sent is told from one that does not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from telephony.rtp.echo_watch import ECHO_STATES, EchoEvent, EchoState, EchoWatch

Levels = npt.NDArray[np.float64]


def syllables(seed: int, ticks: int, share_loud: float = 0.8) -> Levels:
    """Loudness of somebody who speaks: syllables of 80 to 300 ms, pauses between some."""
    generator = np.random.default_rng(seed)
    levels: list[float] = []
    while len(levels) < ticks:
        level = generator.uniform(-45, -18) if generator.random() < share_loud else -66.0
        levels += [level + generator.normal(0, 1.5) for _ in range(int(generator.integers(4, 15)))]
    return np.array(levels[:ticks])


def louder_of(*sounds: Levels) -> Levels:
    return np.asarray(10 * np.log10(np.sum([10 ** (sound / 10) for sound in sounds], axis=0)))


def returned(sent: Levels, loss_db: float, delay_ticks: int) -> Levels:
    return np.concatenate((np.full(delay_ticks, -70.0), sent))[: len(sent)] - loss_db


def run(watch: EchoWatch, sent: Levels, received: Levels) -> list[EchoState]:
    return [watch.step(float(one), float(other)) for one, other in zip(sent, received, strict=True)]


@pytest.mark.parametrize("state", EchoState)
@pytest.mark.parametrize("event", EchoEvent)
def test_when_a_look_says_something_then_the_table_knows_what_follows(state: EchoState, event: EchoEvent) -> None:
    expected = EchoState.ECHOING if event is EchoEvent.FOUND else EchoState.CLEAR
    assert ECHO_STATES[state, event] is expected


@pytest.mark.parametrize("loss_db", [12, 20, 30])
@pytest.mark.parametrize("delay_ticks", [2, 6, 13, 24])
def test_when_a_leg_echoes_then_it_is_found_within_seconds_and_stays_so(loss_db: int, delay_ticks: int) -> None:
    sent = syllables(1, 1500)
    noise = np.full(1500, -68.0)
    states = run(watch := EchoWatch(), sent, louder_of(returned(sent, loss_db, delay_ticks), noise))
    assert EchoState.CLEAR not in states
    assert states.index(EchoState.ECHOING) < 250
    assert watch.delay_ticks == delay_ticks


@pytest.mark.parametrize("seed", range(8))
def test_when_somebody_else_speaks_then_it_is_no_echo_and_the_leg_is_clear_soon(seed: int) -> None:
    sent, caller = syllables(1, 3000), syllables(100 + seed, 3000, share_loud=0.5)
    states = run(EchoWatch(), sent, caller)
    assert EchoState.ECHOING not in states
    assert states.index(EchoState.CLEAR) < 400


def test_when_nothing_was_said_to_the_leg_then_nothing_is_decided() -> None:
    assert set(run(EchoWatch(), np.full(2000, -96.0), syllables(2, 2000))) == {EchoState.PROVING}


def test_when_a_phone_is_put_on_loudspeaker_then_the_guard_is_back_and_goes_when_it_is_taken_off() -> None:
    sent = syllables(1, 4000)
    quiet, loud = np.full(4000, -68.0), returned(sent, 15, 5)
    received = np.concatenate((quiet[:1000], loud[1000:2000], quiet[2000:]))
    states = run(EchoWatch(), sent, received)
    assert states[900] is EchoState.CLEAR
    assert states[1300] is EchoState.ECHOING
    assert states[2500] is EchoState.ECHOING
    assert states[-1] is EchoState.CLEAR


def test_when_a_caller_speaks_over_the_echo_for_a_while_then_the_leg_is_not_taken_for_clear() -> None:
    sent = syllables(1, 2000)
    over = np.full(2000, -70.0)
    over[800:1200] = syllables(7, 400)
    states = run(EchoWatch(), sent, louder_of(returned(sent, 20, 8), over))
    assert set(states[300:]) == {EchoState.ECHOING}
