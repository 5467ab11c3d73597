"""`warmline check`: every setting with its origin, then all that `serve` needs, each with what to do about it."""
# ruff: noqa: T201 -- a command line prints

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path

from calls.errors import CallCentreError
from calls.ids import LANGUAGES
from knowledge.articles import Article, load_library
from service.call_store import open_store
from service.certificate import check_certificate
from service.channels.check import channel_probes
from service.clock import SystemClock
from service.config import Config, load_config
from service.config_values import split_address
from service.dial_plan import DialPlan
from service.dialog_choices import check_articles, in_words
from service.engines import coqui_model, languages_of_coqui, needed_models
from service.knowledge_base import articles_dir
from service.models_store import ModelStore
from service.recogniser import check_recogniser, own_folder, recogniser_folder, recogniser_name
from service.sip_line import describe_line, outbound


def check(config_file: Path | None) -> int:
    """Print every setting with its origin, then what works and what does not; 1 when `serve` would fail."""
    loaded = load_config(config_file)
    rows = list(loaded.rows())
    width = max(len(f"{key} = {value}") for key, value, _ in rows)
    for key, value, origin in rows:
        print(f"{f'{key} = {value}':<{width}}  # {origin}")
    print()
    failed = 0
    for name, probe in _probes(loaded.config):
        try:
            print(f"ok      {name}: {probe()}")
        except CallCentreError as error:
            failed += 1
            print(f"FAILED  {name}: {error.message}")
    return 1 if failed else 0


def _probes(config: Config) -> tuple[tuple[str, Callable[[], str]], ...]:
    store = ModelStore(config.models.dir or None)
    sip = config.telephony.sip
    read_articles = cache(lambda: load_library(articles_dir(config)).articles)
    return (
        *((f"model {name}", partial(_path_of, store, name)) for name in needed_models(config)),
        *((("recogniser", lambda: str(recogniser_folder(config, store))),) if own_folder(config) else ()),
        ("languages", lambda: _languages(config, store)),
        ("espeak-ng", _espeak),
        *(
            (f"voice of Coqui in {language}", partial(coqui_model, config, language))
            for language in languages_of_coqui(config)
        ),
        ("web address", lambda: _ours("[service] listen", config.service.listen, socket.SOCK_STREAM)),
        ("certificate", lambda: _certificate(config)),
        ("staff pages", lambda: _staff(config)),
        *((("SIP address", lambda: _line(config)),) if sip.enabled else ()),
        ("dial plan", lambda: _plan(config)),
        ("articles", lambda: _articles(read_articles())),
        ("dialog", lambda: _dialog(config, read_articles())),
        *channel_probes(config),
        ("data_dir", lambda: _writable(config)),
    )


def _path_of(store: ModelStore, name: str) -> str:
    return str(store.path(name))


def _languages(config: Config, store: ModelStore) -> str:
    languages = DialPlan(config.dial_plan).languages()
    check_recogniser(config, store, languages)
    return f"calls are answered in {' and '.join(sorted(languages))}; {recogniser_name(config)} understands them"


def _espeak() -> str:
    found = shutil.which("espeak-ng")
    if found is None:
        raise CallCentreError(
            "tts.espeak_missing",
            "The program espeak-ng is not installed; it gives the voices their phonemes. Install it (Debian, Ubuntu: "
            "`apt-get install espeak-ng`).",
            fault="operator",
        )
    return found


def _ours(key: str, listen: str, kind: socket.SocketKind) -> str:
    """Make sure that the address is one of this machine; a service that already has the port is none's fault."""
    host, _ = split_address(listen)
    try:
        family, _, _, _, address = socket.getaddrinfo(host, 0, type=kind)[0]
        with socket.socket(family, kind) as probe:
            probe.bind(address)
    except OSError as error:
        raise CallCentreError(
            "service.bad_address",
            f"{key} = {listen!r} cannot be used: {host} is no address of this machine ({error.strerror}). Use one that "
            "`ip address` shows, 127.0.0.1 for this machine alone, or 0.0.0.0 for all of them.",
            fault="operator",
        ) from error
    return listen


def _line(config: Config) -> str:
    sip = config.telephony.sip
    for address in sip.addresses:
        _ours("[telephony.sip] listen", address, socket.SOCK_DGRAM)
    for address in sip.tls_addresses:
        _ours("[telephony.sip] tls_listen", address, socket.SOCK_STREAM)
    return describe_line(config, SystemClock().now_utc())


def _certificate(config: Config) -> str:
    check_certificate(config)
    return config.service.tls_certificate or "none: browsers give a microphone only on localhost or behind a TLS proxy"


def _staff(config: Config) -> str:
    section = config.service
    where = ", ".join(section.staff_from) or "this machine and a proxy on it alone; [service] staff_from names others"
    names = ", ".join(section.hosts) or "IP addresses and localhost alone; [service] hosts names others"
    return f"served to {where}; asked for by {names}"


def _plan(config: Config) -> str:
    plan = DialPlan(config.dial_plan)
    rules = outbound(config)
    for target in plan.people():
        denied = rules.denial(target, "transfer")
        if denied is not None:
            raise CallCentreError(
                "dial_plan.bad_value",
                f"People cannot be reached at transfer_to = {target!r}: {denied.value}. Change it, or what "
                "[telephony.outbound] allows.",
                fault="operator",
            )
    where = config.dial_plan.file or "none, so that every number is answered"
    return f"{where}; people at {', '.join(plan.people()) or 'no number: callers are offered a call back'}"


def _articles(articles: Sequence[Article]) -> str:
    """Count the articles of each language, since callers of one without any are only told that nothing is known."""
    counts = (f"{sum(a.language == language for a in articles) or 'none'} in {language}" for language in LANGUAGES)
    return ", ".join(counts)


def _dialog(config: Config, articles: Sequence[Article]) -> str:
    check_articles(config, articles)
    return in_words(config, articles)


def _writable(config: Config) -> str:
    store = open_store(config)
    store.close()
    return str(config.data_path)
