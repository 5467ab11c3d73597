"""The bench of records, small: every figure comes, on a log that the service itself could have written."""

from __future__ import annotations

import argparse
from pathlib import Path

from bench import records
from customers.store import CustomerStore
from records.store import EventStore
from service.clock import SystemClock


def test_when_the_bench_runs_small_then_every_figure_is_there() -> None:
    parser = argparse.ArgumentParser()
    records.add_arguments(parser)
    result = records.run(parser.parse_args(["--customers", "200", "--events", "2000", "--queries", "5"]))
    figures = result.figures
    assert figures["events"] == 2000
    assert figures["proposed"] == 10
    for name in ("timeline", "search", "merge", "append"):
        assert isinstance(figures[f"{name}_p95_ms"], float)


def test_when_the_log_was_filled_in_bulk_then_customers_are_read_as_if_they_were_written_one_by_one(
    tmp_path: Path,
) -> None:
    facts = EventStore.open_dir(tmp_path)
    records._Loader(facts, customers=40, events=600, seed=1).load()
    store = CustomerStore(facts, facts.master.mark, SystemClock(), lambda: "x")
    person = store.person("c21")
    assert person is not None
    assert (len(person.identifiers), len(person.notes), len(person.contacts)) == (2, 3, 2)
    assert [item.kind for item in store.timeline("c21").items].count("call") == 2
    assert len(store.persons_with("phone", person.identifiers[0].value)) == 2
    store.write_note(person.customer_id, "another one", "x")
    assert store.search("another")[0].customer_id == person.customer_id
    facts.close()
