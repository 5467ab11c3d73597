"""Which recogniser the configuration names: a model of the manifest, or a folder of the operator's own."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from calls.errors import CallCentreError
from calls.ids import Language
from service.config import Config, ModelsSection
from service.models_store import ModelStore
from voice.asr.model_folder import look_into

MOST_AT_ONCE = 4
"""Recognitions side by side unless the operator says otherwise. Source: our choice; each may hold a core for a second,
and whoever has more cores to give to it says so."""


def own_folder(config: Config) -> Path | None:
    """Return the folder that `[models] whisper` names; None when it is a name of the manifest."""
    name = config.models.whisper
    return Path(name).expanduser() if name.startswith((".", "~")) or os.sep in name else None


def recogniser_name(config: Config) -> str:
    """Return what facts and benches call the recogniser: its name, or that of its folder without the way there."""
    folder = own_folder(config)
    return config.models.whisper if folder is None else folder.resolve().name


def recogniser_folder(config: Config, store: ModelStore) -> Path:
    """Return where the recogniser lies, after a look at whether it can be one.

    Raises:
        CallCentreError: `model.unknown`, `model.missing` or `model.corrupt`, saying what is not there.
    """
    folder = own_folder(config)
    return store.path(config.models.whisper) if folder is None else look_into(folder).path


def check_recogniser(config: Config, store: ModelStore, languages: Iterable[Language]) -> None:
    """Make sure that the recogniser knows the languages in which calls are answered.

    Raises:
        CallCentreError: as `recogniser_folder`, or `config.bad_value` with what to do.
    """
    folder = own_folder(config)
    if folder is None:
        known = store.model(config.models.whisper).languages
        missing = [] if "multilingual" in known else [each for each in sorted(languages) if each not in known]
    else:
        known = ("en",)
        missing = [] if look_into(folder).multilingual else [each for each in sorted(languages) if each not in known]
    if missing:
        raise CallCentreError(
            "config.bad_value",
            f"The recogniser [models] whisper = {config.models.whisper!r} understands {', '.join(known)} alone, but "
            f"the dial plan answers calls in {' and '.join(missing)}. Take whisper-base, or change the language of "
            "these numbers.",
            fault="operator",
        )


def at_once(section: ModelsSection) -> int:
    """Return how many recognitions run side by side."""
    cores = len(os.sched_getaffinity(0))
    return section.whisper_at_once or max(1, min(MOST_AT_ONCE, cores // section.whisper_threads))
