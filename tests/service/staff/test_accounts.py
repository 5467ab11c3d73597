"""Accounts, sessions and guesses, on both databases."""

from __future__ import annotations

import threading
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from calls.errors import CallCentreError
from records.keys import MasterKey
from records.store import EventStore
from service.staff.accounts import SESSION_S, StaffAccounts, TooManyGuessesError, WrongPasswordError
from service.staff.member import LINK, Profile
from tests.service.staff.conftest import ToldClock
from tests.staff_office import PASSWORD

HERE, ELSEWHERE = "192.0.2.1", "203.0.113.9"
WRONG = "wrong horse battery"


def kinds(staff: StaffAccounts) -> list[str]:
    return [fact["body"]["type"].removeprefix("staff_") for fact in reversed(staff.audit.read().facts)]


def refusal(work: object) -> str:
    with pytest.raises(CallCentreError) as refused:
        work()  # type: ignore[operator]
    return refused.value.code


def test_when_a_member_signs_in_then_the_session_is_theirs_until_the_day_is_over(
    staff: StaffAccounts, clock: ToldClock
) -> None:
    opened = staff.sign_in(" BEN ", PASSWORD, HERE, "", "")
    found = staff.who(opened.session)
    assert found is not None
    assert (found.name, found.role, found.profile.languages) == ("ben", "agent", ("es",))
    clock.ms = SESSION_S * 1000 - 1
    assert staff.who(opened.session) is not None
    clock.ms += 1
    assert staff.who(opened.session) is None
    assert staff.who("") is None
    assert staff.who("x" * 5000) is None


def test_when_the_tables_are_read_then_neither_password_nor_session_nor_display_name_stands_there(
    staff: StaffAccounts, store: EventStore
) -> None:
    opened = staff.sign_in("ben", PASSWORD, HERE, "", "")
    tables = ("staff_accounts", "staff_sessions", "staff_attempts", "events")
    with store.engine.connect() as connection:
        everything = "".join(
            str(row) for table in tables for row in connection.execute(sa.text(f"SELECT * FROM {table}"))
        )
    for secret in (PASSWORD, opened.session, "Ben O.", HERE):
        assert secret not in everything


def test_when_a_session_is_opened_then_the_one_that_the_browser_had_is_over(staff: StaffAccounts) -> None:
    planted = staff.sign_in("ben", PASSWORD, HERE, "", "").session
    opened = staff.sign_in("ada", PASSWORD, HERE, "", planted)
    assert opened.session != planted
    assert staff.who(planted) is None


def test_when_passwords_are_wrong_then_the_account_waits_longer_each_time_and_the_right_one_too(
    staff: StaffAccounts, clock: ToldClock
) -> None:
    for _ in range(5):
        with pytest.raises(WrongPasswordError):
            staff.sign_in("ben", WRONG, HERE, "", "")
    waits = []
    for _ in range(8):
        with pytest.raises(TooManyGuessesError) as refused:
            staff.sign_in("ben", PASSWORD, ELSEWHERE, "", "")
        waits.append(refused.value.wait_s)
        clock.ms += refused.value.wait_s * 1000
        with pytest.raises(WrongPasswordError):
            staff.sign_in("ben", WRONG, ELSEWHERE, "", "")
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900]
    clock.ms += 900_000
    assert staff.sign_in("ben", PASSWORD, HERE, "", "").member.name == "ben"
    with pytest.raises(WrongPasswordError):
        staff.sign_in("ben", WRONG, HERE, "", "")  # success began anew


def test_when_an_account_is_guessed_at_then_the_browser_that_signed_in_before_still_gets_in(
    staff: StaffAccounts,
) -> None:
    known = staff.sign_in("ben", PASSWORD, HERE, "", "").device
    for _ in range(5):
        with pytest.raises(WrongPasswordError):
            staff.sign_in("ben", WRONG, ELSEWHERE, "", "")
    with pytest.raises(TooManyGuessesError):
        staff.sign_in("ben", PASSWORD, ELSEWHERE, "", "")
    with pytest.raises(TooManyGuessesError):
        staff.sign_in("ben", PASSWORD, HERE, staff.sign_in("ada", PASSWORD, HERE, "", "").device, "")
    assert staff.sign_in("ben", PASSWORD, HERE, known, "").member.name == "ben"


def test_when_many_names_are_tried_from_one_address_then_it_waits_and_names_tell_nothing(
    staff: StaffAccounts,
) -> None:
    said = set()
    for number in range(20):
        with pytest.raises(WrongPasswordError) as refused:
            staff.sign_in("ben" if number == 3 else f"nobody{number}", WRONG, "2001:db8::1", "", "")
        said.add(refused.value.message)
    assert len(said) == 1
    with pytest.raises(TooManyGuessesError):
        staff.sign_in("ada", PASSWORD, "2001:db8::2", "", "")  # of the same /64
    assert staff.sign_in("ada", PASSWORD, HERE, "", "").member.name == "ada"


def test_when_a_name_has_no_account_then_it_is_locked_like_one_that_has(staff: StaffAccounts) -> None:
    answers: dict[str, list[str]] = {"ben": [], "zoe": []}
    for name, told in answers.items():
        for _ in range(7):
            address = f"192.0.2.{len(told)}"
            told.append(refusal(partial(staff.sign_in, name, WRONG, address, "", "")))
    assert answers["ben"] == answers["zoe"] == ["staff.wrong"] * 5 + ["staff.too_many"] * 2


def test_when_many_guess_at_the_same_moment_then_no_more_are_looked_at_than_are_free(staff: StaffAccounts) -> None:
    told: list[str] = []

    def guess(number: int) -> None:
        told.append(refusal(lambda: staff.sign_in("ben", WRONG, f"192.0.2.{number}", "", "")))

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["staff.too_many"] * 7 + ["staff.wrong"] * 5


def test_when_a_password_is_changed_then_all_else_is_closed_and_the_old_one_opens_nothing(
    staff: StaffAccounts,
) -> None:
    first, other = (staff.sign_in("ben", PASSWORD, HERE, "", "") for _ in range(2))
    assert refusal(lambda: staff.change_own_password(first.member, WRONG, "a river of kettles", HERE)) == "staff.wrong"
    opened = staff.change_own_password(first.member, PASSWORD, "a river of kettles", HERE)
    assert staff.who(first.session) is None
    assert staff.who(other.session) is None
    assert staff.who(opened.session) is not None
    with pytest.raises(WrongPasswordError):
        staff.sign_in("ben", PASSWORD, HERE, "", "")


def test_when_a_role_is_changed_or_somebody_is_removed_then_what_they_have_open_is_closed(
    staff: StaffAccounts,
) -> None:
    opened = staff.sign_in("ben", PASSWORD, HERE, "", "")
    staff.set_role("ben", "supervisor", "ada")
    assert staff.who(opened.session) is None
    opened = staff.sign_in("ben", PASSWORD, HERE, "", "")
    assert opened.member.role == "supervisor"
    staff.remove("ben", "ada")
    assert staff.who(opened.session) is None
    with pytest.raises(WrongPasswordError):
        staff.sign_in("ben", PASSWORD, HERE, "", "")
    again = refusal(lambda: staff.add("ben", "agent", Profile(display_name="Ben"), PASSWORD, "ada"))
    assert again == "staff.taken", "what a name did before stays its own"
    assert [account.name for account in staff.all()] == ["ada"]


def test_when_the_last_admin_would_go_then_they_stay(staff: StaffAccounts) -> None:
    assert refusal(lambda: staff.set_role("ada", "agent", "ada")) == "staff.last_admin"
    assert refusal(lambda: staff.remove("ada", "ada")) == "staff.last_admin"
    staff.set_role("ben", "admin", "ada")
    staff.remove("ada", "ben")
    assert [account.name for account in staff.all()] == ["ben"]


@pytest.mark.parametrize(
    "weak",
    [
        *("short", "passwordpassword", "P4ssw0rd2026!", "Warmline2026!!", "Contraseña1234", "verano2026verano"),
        *(
            "qwertyuiop123456",
            "123456789012",
            "8472938471023",
            "aaaaaaaaaaaa",
            "benbenbenben",
            "abcd1234efgh",
            "x" * 257,
        ),
    ],
)
def test_when_a_password_is_among_the_first_that_are_tried_then_it_is_not_taken(
    staff: StaffAccounts, weak: str
) -> None:
    assert refusal(lambda: staff.set_password("ben", weak, "ada")) == "staff.weak_password"


@pytest.mark.parametrize(
    "good", ["correct horse battery", "mi perro come 7 tortillas", "tr4b4jo-con-madera", "ñandú de tela"]
)
def test_when_a_password_is_nobodys_first_guess_then_it_is_taken(staff: StaffAccounts, good: str) -> None:
    staff.set_password("ben", good, "ada")
    assert staff.sign_in("ben", good, HERE, "", "").member.name == "ben"


def test_when_somebody_else_makes_a_password_then_it_has_to_be_changed(staff: StaffAccounts) -> None:
    once = staff.set_password("ben", None, "ada")
    opened = staff.sign_in("ben", once, HERE, "", "")
    assert opened.member.must_change
    assert not staff.change_own_password(opened.member, once, "a river of kettles", HERE).member.must_change


@pytest.mark.parametrize("name", ["", "a", "Ada Lovelace", "../x", "link", "program", "command", "9to5", "x" * 33])
def test_when_a_name_cannot_be_one_then_nobody_gets_it(staff: StaffAccounts, name: str) -> None:
    assert refusal(lambda: staff.add(name, "agent", Profile(display_name="X"), PASSWORD, "ada")) == "staff.bad_name"


@pytest.mark.parametrize(
    "profile",
    [
        Profile(display_name=" "),
        Profile(display_name="a\u202eb"),
        Profile(display_name="A", skills=("two words",)),
        Profile(display_name="A", phone="javascript:alert(1)"),
        Profile(display_name="A", languages=("fr",)),  # type: ignore[arg-type]
    ],
)
def test_when_a_profile_cannot_be_one_then_it_is_not_kept(staff: StaffAccounts, profile: Profile) -> None:
    assert refusal(lambda: staff.set_profile("ben", profile, "ada")) == "staff.bad_profile"


def test_when_things_happen_then_each_is_a_fact_and_another_process_reads_it(
    staff: StaffAccounts, store: EventStore, url: str, clock: ToldClock
) -> None:
    staff.sign_in("ben", PASSWORD, HERE, "", "")
    refusal(lambda: staff.sign_in("zoe-or-a-password", WRONG, HERE, "", ""))
    staff.audit.looked("ben", "customer", "c1")
    staff.audit.looked("ben", "customer", "c1")
    staff.audit.looked("ben", "recording", "k1")
    staff.set_role("ben", "qa", "ada")
    wanted = ["added", "added", "signed_in", "sign_in_refused", "looked", "looked", "role_set", "signed_out"]
    assert kinds(staff) == wanted
    other = EventStore(url, MasterKey(bytes(range(32))))
    try:
        elsewhere = StaffAccounts(other, clock)
        elsewhere.audit.looked("ada", "customer", "c1")
        assert kinds(elsewhere) == [*wanted, "looked"]
        facts = elsewhere.audit.read().facts
        assert "zoe" not in str(facts), "what is typed for a name may be a password"
        assert any(fact["body"].get("address") == HERE for fact in facts)
        page = elsewhere.audit.read(limit=3)
        assert [len(page.facts), page.before is None] == [3, False]
        rest = elsewhere.audit.read(before=page.before, limit=50)
        assert [*page.facts, *rest.facts] == facts
        later = clock.now_utc() + timedelta(seconds=1)
        assert elsewhere.audit.read(since_utc=later).facts == []
    finally:
        other.close()


def test_when_one_process_lets_somebody_in_then_the_others_know_them_and_their_guesses(
    staff: StaffAccounts, url: str, clock: ToldClock
) -> None:
    other = EventStore(url, MasterKey(bytes(range(32))))
    try:
        elsewhere = StaffAccounts(other, clock)
        opened = staff.sign_in("ben", PASSWORD, HERE, "", "")
        found = elsewhere.who(opened.session)
        assert found is not None
        assert found.name == "ben"
        for number in range(5):
            who = (staff, elsewhere)[number % 2]
            refusal(partial(who.sign_in, "ben", WRONG, HERE, "", ""))
        assert refusal(lambda: elsewhere.sign_in("ben", PASSWORD, ELSEWHERE, "", "")) == "staff.too_many"
        assert elsewhere.unlock("ben", "ada")
        assert not staff.unlock("ben", "ada")
        assert elsewhere.sign_in("ben", PASSWORD, HERE, "", "").member.name == "ben"
        assert elsewhere.sign_out_everywhere("ben", "ada") == 2
        assert staff.who(opened.session) is None
    finally:
        other.close()


def test_when_somebody_guesses_on_and_on_then_the_facts_do_not_pile_up(staff: StaffAccounts) -> None:
    for _ in range(40):
        refusal(lambda: staff.sign_in("ben", WRONG, HERE, "", ""))
    assert kinds(staff).count("sign_in_refused") == 6


def test_when_nobody_has_an_account_then_a_link_is_an_admin_and_the_first_account_ends_it(
    store: EventStore, clock: ToldClock
) -> None:
    staff = StaffAccounts(store, clock)
    opened, other = staff.open_by_link(HERE, ""), staff.open_by_link(HERE, "")
    assert opened is not None
    assert other is not None
    assert (opened.member.name, opened.member.role, opened.member.is_person) == (LINK, "admin", False)
    first = staff.first_admin(opened.member, "ada", Profile(display_name="Ada"), PASSWORD)
    assert first.member.name == "ada"
    assert staff.who(opened.session) is None
    assert staff.who(other.session) is None
    assert staff.open_by_link(HERE, "") is None
    late = refusal(lambda: staff.first_admin(other.member, "eve", Profile(display_name="Eve"), PASSWORD))
    assert late == "staff.not_first"
