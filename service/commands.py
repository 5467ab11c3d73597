"""The commands that look into the house without opening it: replay, models, kb, staff-link, backup, restore."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from calls.codec import to_json
from calls.errors import CallCentreError
from calls.ids import CallId, Language
from knowledge.articles import load_library
from records.backup import create_backup, restore_backup
from records.database import default_url
from records.replay import render_call, render_list
from service.call_store import open_store
from service.clock import SystemClock
from service.config import Config, load_config
from service.customers.open_records import clean_beside
from service.engines import build_workers, needed_models
from service.knowledge_base import KnowledgeBase, articles_dir
from service.models_store import ModelStore, ProgressBar
from service.staff.accounts import StaffAccounts
from service.staff_door import StaffLinks


def replay(config_file: Path | None, call: str | None, *, as_json: bool) -> int:
    """Print one annotated call, or the newest calls."""
    store = open_store(load_config(config_file).config)
    try:
        if call is None:
            print(render_list(store.streams("call", limit=30)))
            return 0
        events = store.read("call", CallId(call))
        if not events:
            print(f"There is no call {call}; `warmline replay` lists the newest.", file=sys.stderr)
            return 1
        if as_json:
            for event in events:
                print(json.dumps(to_json(event), ensure_ascii=False))
        else:
            print(render_call(events))
    finally:
        store.close()
    return 0


def models(config_file: Path | None, action: str, names: list[str]) -> int:
    """List, fetch or verify models."""
    config = load_config(config_file).config
    store = ModelStore(config.models.dir or None)
    if action == "fetch":
        bar = ProgressBar()
        try:
            here = store.fetch(names or None, progress=bar)
        finally:
            bar.close()
        print(f"{', '.join(status.model.name for status in here)}: whole and checked, in {store.folder}")
        return 0
    wanted = names or list(store.manifest.models)
    must = names or needed_models(config)
    bad = 0
    for model in [store.model(name) for name in wanted]:
        status = store.status(model.name, full=action == "verify")
        bad += status.state != "ready" and model.name in must
        size = f"{model.size_bytes / 1e6:6.1f} MB"
        spoken = ", ".join(model.languages)
        print(f"{status.state:<8} {model.name:<22} {size}  {model.purpose}")
        print(f"{'':<41}from {store.manifest.origin(model)}; {spoken}; {model.licence}")
        if status.detail:
            print(f"{'':<41}{status.detail}")
    return 1 if bad and action == "verify" else 0


def kb(config_file: Path | None, action: str, question: str, language: Language) -> int:
    """Check the articles, or ask them a question."""
    config = load_config(config_file).config
    articles = load_library(articles_dir(config)).articles
    if action == "check":
        topics = {article.topic for article in articles}
        print(f"{len(articles)} articles on {len(topics)} topics are readable.")
        return 0
    if not question:
        print('Ask something: warmline kb search --language en "why is my bill so high"', file=sys.stderr)
        return 2
    return asyncio.run(_ask(config, question, language))


async def _ask(config: Config, question: str, language: Language) -> int:
    store = ModelStore(config.models.dir or None)
    workers = build_workers(config, store)
    await workers.mind.start()
    try:
        knowledge = KnowledgeBase(config, workers.mind, store)
        await knowledge.load()
        passages = await knowledge.search(question, language)
    finally:
        await workers.mind.stop()
    for passage in passages:
        print(f"{passage.score:.2f}  {passage.topic}  {passage.title}\n      {passage.text}")
    if not passages:
        print("No article is near: a caller would be told so and offered a person.")
    return 0


def staff_link(config_file: Path | None) -> int:
    """Print a new link to the staff pages of the service that runs on the same data folder."""
    config = load_config(config_file).config
    links = StaffLinks(config.data_path)
    store = open_store(config)
    try:
        has_accounts = StaffAccounts(store, SystemClock()).any_account()
    finally:
        store.close()
    if has_accounts:
        where = f" at {links.served_at()}/desk" if links.served_at() else ""
        print(
            f"warmline: There are accounts, so that links open nothing any more: sign in{where}. "
            "`warmline staff list` shows the names, `warmline staff password NAME` gives a forgotten password anew.",
            file=sys.stderr,
        )
        return 1
    try:
        base_url = links.served_at()
        if not base_url:
            print(
                f"warmline: No service runs on data_dir = {str(config.data_path)!r}; its first link is printed when it "
                "starts.",
                file=sys.stderr,
            )
            return 1
        token = links.new(SystemClock().now_utc().timestamp())
    except OSError as error:
        sentence = f"A link cannot be made in {config.data_path}: {error.strerror}. Be the user that runs the service."
        raise CallCentreError("staff.no_link", sentence, fault="operator") from error
    print(f"{base_url}/desk?token={token}")
    return 0


def _must_be_our_file(config: Config) -> None:
    """Refuse a database that lies elsewhere: its own tools save it whole, and the files beside it are plain files."""
    url = config.database_url.get_secret_value()
    if not url or url == default_url(config.data_path):
        return
    if url.startswith("postgresql"):
        how = "save it with pg_dump and bring it back with pg_restore"
    else:
        how = "save it with the tools of that database"
    raise CallCentreError(
        "backup.not_ours",
        f"The database is named by database_url: {how}. Save with it, from data_dir = {str(config.data_path)!r}, the "
        "key master.key, the journal erased.jsonl and the folder recordings. A start after bringing it back erases "
        "again who was erased since.",
        fault="operator",
    )


def backup(config_file: Path | None, file: Path) -> int:
    """Write a backup."""
    config = load_config(config_file).config
    _must_be_our_file(config)
    create_backup(config.data_path, file)
    print(f"{file}: {file.stat().st_size / 1e6:.1f} MB")
    return 0


def restore(config_file: Path | None, file: Path, *, overwrite: bool) -> int:
    """Bring a backup back."""
    config = load_config(config_file).config
    _must_be_our_file(config)
    try:
        restore_backup(file, config.data_path, overwrite=overwrite, prepare=clean_beside)
    except CallCentreError as error:
        if error.code != "restore.exists":
            raise
        raise CallCentreError(error.code, f"{error.message} (--overwrite says so.)", fault=error.fault) from error
    print(f"{file} was brought back into {config.data_path}.")
    return 0
