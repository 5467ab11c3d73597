"""The dial plan: numbers, hours, holidays, and a reload that never makes things worse."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from calls.errors import CallCentreError
from service.config import DialPlanSection
from service.dial_plan import DialPlan, Route

MONDAY_10 = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # 10:00 in Madrid
MONDAY_15 = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
PLAN = """
[[number]]
called = "+34900*"
language = "es"
greeting = "Lumina, dígame."
ring_ms = 2000
hours = { mon = "09:00-14:00,16:00-19:00" }
holidays = [2026-11-30]

[[number]]
called = "emergency"
language = "en"
flow = "outage_report"
"""


def plan(folder: Path, text: str = PLAN) -> DialPlan:
    file = folder / "plan.toml"
    file.write_text(text, encoding="utf-8")
    return DialPlan(DialPlanSection(file=str(file)))


def route(dial_plan: DialPlan, called: str, at: datetime = MONDAY_10) -> Route:
    found = dial_plan.route(called, at)
    assert found is not None
    return found


def test_when_a_number_matches_its_entry_decides(tmp_path: Path) -> None:
    found = route(plan(tmp_path), "+34900123456")
    assert (found.language, found.greeting, found.ring_ms, found.open) == ("es", "Lumina, dígame.", 2000, True)
    assert route(plan(tmp_path), "emergency").flow == "outage_report"


def test_when_a_number_switches_emotion_off_its_callers_are_not_estimated_and_others_are(tmp_path: Path) -> None:
    dial_plan = plan(tmp_path, PLAN.replace('called = "emergency"', 'called = "emergency"\nemotion = false'))
    assert not route(dial_plan, "emergency").emotion
    assert route(dial_plan, "+34900123456").emotion


def test_when_nobody_works_at_this_hour_it_says_so(tmp_path: Path) -> None:
    dial_plan = plan(tmp_path)
    assert not route(dial_plan, "+34900123456", MONDAY_15).open
    assert not route(dial_plan, "+34900123456", datetime(2026, 11, 30, 9, 0, tzinfo=UTC)).open
    assert not route(dial_plan, "+34900123456", datetime(2026, 11, 24, 9, 0, tzinfo=UTC)).open
    assert route(dial_plan, "emergency", MONDAY_15).open


def test_when_a_plan_exists_other_numbers_are_not_answered(tmp_path: Path) -> None:
    assert plan(tmp_path).route("12345", MONDAY_10) is None


def test_when_there_is_no_plan_every_number_is_answered_and_slow_rings_first() -> None:
    dial_plan = DialPlan(DialPlanSection())
    assert route(dial_plan, "anything").ring_ms == 0
    assert route(dial_plan, "slow").ring_ms == 5000


def test_when_the_file_changes_the_new_plan_holds_and_a_wrong_one_does_not(tmp_path: Path) -> None:
    dial_plan = plan(tmp_path)
    file = tmp_path / "plan.toml"
    assert not dial_plan.reload_if_changed()
    file.write_text('[[number]]\ncalled = "new"\n', encoding="utf-8")
    os.utime(file, ns=(1, 1))
    assert dial_plan.reload_if_changed()
    assert route(dial_plan, "new").flow == "main"
    file.write_text('[[number]]\ncaled = "typo"\n', encoding="utf-8")
    with pytest.raises(CallCentreError, match=r"\[\[number\]\] 1"):
        dial_plan.reload_if_changed()
    assert route(dial_plan, "new").flow == "main"
    assert not dial_plan.reload_if_changed()


@pytest.mark.parametrize(
    "text",
    [
        '[[number]]\ncalled = "x"\nhours = { mon = "9-5" }\n',
        '[[number]]\ncalled = "x"\nhours = { monday = "09:00-17:00" }\n',
        '[[number]]\nlanguage = "fr"\ncalled = "x"\n',
        "[numbers]\n",
        "[[number",
    ],
)
def test_when_the_plan_is_wrong_the_sentence_names_the_file(tmp_path: Path, text: str) -> None:
    with pytest.raises(CallCentreError, match=r"plan\.toml"):
        plan(tmp_path, text)


def test_when_the_time_zone_is_unknown_the_sentence_says_so() -> None:
    with pytest.raises(CallCentreError, match="time zone"):
        DialPlan(DialPlanSection(time_zone="Europe/Nowhere"))


@pytest.mark.parametrize(
    ("hours", "opened", "closed"),
    [
        (
            '{ mon = "22:00-06:00" }',
            ["23T22:00", "23T23:59", "24T00:00", "24T05:59"],
            ["23T05:00", "23T21:59", "24T06:00"],
        ),
        ('{ mon = "09:00-24:00" }', ["23T09:00", "23T23:59"], ["24T00:00", "23T08:59"]),
        ('{ mon = "00:00-24:00" }', ["23T00:00", "23T23:59"], ["22T23:59", "24T00:00"]),
        ('{ mon = "closed", tue = "9:00-10:00" }', ["24T09:30"], ["23T09:30", "24T10:00"]),
    ],
)
def test_when_hours_run_over_midnight_or_to_its_end_then_the_night_shift_is_open(
    tmp_path: Path, hours: str, opened: list[str], closed: list[str]
) -> None:
    dial_plan = plan(tmp_path, f'[[number]]\ncalled = "x"\ntime_zone = "America/Bogota"\nhours = {hours}\n')
    zone = ZoneInfo("America/Bogota")
    for text in (*opened, *closed):
        at = datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=zone)
        assert route(dial_plan, "x", at).open == (text in opened), text


def test_when_the_night_shift_begins_on_a_holiday_then_nobody_works_after_midnight_either(tmp_path: Path) -> None:
    dial_plan = plan(tmp_path, '[[number]]\ncalled = "x"\nhours = { mon = "22:00-06:00" }\nholidays = [2026-11-23]\n')
    assert not route(dial_plan, "x", datetime(2026, 11, 24, 2, 0, tzinfo=UTC)).open


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ('hours = { mon = "09:00+02:00-18:00" }', "without an offset"),
        ('hours = { mon = "9-18" }', 'must look like "09:00-18:00"'),
        ('hours = { mon = "09:00-25:00" }', "must look like"),
        ('hours = { mon = "09:00-09:00" }', "all day is"),
        ('hours = { monday = "09:00-18:00" }', "is no day"),
        ('time_zone = "Europe/Madird"', "use a name like Europe/Madrid"),
        ('queu = "sales"', "did you mean 'queue'"),
        ('flow = "outage_reprt"', "did you mean 'outage_report'?"),
        ('flow = "outage_report"\nqueue = "sales"', "a flow or a queue, not both"),
    ],
)
def test_when_an_entry_is_wrong_then_a_sentence_says_what_to_write(tmp_path: Path, entry: str, sentence: str) -> None:
    with pytest.raises(CallCentreError, match=re.escape(sentence)):
        plan(tmp_path, f'[[number]]\ncalled = "x"\n{entry}\n')


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[[number]]\ncalld = "x"\n', "has no key 'calld'; did you mean 'called'?"),
        ('[[number]]\nflow = "main"\n', "lacks 'called'"),
        ('[number]\ncalled = "x"\n', "only have [[number]] tables, in double brackets"),
        ('[[numbers]]\ncalled = "x"\n', "has 'numbers'; it may only have [[number]] tables"),
    ],
)
def test_when_a_plan_is_written_in_another_way_then_the_sentence_shows_how(
    tmp_path: Path, text: str, sentence: str
) -> None:
    with pytest.raises(CallCentreError, match=re.escape(sentence)):
        plan(tmp_path, text)


def test_when_a_number_is_written_with_blanks_then_it_matches_all_the_same(tmp_path: Path) -> None:
    dial_plan = plan(tmp_path, '[[number]]\ncalled = "+34 900 123-123"\nqueue = "sales"\n')
    assert route(dial_plan, "+34900123123").queue == "sales"


def test_when_the_file_is_gone_then_that_is_told_once_and_the_plan_goes_on(tmp_path: Path) -> None:
    dial_plan = plan(tmp_path)
    (tmp_path / "plan.toml").unlink()
    with pytest.raises(CallCentreError, match="is gone"):
        dial_plan.reload_if_changed()
    assert not dial_plan.reload_if_changed()
    assert route(dial_plan, "emergency").flow == "outage_report"


PEOPLE = """
[[number]]
called = "sales"
transfer_to = "sip:sales@192.0.2.5"
[[number]]
called = "robot"
transfer_to = "none"
[[number]]
called = "*"
"""


def test_when_people_are_reached_somewhere_then_a_numbers_own_place_wins_and_none_is_none(tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    file.write_text(PEOPLE)
    dial_plan = DialPlan(DialPlanSection(file=str(file), transfer_to="+34 910 000 000"))
    reached = [route(dial_plan, called).transfer_to for called in ("sales", "robot", "bot")]
    assert reached == ["sip:sales@192.0.2.5", "", "+34 910 000 000"]
    assert dial_plan.people() == ("+34 910 000 000", "sip:sales@192.0.2.5")
    assert DialPlan(DialPlanSection()).people() == ()


@pytest.mark.parametrize("target", ["the team", "sip:", "sip:a@b?Replaces=x", "12", "tel:+34910000000"])
def test_when_people_cannot_be_reached_at_what_is_written_then_it_is_refused(tmp_path: Path, target: str) -> None:
    with pytest.raises(CallCentreError, match=r"neither a number|no address"):
        plan(tmp_path, f'[[number]]\ncalled = "*"\ntransfer_to = "{target}"\n')
