"""The page of promises is kept: every scenario exists, each promise has one on sockets, sound is proven as it says."""

from __future__ import annotations

import ast
import functools
import re
from dataclasses import dataclass
from pathlib import Path

TELEPHONY = Path(__file__).parents[1] / "telephony"
PAGE = TELEPHONY / "ACCEPTANCE.md"
PEERS = {"baresip", "pjsua2", "sipp", "kamailio", "chromium", "raw", "ours", "aiortc", "pure"}
PROOFS = {
    "correlation": ("heard_s", "until_heard", "lag_of", "corrcoef", "_nearer"),
    "tone": ("tone_share", "has_tone", "heard_level"),
    "words": ("share_of", "recognise", "words(whisper"),
    "-": (),
}
"""What the source of a scenario, or of a function that it calls in its file, must name to be a proof."""
ON_SOCKETS = ("gateway/", "legs/", "webrtc/", "../web/")
PURE_IS_ENOUGH = {"jitter buffer, concealment, comfort noise", "echo guard"}
"""The network that they need is made of patterns, so that each loss is the same each time."""


@dataclass(frozen=True)
class Row:
    promise: str
    peers: tuple[str, ...]
    sound: str
    scenarios: tuple[tuple[str, str], ...]
    """File, and words of the name."""


def rows() -> list[Row]:
    found = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|") or len(cells) != 4 or cells[0] in ("promise", "---"):
            continue
        scenarios = tuple(
            (item.partition(": ")[0].strip(), item.partition(": ")[2].strip()) for item in cells[3].split(";")
        )
        found.append(Row(cells[0], tuple(cells[1].split(", ")), cells[2], scenarios))
    return found


@functools.cache
def functions_of(file: str) -> dict[str, str]:
    """Return the source of each function and class at the top of a file."""
    text = (TELEPHONY / file).read_text(encoding="utf-8")
    lines = text.splitlines()
    return {
        node.name: "\n".join(lines[node.lineno - 1 : node.end_lineno])
        for node in ast.parse(text).body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    }


def sources(file: str, words: str) -> list[str]:
    """Return the source of each test of a file whose name holds the words, with what it calls in the same file."""
    functions = functions_of(file)
    wanted = words.replace(" ", "_")
    found = []
    for name, source in functions.items():
        if wanted in name and (name.startswith("test_") or name == wanted):
            called = [functions[word] for word in set(re.findall(r"\w+", source)) & set(functions) - {name}]
            found.append("\n".join([source, *called]))
    return found


def test_when_the_page_is_read_then_every_scenario_names_exactly_one_test() -> None:
    wrong = [
        (file, words)
        for row in rows()
        for file, words in row.scenarios
        if not (TELEPHONY / file).is_file() or len(sources(file, words)) != 1
    ]
    assert wrong == []


def test_when_a_promise_is_made_then_its_peers_are_known_and_a_scenario_runs_on_sockets() -> None:
    found = rows()
    assert len(found) > 40
    assert {peer for row in found for peer in row.peers} == PEERS
    assert {row.sound for row in found} <= set(PROOFS)
    for row in found:
        on_sockets = any(file.startswith(ON_SOCKETS) for file, _ in row.scenarios)
        assert on_sockets or row.promise in PURE_IS_ENOUGH, row.promise


def test_when_sound_is_promised_then_a_scenario_of_the_row_proves_it_in_that_way() -> None:
    unproven = [
        row.promise
        for row in rows()
        if row.sound != "-"
        and not any(
            proof in source
            for file, words in row.scenarios
            for source in sources(file, words)
            for proof in PROOFS[row.sound]
        )
    ]
    assert unproven == []
