"""What an engine is: the small contract that recognition, synthesis and the other models fulfil inside a worker."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from calls.errors import CallCentreError
from voice.workers.protocol import Arrays


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """Names an engine and says how to make it."""

    name: str
    """How requests address it."""
    factory: str
    """`module:function`, called as `function(options)` inside the worker."""
    options: dict[str, Any] = field(default_factory=dict)
    """JSON-ready: paths, threads, sizes."""
    at_once: int = 1
    """Requests that it serves side by side; above 1 the engine's `handle` must allow several threads."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, or one piece of a streamed answer."""

    data: dict[str, Any] = field(default_factory=dict)
    arrays: Arrays = field(default_factory=dict)


class Engine(Protocol):
    """A model inside a worker. One thread calls it, or as many as its `EngineSpec.at_once` says."""

    def warm_up(self) -> None:
        """Do once what the first request would otherwise wait for."""
        ...

    def handle(self, method: str, data: dict[str, Any], arrays: Arrays) -> Iterator[Reply | None]:
        """Yield one reply to a `call`, any number to a `stream`.

        Yielding None is a checkpoint: the request may be dropped there when it was cancelled, or when it carries a
        coalesce key and something more urgent waits.
        """
        ...


class CancelledRequest(CallCentreError):  # noqa: N818 - not an error: the caller simply asked again
    """A newer or more urgent request took this one's place; nothing is wrong."""

    def __init__(self, message: str = "The request was replaced by a newer or more urgent one.") -> None:
        """Carry the code `worker.cancelled`."""
        super().__init__("worker.cancelled", message, fault="us", retryable=True)


def load_engine(spec: EngineSpec) -> Engine:
    """Make the engine of `spec` and warm it up.

    Raises:
        CallCentreError: what the factory says, or `engine.load_failed` with a sentence when it fails in another way.
    """
    try:
        module_name, _, function_name = spec.factory.partition(":")
        engine = cast("Engine", getattr(importlib.import_module(module_name), function_name)(spec.options))
        engine.warm_up()
    except CallCentreError:
        raise
    except Exception as error:
        raise CallCentreError(
            "engine.load_failed",
            f"The engine {spec.name!r} ({spec.factory}) could not be loaded: {type(error).__name__}: {error}. "
            "Check its model files with `warmline models verify`.",
            fault="operator",
        ) from error
    return engine
