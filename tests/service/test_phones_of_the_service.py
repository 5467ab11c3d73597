"""The real service with a phone: registered over a stop and a kill, called by another process, known in the log."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from calls.errors import CallCentreError
from records.keys import MasterKey
from records.phone_bindings import BindingTable
from records.store import EventStore
from service.shared_tables import CountedNonces, SharedBindings
from telephony.outbound import Outbound, OutboundRules
from telephony.sip_settings import SipSettings
from tests.acceptance.commands import command
from tests.acceptance.running import RunningService
from tests.postgres_server import postgres_server
from tests.service_process import LIGHT, articles_of_tests
from tests.telephony.baresip import EchoHouse, PhoneLine, phone
from tests.telephony.gateway.test_one_challenge import Asker
from tests.telephony.gateway.test_phones import REALM, SECRET, account
from tests.telephony.raw_line import RawLine
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.peer


@dataclass
class Played:
    """What happened."""

    service: RunningService
    url: str
    places: dict[str, int] = field(default_factory=dict)
    listed: tuple[int, str, str] = (1, "", "")
    called: dict[str, bool] = field(default_factory=dict)
    offers: list[dict[str, object]] = field(default_factory=list)
    errors: str = ""
    crossed: list[str] = field(default_factory=list)
    """What a phone heard that another process asked: of the service, then of the other one to the same proof."""

    def open_store(self) -> EventStore:
        """Open the call log beside the service."""
        folder = self.service.data_dir
        url = self.url or f"sqlite:///{folder / 'warmline.sqlite3'}"
        return EventStore(url, MasterKey.load_or_create(folder / "master.key"))


def _configure(folder: Path, url: str) -> RunningService:
    articles_of_tests(folder / "articles")
    service = RunningService(
        folder,
        '[speech]\nvoice_en = "espeak"\nvoice_es = "espeak"\nrender_ahead = false\n'
        f'[models]\nwhisper = "{LIGHT}"\n[dial_plan]\nlanguage = "en"\n'
        f'[knowledge]\ndir = "{folder / "articles"}"\n'
        f'[telephony.sip.phones.alice]\npassword = "{SECRET}"\ndisplay_name = "Alice of the desk"\n',
    )
    if url:
        service.config.write_text(f'database_url = "{url}"\n' + service.config.read_text())
    return service


async def _call_from_another_process(played: Played) -> bool:
    """Call the phone as a process would that shares the database; True when it answered."""
    store = played.open_store()
    settings = SipSettings(listen="127.0.0.1:0", realm=REALM, phones=(account("alice"),))
    other = EchoHouse(settings, bindings=SharedBindings(store))
    other.gateway.guard_calls(Outbound(OutboundRules(), {}, phones=frozenset({"alice"})))
    await other.gateway.start()
    try:
        leg = await other.gateway.call_phone("alice")
        await leg.hang_up()
        await eventually(lambda: other.gateway.open_calls == 0)
    except CallCentreError as error:
        played.errors += f"{error.code}: {error.message}\n"
        return False
    finally:
        await other.close()
        store.close()
    return True


async def _answer_another_process(played: Played) -> list[str]:
    """Be asked by a process that shares the database, answer the service, and repeat that at the other process."""
    store = played.open_store()
    settings = SipSettings(listen="127.0.0.1:0", realm=REALM, phones=(account("alice"),))
    nonces = CountedNonces(store) if store.is_shared else None
    other = EchoHouse(settings, bindings=SharedBindings(store), nonces=nonces)
    await other.gateway.start()
    try:
        async with (
            RawLine.open(other.gateway.listen_address[1], "udp") as to_other,
            RawLine.open(played.service.sip_port, "udp") as to_service,
        ):
            asker = Asker(to_other)
            await asker.once("REGISTER", "crossed")
            asker.raw = to_service
            said = await asker.once("REGISTER", "crossed")
            replayed = asker.sent.replace(b"z9hG4bK", b"z9hG4bKevil").replace(b"tag=raw", b"tag=evil")
            return [said, await Asker(to_other).repeat(replayed)]
    finally:
        await other.close()
        store.close()


def _places(played: Played) -> int:
    """Look into the database as another process would."""
    store = played.open_store()
    try:
        now = datetime.now(UTC)
        return sum(1 for item in BindingTable(store).of("alice") if item.expires_utc > now)
    finally:
        store.close()


async def _until(played: Played, when: str, wanted: int) -> None:
    for _ in range(100):
        played.places[when] = await asyncio.to_thread(_places, played)
        if played.places[when] == wanted:
            return
        await asyncio.sleep(0.1)


async def _play(played: Played, folder: Path) -> None:
    service = played.service
    await service.start()
    try:
        who = f"alice@127.0.0.1:{service.sip_port}"
        line = PhoneLine(registers_at=who, account=f";auth_user=alice;auth_pass={SECRET}", lives_s=400)
        async with phone(folder, answers=True, line=line) as alice:
            await _until(played, "registered", 1)
            played.listed = await asyncio.to_thread(command, "phones", "--config", str(service.config))
            played.called["registered"] = await _call_from_another_process(played)
            await alice.command("dial", service.uri())
            await asyncio.sleep(4)
            await alice.command("hangup")
            await service.stop()
            await service.start()
            await _until(played, "stopped and started", 1)
            played.called["stopped and started"] = await _call_from_another_process(played)
            await service.kill()
            await service.start()
            await _until(played, "killed and started", 1)
            played.called["killed and started"] = await _call_from_another_process(played)
        await _until(played, "left", 0)
        played.called["left"] = await _call_from_another_process(played)
        played.crossed = await _answer_another_process(played)
        played.offers = await _offers(service)
    finally:
        await service.stop()


async def _offers(service: RunningService) -> list[dict[str, object]]:
    """Return the offers of all calls in the log."""
    code, said, errors = await asyncio.to_thread(command, "replay", "--config", str(service.config))
    assert code == 0, errors
    calls = [word for line in said.splitlines() for word in line.split()[:1] if len(word) > 10]
    found = []
    for call in calls:
        _, events, _ = await asyncio.to_thread(command, "replay", "--config", str(service.config), "--json", call)
        found += [json.loads(line)["body"] for line in events.splitlines() if '"call_offered"' in line]
    return found


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """Play it all once on each database."""
    folder = tmp_path_factory.mktemp("phones")
    (folder / "phone").mkdir()
    if request.param == "sqlite":
        done = Played(_configure(folder / "house", ""), "")
        asyncio.run(_play(done, folder / "phone"))
        yield done
        return
    with postgres_server() as server:
        if server is None:
            pytest.skip("needs a PostgreSQL server (apt-get install postgresql)")
        url = server.new_database()
        done = Played(_configure(folder / "house", url), url)
        asyncio.run(_play(done, folder / "phone"))
        yield done


def test_when_a_phone_registers_at_the_service_then_another_process_sees_it_and_calls_it(played: Played) -> None:
    code, said, errors = played.listed
    assert code == 0, errors
    assert "alice: places: 1" in said
    assert played.places["registered"] == 1
    assert f"at 127.0.0.1:{played.service.sip_port}, baresip" in said
    assert played.called["registered"], played.errors


@pytest.mark.parametrize("when", ["stopped and started", "killed and started"])
def test_when_the_service_starts_anew_then_the_phone_is_registered_and_called_as_before(
    played: Played, when: str
) -> None:
    assert played.places[when] == 1
    assert played.called[when], played.errors


def test_when_the_phone_leaves_then_nobody_calls_it_any_more(played: Played) -> None:
    assert played.places["left"] == 0
    assert not played.called["left"]
    assert "phone.not_registered" in played.errors


def test_when_the_phone_calls_then_the_call_log_has_its_user_and_display(played: Played) -> None:
    (offer,) = played.offers
    assert (offer["caller"], offer["caller_name"]) == ("alice", "Alice of the desk")


def test_when_a_phone_answers_another_process_than_asked_then_one_challenge_is_enough_on_a_shared_database(
    played: Played,
) -> None:
    answered, replayed = played.crossed
    assert answered.startswith("SIP/2.0 200" if played.url else "SIP/2.0 401")
    assert replayed.startswith("SIP/2.0 401" if played.url else "SIP/2.0 200")
    refused = replayed if played.url else answered
    assert "stale=true" in refused


def test_when_the_service_logs_then_no_password_is_in_it(played: Played) -> None:
    assert "phone alice: registered here" in played.service.errors()
    assert SECRET not in played.service.errors()
