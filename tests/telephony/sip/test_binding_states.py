"""The life of one binding: every row, and every pair that has none."""

from __future__ import annotations

import itertools

import pytest

from telephony.sip.binding_states import BINDING, BindingEvent, BindingState

ROWS = """
    ABSENT --BIND--> BOUND: ADD
    ABSENT --UNBIND--> ABSENT:
    BOUND --BIND--> BOUND: RENEW
    BOUND --UNBIND--> ABSENT: REMOVE
    BOUND --LATE--> BOUND: REFUSE
    BOUND --EXPIRED--> ABSENT: REMOVE
    BOUND --LOST--> ABSENT: REMOVE
    BOUND --CROWDED--> ABSENT: REMOVE
"""


def test_when_the_table_is_written_down_then_it_is_the_one_of_the_code() -> None:
    coded = {
        f"{state.name} --{event.name}--> {after.name}: {act.name if act is not None else ''}".strip()
        for (state, event), (after, act) in BINDING.items()
    }
    assert coded == {line.strip() for line in ROWS.strip().splitlines()}


@pytest.mark.parametrize("pair", list(itertools.product(BindingState, BindingEvent)), ids=str)
def test_when_a_binding_is_not_there_then_only_a_register_can_concern_it(
    pair: tuple[BindingState, BindingEvent],
) -> None:
    state, event = pair
    assert (pair in BINDING) == (state is BindingState.BOUND or event in (BindingEvent.BIND, BindingEvent.UNBIND))
