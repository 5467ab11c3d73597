"""Wrong articles are found by `warmline check` and before `warmline serve` starts anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from calls.errors import CallCentreError
from service import house
from service.cli import main
from service.config import load_config
from service.serve import Service
from tests.ports import free_port

GOOD = """\
---
id: moving:en
topic: moving
language: en
title: Moving home
keywords: move
---

## What does it cost?

Moving is free once a year.
"""

CASES = {
    "a head that is not closed": ({"en/moving.md": GOOD.replace("keywords: move\n---\n", "")}, "en/moving.md, line 7:"),
    "no language": (
        {"en/moving.md": GOOD.replace("language: en\n", "")},
        "en/moving.md, line 6: `language` is missing",
    ),
    "an unknown language": ({"en/moving.md": GOOD.replace("language: en", "language: fr")}, "en/moving.md, line 4:"),
    "an id that is taken": ({"en/moving.md": GOOD, "en/other.md": GOOD}, "en/other.md, line 2: the id 'moving:en'"),
    "no article at all": ({}, "There are no articles in"),
}


@pytest.fixture(params=CASES, ids=list(CASES))
def wrong(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    """Return a configuration with wrong articles, and what the sentence must hold."""
    files, expected = CASES[request.param]
    for name, text in files.items():
        (tmp_path / "articles" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "articles" / name).write_text(text)
    port = free_port()
    config = tmp_path / "warmline.toml"
    config.write_text(
        f'data_dir = "{tmp_path}/data"\n[service]\nlisten = "127.0.0.1:{port}"\n'
        f'[knowledge]\ndir = "{tmp_path}/articles"\n'
    )
    return config, expected


def test_when_an_article_is_wrong_then_check_names_file_and_line(
    wrong: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    config, expected = wrong
    assert main(["check", "--config", str(config)]) == 1
    failed = [line for line in capsys.readouterr().out.splitlines() if line.startswith("FAILED  articles: ")]
    assert len(failed) == 1
    assert expected in failed[0]


def test_when_an_article_is_wrong_then_the_service_says_so_before_any_worker_is_made(
    wrong: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config, expected = wrong
    monkeypatch.setattr(house, "build_workers", lambda *_: pytest.fail("workers were made"))
    with pytest.raises(CallCentreError) as error:
        Service(load_config(config).config)
    assert expected in error.value.message


def test_when_all_articles_are_in_one_language_then_check_says_that_the_other_has_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "articles" / "en").mkdir(parents=True)
    (tmp_path / "articles" / "en" / "moving.md").write_text(GOOD)
    config = tmp_path / "warmline.toml"
    config.write_text(f'data_dir = "{tmp_path}/data"\n[knowledge]\ndir = "{tmp_path}/articles"\n')
    main(["check", "--config", str(config)])
    shown = next(line for line in capsys.readouterr().out.splitlines() if "articles: " in line)
    assert {"1 in en", "none in es"} == set(shown.removeprefix("ok      articles: ").split(", "))
