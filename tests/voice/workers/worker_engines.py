"""Engines that the worker tests load by name."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

from calls.errors import CallCentreError
from voice.workers.engine import Reply
from voice.workers.protocol import Arrays


class Toy:
    """Answers in ways that exercise the worker."""

    def __init__(self, options: dict[str, Any]) -> None:
        if options.get("fail") == "sentence":
            raise CallCentreError("model.missing", "The model toy is missing. Run fetch.", fault="operator")
        if options.get("fail") == "plain":
            raise ValueError("weights are torn")
        if options.get("fail") == "die":
            os._exit(3)
        self.options = options
        self.served: list[str] = []
        self.gate = threading.Event()
        self.gates: dict[str, threading.Event] = {}
        """Gates of their own, by tag; the others stop at `gate`."""
        self.entered = threading.Event()
        self.inside: list[str] = []
        """Who came as far as the gate."""

    def warm_up(self) -> None:
        self.served.append("warm_up")

    def handle(self, method: str, data: dict[str, Any], arrays: Arrays) -> Iterator[Reply | None]:
        self.served.append(f"{method}:{data.get('tag', '')}")
        if method == "echo":
            yield Reply(data, arrays)
        elif method == "count":
            for number in range(data["to"]):
                time.sleep(data.get("sleep_s", 0))
                yield Reply({"number": number})
        elif method == "sleep":
            time.sleep(data["sleep_s"])
            yield Reply(data)
        elif method == "gate":
            self.inside.append(data.get("tag", ""))
            self.entered.set()
            self.gates.get(data.get("tag", ""), self.gate).wait(5)
            yield None
            yield Reply(data)
        elif method == "served":
            yield Reply({"served": list(self.served), "threads": os.environ["OMP_NUM_THREADS"], "nice": os.nice(0)})
        elif method == "raise":
            raise ValueError("the caller said sunflower")
        elif method == "say":
            sys.stderr.write("the caller said sunflower\n")
            sys.stderr.flush()
            yield Reply({})
        elif method == "refuse":
            raise CallCentreError("toy.refused", "The toy refuses.", fault="user")
        elif method == "die":
            os._exit(9)


LAST: list[Toy] = []


def create(options: dict[str, Any]) -> Toy:
    toy = Toy(options)
    LAST[:] = [toy]
    return toy
