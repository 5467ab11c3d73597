"""REGISTER of our phones (RFC 3261 section 10.3): bindings, times, order, several places, what is refused and how."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calls.phones import Bindings
from telephony.sip.message import Flow, serialise
from telephony.sip.register_wish import MAX_CONTACT_CHARS, RegisterLimits, RegisterWish, WishedPlace
from telephony.sip.registrar import MAX_WAITING
from telephony.sip.registrar_rules import (
    Host,
    by_preference,
    moved,
    register,
    without_expired,
    without_place,
)
from telephony.sip.registrar_signals import BindingsChanged, ChangeBindings
from tests.telephony.sip.phone_bench import HOST, NOON, PHONE, DeskPhone, PhoneBench, contacts_of
from tests.telephony.sip.ua_bench import Bench, request

HOME = "<sip:alice@10.1.2.3:5062>"
WORK = "<sip:alice@10.1.2.4:5062>"
CAR = "<sip:alice@10.1.2.5:5062>"
BOAT = "<sip:alice@10.1.2.6:5062>"


def test_when_a_phone_registers_then_the_200_names_its_contact_with_its_time() -> None:
    phone = DeskPhone(PhoneBench())
    response = phone.register()
    assert (response.status, contacts_of(response)) == (200, [f"{HOME};expires=600"])
    (binding,) = phone.bench.store["alice"]
    assert (binding.host, binding.port, binding.transport, binding.behind_nat) == ("10.1.2.3", 5062, "udp", False)
    assert (binding.owner, binding.route, binding.user_agent) == ("process-1", "192.0.2.1:5060", "Desk 1.0")
    assert binding.expires_utc == NOON + timedelta(seconds=600)


def test_when_there_are_no_phones_then_register_is_not_allowed_and_allow_does_not_name_it() -> None:
    (response,) = Bench().receive(request("REGISTER"))
    assert response.status == 405  # type: ignore[union-attr]
    assert "REGISTER" not in (response.headers.get("Allow") or "")
    bench = PhoneBench()
    assert "REGISTER" in (bench.ask(request("OPTIONS"), Flow("192.0.2.7", 5062)).headers.get("Allow") or "")


@pytest.mark.parametrize(
    ("contact", "expires", "granted"),
    [
        (HOME, None, "3600"),
        (HOME, "60", "60"),
        (HOME, "86400", "3600"),
        (f"{HOME};expires=120", "600", "120"),
        (HOME, "soon", "3600"),
        (f"{HOME};expires=nonsense", "600", "3600"),
    ],
)
def test_when_a_time_is_asked_for_then_the_contacts_own_counts_first_and_the_longest_is_an_hour(
    contact: str, expires: str | None, granted: str
) -> None:
    response = DeskPhone(PhoneBench()).register(contact, expires=expires)
    assert contacts_of(response) == [f"{HOME};expires={granted}"]


def test_when_a_time_is_too_brief_then_423_names_the_least_and_nothing_is_stored() -> None:
    phone = DeskPhone(PhoneBench())
    response = phone.register(HOME, f"{WORK};expires=59")
    assert (response.status, response.reason) == (423, "Interval Too Brief")
    assert response.headers.get("Min-Expires") == "60"
    assert phone.bench.store == {}


def test_when_the_time_is_zero_then_the_contact_goes_and_the_others_stay() -> None:
    phone = DeskPhone(PhoneBench())
    phone.register(HOME, WORK)
    assert contacts_of(phone.register(HOME, expires="0")) == [f"{WORK};expires=600"]
    assert contacts_of(phone.register(f"{CAR};expires=0")) == [f"{WORK};expires=600"]


def test_when_a_phone_asks_without_contact_then_it_hears_all_that_stands_and_nothing_changes() -> None:
    phone = DeskPhone(PhoneBench())
    phone.register(HOME, f"{WORK};q=0.5")
    stored = phone.bench.store["alice"]
    phone.bench.wait(100_000)
    response = phone.prove(phone.request(expires=None))
    assert sorted(contacts_of(response)) == [f"{HOME};expires=500", f"{WORK};q=0.5;expires=500"]
    assert phone.bench.store["alice"] == stored


def test_when_every_contact_shall_go_then_they_go_together() -> None:
    phone = DeskPhone(PhoneBench())
    phone.register(HOME, WORK)
    response = phone.register("*", expires="0")
    assert (response.status, contacts_of(response), phone.bench.store["alice"]) == (200, [], ())


@pytest.mark.parametrize(("contacts", "expires"), [(("*",), "600"), (("*",), None), (("*", HOME), "0")])
def test_when_a_star_comes_with_a_time_or_beside_others_then_the_request_is_bad(
    contacts: tuple[str, ...], expires: str | None
) -> None:
    phone = DeskPhone(PhoneBench())
    phone.register()
    assert phone.register(*contacts, expires=expires).status == 400
    assert len(phone.bench.store["alice"]) == 1


@pytest.mark.parametrize("contact", ["<tel:+34600123456>", f"<sip:{'a' * MAX_CONTACT_CHARS}@10.1.2.3>"])
def test_when_a_contact_cannot_be_called_or_kept_then_the_request_is_bad(contact: str) -> None:
    phone = DeskPhone(PhoneBench())
    assert phone.register(contact).status == 400
    assert phone.bench.store == {}


def test_when_an_older_register_of_the_same_call_comes_late_then_it_fails_whole() -> None:
    phone = DeskPhone(PhoneBench())
    phone.register(HOME)
    stood = phone.bench.store["alice"]
    for contacts, expires in (((WORK, HOME), "600"), ((HOME,), "0"), (("*",), "0")):
        phone.bench.wait(40_000)  # else it would be the same request once more
        late = phone.prove(phone.request(*contacts, expires=expires, cseq=1))
        assert (late.status, late.reason) == (500, "Request Out Of Order")
        assert phone.bench.store["alice"] == stood


def test_when_a_phone_has_started_anew_then_its_new_call_id_counts_from_the_beginning() -> None:
    bench = PhoneBench()
    first = DeskPhone(bench)
    first.cseq = 500
    first.register()
    again = DeskPhone(bench, call_id="reg-2")
    assert contacts_of(again.register(expires="300")) == [f"{HOME};expires=300"]


def test_when_a_register_is_sent_again_then_the_same_response_comes_and_nothing_is_done_twice() -> None:
    phone = DeskPhone(PhoneBench())
    phone.register()
    data = serialise(phone.wallet.authorise(phone.request(HOME)))
    first = phone.bench.ask(data)
    stored = phone.bench.store["alice"]
    phone.bench.wait(500)
    (again,) = phone.bench.receive(data, PHONE)
    assert again == first
    assert not [item for item in phone.bench.news if isinstance(item, ChangeBindings)]
    assert phone.bench.store["alice"] == stored


def test_when_a_register_is_sent_again_while_the_database_works_then_it_is_answered_once() -> None:
    phone = DeskPhone(PhoneBench())
    phone.register()
    data = serialise(phone.wallet.authorise(phone.request(HOME)))
    assert phone.bench.receive(data, PHONE) == []
    assert phone.bench.receive(data, PHONE) == []
    assert len([item for item in phone.bench.news if isinstance(item, ChangeBindings)]) == 1
    (response,) = phone.bench.answer_wishes()
    assert response.status == 200  # type: ignore[union-attr]


def test_when_the_database_is_down_then_500_says_when_to_come_back_and_a_second_word_changes_nothing() -> None:
    phone = DeskPhone(PhoneBench())
    phone.bench.serves_store = False
    response = phone.register()
    assert (response.status, response.headers.get("Retry-After")) == (500, "10")
    assert phone.bench.give(BindingsChanged(1, ())) == []
    phone.bench.serves_store = True
    assert phone.register().status == 200


def test_when_too_many_wait_for_the_database_then_the_next_one_hears_503() -> None:
    bench = PhoneBench()
    phone = DeskPhone(bench)
    phone.register()
    for _ in range(MAX_WAITING):
        assert bench.receive(serialise(phone.wallet.authorise(phone.request(HOME))), PHONE) == []
    (response,) = bench.receive(serialise(phone.wallet.authorise(phone.request(HOME))), PHONE)
    assert response.status == 503  # type: ignore[union-attr]
    assert bench.agent._registrar.waiting == MAX_WAITING


def test_when_a_phone_has_too_many_places_then_the_one_renewed_longest_ago_makes_room() -> None:
    phone = DeskPhone(PhoneBench())
    for contact in (HOME, WORK, CAR, HOME, BOAT):
        phone.bench.wait(1_000)
        phone.register(contact)
    assert {item.contact for item in phone.bench.store["alice"]} == {CAR, HOME, BOAT}
    response = phone.register(HOME, WORK, CAR, BOAT)
    assert (response.status, response.reason) == (403, "Too Many Contacts")


def test_when_times_run_out_then_the_places_are_not_told_any_more() -> None:
    phone = DeskPhone(PhoneBench())
    phone.register(f"{HOME};expires=60", f"{WORK};expires=120")
    phone.bench.wait(60_000)
    assert contacts_of(phone.prove(phone.request(expires=None))) == [f"{WORK};expires=60"]


def test_when_a_device_names_itself_then_its_new_address_replaces_the_old_one() -> None:
    phone = DeskPhone(PhoneBench())
    device = ';+sip.instance="<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>"'
    extra = ("Supported: path, outbound",)
    phone.register(f"<sip:alice@10.1.2.3:5062;ob>;reg-id=1{device}", extra=extra)
    response = phone.register(f"<sip:alice@10.1.2.3:7777;ob>;reg-id=1{device}", extra=extra)
    (contact,) = contacts_of(response)
    assert contact.startswith("<sip:alice@10.1.2.3:7777;ob>;reg-id=1;+sip.instance=")
    assert response.headers.get("Require") == "outbound"
    assert len(contacts_of(phone.register(f"<sip:alice@10.1.2.3:8888;ob>;reg-id=2{device}", extra=extra))) == 2
    assert phone.register(HOME, extra=extra).headers.get("Require") is None


def test_when_a_contact_is_written_in_another_way_then_it_is_the_same_place() -> None:
    phone = DeskPhone(PhoneBench())
    phone.register("<sip:alice@host.EXAMPLE>")
    response = phone.register('"Alice" <sip:alice@HOST.example:5060;transport=udp>')
    assert contacts_of(response) == ["<sip:alice@HOST.example:5060;transport=udp>;expires=600"]


@pytest.mark.parametrize(
    ("source", "contact", "behind_nat"),
    [
        (PHONE, HOME, False),
        (Flow("8.8.8.8", 33_333), HOME, True),
        (PHONE, "<sip:alice@phone.example>", True),
        (Flow("2001:db8::1", 5060), "<sip:alice@[2001:DB8:0::1]>", False),
    ],
)
def test_when_a_contact_does_not_lead_to_where_the_request_came_from_then_only_the_way_back_does(
    source: Flow, contact: str, behind_nat: bool
) -> None:
    wish = _wish(1, "x", source=source, behind_nat=behind_nat)
    bench = PhoneBench()
    bench.guard.know([source.host])
    phone = DeskPhone(bench, source=source)
    assert phone.register(contact).status == 200
    (binding,) = bench.store["alice"]
    assert binding.behind_nat is behind_nat
    assert register((), wish, HOST, RegisterLimits(), NOON).bindings[0].host == source.host


def test_when_an_extension_is_required_that_we_do_not_have_then_it_is_named() -> None:
    phone = DeskPhone(PhoneBench())
    response = phone.send(phone.request(HOME, extra=("Require: path",)))
    assert (response.status, response.headers.get("Unsupported")) == (420, "path")


def _wish(
    cseq: int, call_id: str, *places: tuple[str, int], source: Flow = PHONE, behind_nat: bool = False
) -> RegisterWish:
    return RegisterWish(
        phone="alice",
        places=tuple(
            WishedPlace(place, f"<sip:alice@{place}>", 1_000, expires_s, behind_nat)
            for place, expires_s in places or (("a", 600),)
        ),
        everything=False,
        call_id=call_id,
        cseq=cseq,
        source=source,
        user_agent="",
        is_outbound=False,
    )


def test_when_a_connection_breaks_then_its_place_goes_unless_the_phone_came_back_meanwhile() -> None:
    stream = Flow("10.1.2.3", 40_000, "tcp", 7)
    current = register((), _wish(1, "c", ("a", 600), ("b", 600), source=stream), HOST, RegisterLimits(), NOON).bindings
    assert {item.place for item in without_place(current, current[0])} == {"b"}
    again = replace(stream, connection=8)
    renewed = register(current, _wish(2, "c", ("a", 600), source=again), HOST, RegisterLimits(), NOON).bindings
    assert without_place(renewed, current[0]) == renewed
    (taken,) = [
        item for item in moved(current, current[0], Host("process-2", "192.0.2.9:5060"), 3) if item.place == "a"
    ]
    assert (taken.owner, taken.route, taken.connection) == ("process-2", "192.0.2.9:5060", 3)


def test_when_places_are_called_then_the_preferred_one_comes_first_and_among_equals_the_last_renewed() -> None:
    current: Bindings = ()
    for at, place in enumerate("abc"):
        moment = NOON + timedelta(seconds=at)
        current = register(current, _wish(at, place, (place, 600)), HOST, RegisterLimits(), moment).bindings
    current = tuple(replace(item, q=500) if item.place == "c" else item for item in current)
    assert [item.place for item in by_preference(current)] == ["b", "a", "c"]


STEPS = st.tuples(
    st.sampled_from(["call-1", "call-2"]),
    st.integers(1, 6),
    st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from([0, 60, 600])), min_size=1, max_size=4),
    st.booleans(),
    st.integers(0, 100),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(STEPS, max_size=25))
def test_when_registers_come_in_any_order_then_each_is_done_whole_or_not_at_all(
    steps: list[tuple[str, int, list[tuple[str, int]], bool, int]],
) -> None:
    limits = RegisterLimits(contacts=3)
    current: Bindings = ()
    now = NOON
    for call_id, cseq, places, everything, pause_s in steps:
        now += timedelta(seconds=pause_s)
        wish = _wish(cseq, call_id, *dict(places).items())
        if everything:
            wish = replace(wish, places=(), everything=True)
        standing = without_expired(current, now)
        outcome = register(current, wish, HOST, limits, now)
        concerned = {item.place for item in standing} if everything else {item.place for item in wish.places}
        late = [item for item in standing if item.place in concerned and item.call_id == call_id and cseq <= item.cseq]
        assert outcome.is_late == bool(late)
        if outcome.is_late:
            assert outcome.bindings == current
            continue
        after = {item.place: item for item in outcome.bindings}
        assert len(after) == len(outcome.bindings) <= limits.contacts
        assert all(item.expires_utc > now for item in outcome.bindings)
        gone = concerned if everything else {place for place, expires_s in dict(places).items() if not expires_s}
        assert not gone & after.keys()
        for wished in wish.places:
            if wished.place in after and wished.expires_s:
                assert (after[wished.place].cseq, after[wished.place].call_id) == (cseq, call_id)
        for item in standing:
            if item.place not in concerned and item.place in after:
                assert after[item.place] == item
        current = outcome.bindings


EDITS = st.lists(st.tuples(st.integers(0, 1500), st.integers(0, 30), st.binary(max_size=12)), min_size=1, max_size=4)


@settings(max_examples=200, deadline=None)
@given(EDITS)
def test_when_a_proven_register_is_damaged_anywhere_then_nothing_raises_and_it_is_answered_at_most_once(
    edits: list[tuple[int, int, bytes]],
) -> None:
    phone = DeskPhone(PhoneBench())
    phone.register()
    data = serialise(phone.wallet.authorise(phone.request(HOME, f"{WORK};q=0.3;expires=90")))
    for at, length, new in edits:
        start = at % (len(data) + 1)
        data = data[:start] + new + data[start + length :]
    sent = [*phone.bench.receive(data, PHONE), *phone.bench.answer_wishes()]
    assert len(sent) <= 1
    assert all(item.contact.isprintable() for item in phone.bench.store["alice"])
    phone.bench.wait(100_000)
    assert phone.bench.agent.open_transactions == 0
