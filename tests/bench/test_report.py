"""The common frame of the benches: figures, intervals, hashes, command line."""

from __future__ import annotations

import argparse
import json
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from bench import __main__ as command
from bench.report import Result, as_json, bootstrap_interval, corpus_sha256, read_manifest


def test_when_a_share_is_added_then_its_interval_encloses_it() -> None:
    result = Result(n=100)
    result.share("answered", [True] * 80 + [False] * 20)
    assert result.figures["answered"] == 0.8
    low, high = result.figures["answered_lo"], result.figures["answered_hi"]
    assert isinstance(low, float)
    assert isinstance(high, float)
    # The normal approximation of a 90 % interval is 0.8 +- 1.645 * 0.04.
    assert low == pytest.approx(0.734, abs=0.02)
    assert high == pytest.approx(0.866, abs=0.02)


def test_when_a_ratio_is_added_then_long_items_weigh_more() -> None:
    result = Result(n=2)
    result.ratio("wer", [(1, 10), (5, 90)])
    assert result.figures["wer"] == pytest.approx(0.06)


def test_when_groups_are_given_then_the_interval_is_wider_than_without() -> None:
    rows = np.repeat(np.arange(10.0), 20)[:, None]
    groups = [int(row[0]) for row in rows]

    def mean(part: np.ndarray) -> float:
        return float(part[:, 0].mean())

    low, high = bootstrap_interval(rows, mean)
    group_low, group_high = bootstrap_interval(rows, mean, groups=groups)
    assert group_high - group_low > 2 * (high - low)


def test_when_nothing_was_measured_then_figures_are_null() -> None:
    result = Result(n=0)
    result.mean("cores", [])
    result.percentile("reply_p50_ms", [], 50)
    result.ratio("wer", [])
    assert set(result.figures.values()) == {None}


def test_when_a_result_is_printed_then_it_carries_what_it_was_measured_with(tmp_path: Path) -> None:
    clip = tmp_path / "a.flac"
    clip.write_bytes(b"sound")
    result = Result(n=1, models={"whisper": "ab"}, corpus=[clip])
    result.put("clips", np.int64(1))
    data = json.loads(as_json("asr", result))
    assert data["bench"] == "asr"
    assert data["models"] == {"whisper": "ab"}
    assert data["corpus_sha256"] == corpus_sha256([clip])
    assert data["n"] == data["clips"] == 1
    assert {"git_sha", "cpu"} <= set(data)


def test_when_files_are_listed_in_another_order_then_the_corpus_is_the_same(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(b"1")
    second.write_bytes(b"2")
    assert corpus_sha256([first, second]) == corpus_sha256([second, first])
    assert corpus_sha256([first]) != corpus_sha256([second])


def test_when_a_manifest_is_read_then_paths_are_relative_to_it(tmp_path: Path) -> None:
    manifest = tmp_path / "m.csv"
    manifest.write_text("path,text\nx/a.flac,hello\n/abs/b.flac,bye\n")
    rows = read_manifest(manifest)
    assert rows[0]["path"] == str(tmp_path / "x/a.flac")
    assert rows[1] == {"path": "/abs/b.flac", "text": "bye"}


def test_when_a_bench_runs_then_its_last_line_is_the_json_and_the_file_holds_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = types.ModuleType("bench.two_words")

    def add_arguments(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--calls", type=int, default=3)

    def run(args: argparse.Namespace) -> Result:
        sys.stdout.write("noise of a library\n")
        result = Result(n=args.calls)
        result.put("calls", args.calls)
        return result

    fake.__dict__.update(add_arguments=add_arguments, run=run)
    monkeypatch.setitem(sys.modules, "bench.two_words", fake)
    monkeypatch.setattr(command, "bench_names", lambda: {"two-words": "A test."})
    file = tmp_path / "out.json"
    assert command.main(["two-words", "--calls", "5", "--json", str(file)]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert json.loads(last)["calls"] == 5
    assert json.loads(file.read_text()) == json.loads(last)


def test_when_the_folder_is_scanned_then_helpers_are_no_benches() -> None:
    names = command.bench_names()
    assert "report" not in names
    assert "--main--" not in names
