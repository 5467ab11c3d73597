"""Every rule of who hears whom, in the order in which they apply."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from telephony.hearing_matrix import HearingMatrix


@pytest.fixture
def matrix() -> HearingMatrix:
    made = HearingMatrix()
    made.join("caller", "caller")
    made.join("agent", "agent")
    made.join("boss", "supervisor")
    return made


def test_when_nothing_was_said_then_all_hear_each_other_but_nobody_hears_the_supervisor(matrix: HearingMatrix) -> None:
    heard = {edge for edge, gain in matrix.gains().items() if gain == 1.0}
    assert heard == {("caller", "agent"), ("agent", "caller"), ("caller", "boss"), ("agent", "boss")}
    assert matrix.gain("caller", "caller") == 0.0


def test_when_a_gain_was_said_then_it_holds_in_one_direction(matrix: HearingMatrix) -> None:
    matrix.set_gain("boss", "agent", 0.5)
    assert (matrix.gain("boss", "agent"), matrix.gain("agent", "boss"), matrix.gain("boss", "caller")) == (0.5, 1, 0)


def test_when_a_member_is_muted_then_nobody_hears_it_and_what_was_said_comes_back_with_it(
    matrix: HearingMatrix,
) -> None:
    matrix.set_gain("agent", "caller", 2.0)
    matrix.mute("agent", True)
    assert (matrix.gain("agent", "caller"), matrix.gain("agent", "boss"), matrix.gain("caller", "agent")) == (0, 0, 1)
    matrix.mute("agent", False)
    assert (matrix.gain("agent", "caller"), matrix.gain("agent", "boss")) == (2, 1)


def test_when_a_member_whispers_then_one_hears_it_against_the_matrix_and_no_other(matrix: HearingMatrix) -> None:
    matrix.set_gain("boss", "caller", 1.0)
    matrix.whisper("boss", "agent")
    assert (matrix.gain("boss", "agent"), matrix.gain("boss", "caller")) == (1, 0)
    matrix.whisper("boss", None)
    assert (matrix.gain("boss", "agent"), matrix.gain("boss", "caller")) == (0, 1)


def test_when_the_one_who_was_whispered_to_leaves_then_the_whisper_is_not_heard_by_the_others(
    matrix: HearingMatrix,
) -> None:
    matrix.whisper("agent", "boss")
    matrix.leave("boss")
    assert matrix.gain("agent", "caller") == 0
    matrix.whisper("agent", None)
    assert matrix.gain("agent", "caller") == 1


def test_when_a_member_is_on_hold_then_it_neither_hears_nor_is_heard_even_in_a_whisper(matrix: HearingMatrix) -> None:
    matrix.whisper("boss", "caller")
    matrix.hold("caller", True)
    assert matrix.is_held("caller")
    assert {gain for edge, gain in matrix.gains().items() if "caller" in edge} == {0.0}
    assert matrix.gain("agent", "boss") == 1
    matrix.hold("caller", False)
    assert matrix.gain("boss", "caller") == 1


def test_when_a_name_comes_back_then_nothing_of_its_past_is_left(matrix: HearingMatrix) -> None:
    matrix.set_gain("caller", "agent", 0.0)
    matrix.mute("caller", True)
    matrix.hold("caller", True)
    matrix.whisper("caller", "boss")
    matrix.leave("caller")
    matrix.join("caller", "caller")
    assert (matrix.gain("caller", "agent"), matrix.gain("agent", "caller"), matrix.is_held("caller")) == (1, 1, False)


@pytest.mark.parametrize("gain", [-0.1, 4.1, float("nan")])
def test_when_a_gain_is_out_of_range_then_it_is_refused(matrix: HearingMatrix, gain: float) -> None:
    with pytest.raises(ValueError, match="gain"):
        matrix.set_gain("caller", "agent", gain)


def test_when_somebody_is_no_member_or_speaks_to_itself_then_it_is_said(matrix: HearingMatrix) -> None:
    wishes: list[Callable[[], None]] = [
        lambda: matrix.set_gain("caller", "nobody", 1.0),
        lambda: matrix.mute("nobody", True),
        lambda: matrix.hold("nobody", True),
        lambda: matrix.whisper("nobody", None),
    ]
    for wish in wishes:
        with pytest.raises(KeyError):
            wish()
    with pytest.raises(ValueError, match="themselves"):
        matrix.whisper("boss", "boss")
