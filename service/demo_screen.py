"""What the demo shows in a terminal: one line for each thing that happened, and the running words below them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

WIDTH = 100
COLOURS = {"turn_ended": "1", "emotion_estimated": "35", "escalation_requested": "33"}
"""ANSI colours by event; everything else is cyan."""


class Screen:
    """Prints to a terminal; on a file or pipe it leaves out colours and the line that rewrites itself."""

    def __init__(self, out: TextIO | None = None) -> None:
        """Write to `out`, standard output by default."""
        self._out = out or sys.stdout
        self._tty = self._out.isatty()
        self._running = False

    def note(self, text: str) -> None:
        """Print a plain line."""
        self._line(text)

    def show(self, message: Mapping[str, Any]) -> None:
        """Print one message of the live feed."""
        if message["kind"] == "signal":
            self._signal(message["name"], message["data"])
        elif message["kind"] == "event":
            self._event(message["event"])

    def summary(self, done: Mapping[str, bool], replies_ms: Sequence[int]) -> None:
        """Print what the call did, and how quick the replies were."""
        self._line("")
        for name, ok in done.items():
            self._line(f"  {self._paint('yes', '32') if ok else self._paint('NO ', '31')}  {name}")
        if replies_ms:
            shown = ", ".join(f"{ms / 1000:.2f}" for ms in replies_ms)
            self._line(f"  seconds from the caller's last word to the answer: {shown}")

    def _signal(self, name: str, data: Mapping[str, Any]) -> None:
        if name == "hypothesis":
            text = f"          caller … {data['committed']} {self._paint(data['tentative'], '2')}"
            if self._tty:
                self._out.write("\r\x1b[K" + text[: WIDTH + 12])
                self._out.flush()
                self._running = True
            else:
                self._line(text.rstrip())

    def _event(self, event: Mapping[str, Any]) -> None:
        body = event["body"]
        at = f"{event['t_ms'] / 1000:7.2f}s" if event["t_ms"] is not None else " " * 8
        text = _told(body)
        if text is not None:
            self._line(f"{at}  {self._paint(text, COLOURS.get(body['type'], '36'))}")

    def _line(self, text: str) -> None:
        if self._running:
            self._out.write("\r\x1b[K")
            self._running = False
        self._out.write(text + "\n")
        self._out.flush()

    def _paint(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._tty and text else text


def _told(body: Mapping[str, Any]) -> str | None:
    """Return a body as one line, or None for those that say nothing to a visitor."""
    kind = body["type"]
    if kind == "turn_ended":
        cut = " [interrupted]" if body["interrupted"] else ""
        return f"{body['speaker']}: {body['text']}{cut}"
    if kind == "emotion_estimated":
        estimate = body["estimate"]
        if estimate["abstained"]:
            return "feels: not sure"
        reasons = ", ".join(estimate["reasons"]) or "nothing special"
        return (
            f"feels (estimate): anger {estimate['anger_prob']:.2f}, arousal {estimate['arousal_score']:.2f}, "
            f"doubt {estimate['uncertainty']:.2f} ({reasons})"
        )
    if kind == "feeling_read":
        estimate = body["estimate"]
        reasons = ", ".join(estimate["reasons"]) or "nothing special"
        said = "not sure" if estimate["abstained"] else estimate["feeling"]
        return f"words say (estimate): {said}, doubt {estimate['uncertainty']:.2f} ({reasons})"
    if kind == "turn_reopened":
        return "the caller goes on: the turn was not over"
    if kind == "act_decided":
        return f"decides: {body['act']} {body['detail']}"
    if kind == "topic_found":
        return f"topic: {body['topic'] or 'none of ours'} ({body['score']:.2f})"
    if kind == "brief_prepared":
        facts = "".join(f"\n{' ' * 12}- {fact['text']}" for fact in body["facts"])
        return f"BRIEF for a human: {body['matter']} [{body['reason']}]{facts}\n{' ' * 12}spoken: {body['spoken_line']}"
    shown = {
        "call_offered": "the phone rings",
        "call_answered": "answered",
        "recording_started": "recording",
        "escalation_requested": f"ESCALATION: {body.get('reason')} {body.get('detail')}",
        "callback_offered": "offers a callback: no human is signed in",
        "callback_booked": f"callback booked: {body.get('number')}",
        "call_ended": f"call ended: {body.get('result')} ({body.get('reason')})",
    }
    return shown.get(kind)
