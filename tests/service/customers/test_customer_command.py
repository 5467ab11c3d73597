"""`warmline customer`: import from CSV, find, join, export, erase, as an operator types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from service.cli import main

GOOD = """\
account;name;phone;email;language;slower
LU1234567;Ana García;600 12 34 56;Ana@Example.com;es;yes
;Ben Smith;+442079460018;;en;
;Carla Ruiz;600 12 34 56;;;
"""


class Shell:
    """The command line over a data folder."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.config = folder / "warmline.toml"
        self.config.write_text(f'data_dir = "{folder / "data"}"\n')
        self._capsys = capsys

    def run(self, *arguments: str, wanted: int = 0) -> str:
        code = main(["customer", "--config", str(self.config), *arguments])
        told = self._capsys.readouterr()
        assert code == wanted, told
        return told.out + told.err

    def bring(self, text: str, wanted: int = 0) -> str:
        path = self.folder / "customers.csv"
        path.write_text(text, encoding="utf-8")
        return self.run("import", str(path), wanted=wanted)

    def id_of(self, *words: str) -> str:
        return self.run("find", *words).split()[0]


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path, capsys)


def test_when_a_file_is_imported_twice_then_the_second_time_changes_nothing(shell: Shell) -> None:
    assert shell.bring(GOOD) == "3 new, 0 changed, 0 unchanged.\n"
    assert shell.bring(GOOD) == "0 new, 0 changed, 3 unchanged.\n"
    more = GOOD.replace("Ana@Example.com", "ana.garcia@example.com").replace("\n;Ben", "\n;Ben")
    assert shell.bring(more) == "0 new, 1 changed, 2 unchanged.\n"
    shown = shell.run("show", shell.id_of("garcia"))
    assert "ana@example.com" in shown
    assert "ana.garcia@example.com" in shown
    assert "wish       slower: yes" in shown


def test_when_lines_are_wrong_then_each_is_told_by_its_number_and_nothing_is_written(shell: Shell) -> None:
    bad = GOOD + "LU1;Eva;12;;;\n;;;;;\n;Fay;;nonsense;fr;\n;Gus\n;;;;es;\n"
    told = shell.bring(bad, wanted=1)
    assert "line 5: That is no telephone number" in told
    assert "line 7: That is no e-mail address" in told
    assert "line 8: 2 columns instead of 6" in told
    assert "line 9: Nothing says who it is" in told
    assert "Nothing was imported" in told
    shell.run("find", "garcia", wanted=1)


def test_when_cells_are_odd_then_the_line_of_the_file_is_named_and_nothing_is_lost(shell: Shell) -> None:
    bad = (
        'name,phone,language\r\n"Ruiz, Ana",600 123 456,es\r\n"Eva\nSoler",600 123 457,es\r\n'
        "Ben,600 123 458,xx\r\nFay\x00,600 123 459,es\r\n" + "N" * 300 + ",600 123 460,es\r\n"
    )
    told = shell.bring(bad, wanted=1)
    assert "line 4: The name holds a line break" in told
    assert "line 5: The preference cannot be kept: language is one of" in told
    assert "line 6: The name holds a line break or another sign that cannot be printed." in told
    assert "line 7: The name is longer than 254 characters." in told
    shell.run("find", "ruiz", wanted=1)
    assert "is no CSV file, line 2" in shell.bring('name,phone\n"Ana"x,600123456\n', wanted=1)
    mended = '\ufeffname,phone,language\r\n"Ruiz, Ana",600 123 456,es\r\n"Soler ""Eva"" \u2028 Ñ",600 123 457,es\r\n'
    assert shell.bring(mended) == "2 new, 0 changed, 0 unchanged.\n"
    assert "Ruiz, Ana" in shell.run("find", "600123456")
    assert 'Soler "Eva"' in shell.run("find", "600123457")


def test_when_a_name_was_mended_elsewhere_then_it_is_taken_but_not_over_what_people_said(shell: Shell) -> None:
    shell.bring("account,name\nLU1234567,Ana Ruis\n")
    assert shell.bring("account,name\nLU1234567,Ana Ruiz\n") == "0 new, 1 changed, 0 unchanged.\n"
    assert "Ana Ruiz" in shell.run("find", "LU1234567")
    assert shell.bring("account,name\nLU1234567,Ana Ruiz\n") == "0 new, 0 changed, 1 unchanged.\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty"),
        ("nmae,phone\nAna,600123456\n", "there is no column 'nmae'"),
        ("language\nes\n", "no column says who it is"),
        ("name,name\nAna,Ana\n", "a column stands twice"),
    ],
)
def test_when_the_header_is_wrong_then_the_sentence_says_what_is_possible(shell: Shell, text: str, why: str) -> None:
    assert why in shell.bring(text, wanted=1)


def test_when_the_file_is_not_there_then_a_sentence_says_so(shell: Shell) -> None:
    assert "cannot be read" in shell.run("import", str(shell.folder / "none.csv"), wanted=1)


def test_when_pairs_are_listed_then_people_can_join_and_part_them(shell: Shell) -> None:
    shell.bring("name,phone\nAna García,600123456\nAna García Gil,600123456\n")
    assert "Mismo teléfono" in shell.run("pairs", "--language", "es")
    one, other = (line.split()[0] for line in shell.run("find", "ana").splitlines())
    join_id = shell.run("join", one, other, "--reason", "saw the card").split()[2].rstrip(";")
    assert f"joined     {join_id}" in shell.run("show", one)
    assert "Parted" in shell.run("part", join_id)
    assert len(shell.run("find", "ana").splitlines()) == 2


def test_when_a_person_is_exported_and_erased_then_the_file_is_theirs_and_the_record_is_gone(shell: Shell) -> None:
    shell.bring(GOOD)
    ana = shell.id_of("ana@example.com")
    out = shell.folder / "ana.json"
    shell.run("export", ana, str(out))
    assert json.loads(out.read_text(encoding="utf-8"))["person"]["name"] == "Ana García"
    assert out.stat().st_mode & 0o077 == 0
    assert "Erased: 1 records" in shell.run("erase", ana, "--yes")
    shell.run("show", ana, wanted=1)
    shell.run("find", "garcia", wanted=1)
    assert "2 records from" in shell.run("rebuild")
    assert "Carla" in shell.run("find", "600123456")


def test_when_a_backup_from_before_is_brought_back_then_an_erased_person_stays_away(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.bring(GOOD)
    ana = shell.id_of("ana@example.com")
    file = shell.folder / "before.tar"
    assert main(["backup", "--config", str(shell.config), str(file)]) == 0
    shell.run("erase", ana, "--yes")
    assert main(["restore", "--config", str(shell.config), str(file), "--overwrite"]) == 0
    capsys.readouterr()
    shell.run("find", "garcia", wanted=1)
    shell.run("find", "ana@example.com", wanted=1)
    assert "Ben" in shell.run("find", "smith")
