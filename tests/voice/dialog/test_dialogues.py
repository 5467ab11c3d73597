"""Whole calls against `dialogues.txt`: each line of a script brings exactly the acts written under it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from calls.ids import LANGUAGES, Language
from tests.voice.dialog import scripted
from voice.dialog.prompts import all_fixed_texts
from voice.dialog.settings import DialogSettings

HERE = Path(__file__).parent


@dataclass
class Dialogue:
    """One scripted call and what it must bring."""

    language: Language
    options: list[str]
    title: str
    steps: list[tuple[str, str, str]] = field(default_factory=list)
    """Line, acts, state."""


def dialogues() -> list[Dialogue]:
    found: list[Dialogue] = []
    lines = [line for line in (HERE / "dialogues.txt").read_text(encoding="utf-8").splitlines() if line.strip()]
    for line in lines:
        if line.startswith("## "):
            head, _, title = line[3:].partition(": ")
            spoken, *options = head.split()
            language = next(each for each in LANGUAGES if each == spoken)
            found.append(Dialogue(language, options, title))
        elif line.startswith("    = "):
            script, codes, _ = found[-1].steps.pop()
            found[-1].steps.append((script, codes, line[6:]))
        elif line.startswith("    "):
            script, _, _ = found[-1].steps.pop()
            found[-1].steps.append((script, line.strip(), ""))
        elif found:
            found[-1].steps.append((line, "", ""))
    return found


ALL = dialogues()


@pytest.mark.parametrize("dialogue", ALL, ids=[f"{d.language}: {d.title}" for d in ALL])
def test_when_a_scripted_call_is_held_then_each_line_brings_its_acts(dialogue: Dialogue) -> None:
    agents = next((int(option.removeprefix("agents=")) for option in dialogue.options if "=" in option), 0)
    settings = DialogSettings(recording="ask", emotion="off") if "ask" in dialogue.options else DialogSettings()
    call = scripted.ScriptedCall(dialogue.language, settings=settings, agents=agents)
    for script, codes, state in dialogue.steps:
        brought = call.begin() if script == "begin" else call.line(script)
        assert (script, " | ".join(brought), call.policy.state) == (script, codes, state)


@pytest.mark.parametrize("dialogue", ALL, ids=[f"{d.language}: {d.title}" for d in ALL])
def test_when_a_saying_holds_what_the_caller_gave_then_it_is_personal(dialogue: Dialogue) -> None:
    call = scripted.ScriptedCall(dialogue.language)
    for script, _, _ in dialogue.steps:
        call.begin() if script == "begin" else call.line(script)
    fixed = {text for language in LANGUAGES for text in all_fixed_texts(language, call.settings)}
    of_the_house = ("which", "flow:resume")  # titles of articles, names of flows
    alike = [s for s in call.said if s.text in fixed or s.article_id or s.detail in of_the_house]
    assert [say.detail for say in alike if say.personal] == []
    assert [say.detail for say in call.said if say not in alike and not say.personal] == []


def test_when_both_languages_are_counted_then_each_has_scripted_calls() -> None:
    assert min(sum(d.language == language for d in ALL) for language in LANGUAGES) >= 10
