"""`warmline phones`: where each agent's phone is registered, as every process of the service sees it."""
# ruff: noqa: T201 -- a command line prints

from __future__ import annotations

from pathlib import Path

from records.phone_bindings import BindingTable
from service.call_store import open_store
from service.clock import SystemClock
from service.config import load_config
from telephony.sip.grammar import format_host


def phones(config_file: Path | None) -> int:
    """Print where each phone is registered, as every process of the service sees it."""
    config = load_config(config_file).config
    named = config.telephony.sip.phones
    if not named:
        print("No phone is named. Add a table [telephony.sip.phones.NAME] with a `password` to the configuration.")
        return 0
    store = open_store(config)
    try:
        table, now = BindingTable(store), SystemClock().now_utc()
        for name in named:
            standing = [item for item in table.of(name) if item.expires_utc > now]
            print(f"{name}: {'not registered' if not standing else f'places: {len(standing)}'}")
            for item in standing:
                where = f"{item.transport.upper()} {format_host(item.host)}:{item.port}"
                nat = ", behind a translator" if item.behind_nat else ""
                nat += ", called through the proxy" if item.path else ""
                left_s = round((item.expires_utc - now).total_seconds())
                print(f"    {where}{nat}, for {left_s} s more, at {item.route}, {item.user_agent or 'nameless'}")
    finally:
        store.close()
    return 0
