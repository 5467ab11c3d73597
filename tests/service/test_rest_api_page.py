"""The page on the REST API: its lines are run as they stand, with curl, against the running service."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.staff_office import Office, opened_office

pytestmark = [pytest.mark.peer, pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")]

PAGE = Path(__file__).parents[2] / "docs" / "rest-api.md"
TOKEN = {"authorization": "Bearer programs"}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with opened_office(tmp_path_factory.mktemp("office")) as opened:
        yield opened


def run(office: Office, folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "WARMLINE": office.base_url, "TOKEN": "programs", "no_proxy": "127.0.0.1"}
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_when_the_lines_of_the_page_are_run_then_each_does_what_it_says(office: Office, tmp_path: Path) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    *before, rights = blocks
    told = '\necho; api GET "/api/customers/$ANA"; echo; echo "$ANA"'
    done = run(office, tmp_path, "\n".join(before) + told)
    assert done.returncode == 0, done.stderr + done.stdout[-2_000:]
    *_, shown, customer_id = done.stdout.splitlines()
    customer = json.loads(shown)
    assert customer["name"] == "Ana Ruiz"
    assert {(each["kind"], each["value"]) for each in customer["identifiers"]} == {
        ("phone", "+34600123456"),
        ("email", "ana@example.net"),
        ("account", "48210930"),
    }
    assert {(each["name"], each["value"]) for each in customer["preferences"] if each["value"]} == {
        ("language", "es"),
        ("slower", "yes"),
        ("channel", "email"),
    }
    assert customer["do_not_contact"] is False
    assert customer["customer_ids"] == [customer_id], "the two were parted again"
    assert [(case["subject"], case["status"]) for case in customer["cases"]] == [
        ("High bill in March", "waiting_for_us")
    ]

    rights = f'ANA={customer_id}\n{blocks[0]}\n{rights}\necho; api GET "/api/customers/$ANA"'
    over = run(office, tmp_path, rights)
    assert over.returncode != 0, "the person is not there any more"
    assert "404" in over.stderr
    assert "There is no such customer record, or the person was erased." in over.stdout
    export = json.loads((tmp_path / "ana.json").read_text(encoding="utf-8"))
    assert export["person"]["name"] == "Ana Ruiz"
    assert "Prefers to be called Anita." in json.dumps(export)


def test_when_a_path_stands_on_the_page_then_the_description_has_it_with_its_body_and_who_may(office: Office) -> None:
    described = httpx.get(f"{office.base_url}/api/openapi.json", headers=TOKEN, trust_env=False).json()
    assert described["openapi"].startswith("3.1")
    assert described["security"] == [{"token": []}, {"session": []}]
    assert described["components"]["securitySchemes"]["token"] == {"type": "http", "scheme": "bearer"}
    assert '"timeline": {"items"' in described["info"]["description"], "answers are described"
    named = {
        (method.lower(), re.sub(r"\$\w+", "{}", path))
        for method, path in re.findall(r'api (\w+) "?(/api/[\w/$.-]+)', PAGE.read_text(encoding="utf-8"))
    }
    known = {
        (method, re.sub(r"\{\w+\}", "{}", path)): operation
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
    }
    assert len(named) >= 18
    for each in sorted(named):
        assert each in known, each
        assert known[each]["description"]
        assert each[0] == "get" or known[each]["requestBody"]["content"]["application/json"]["schema"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "sentence"),
    [
        ("POST", "/api/customers", {"identifiers": [{"kind": "phone", "value": "12"}]}, 400, "Write it with +"),
        ("POST", "/api/customers", {"nome": "Ana"}, 422, "nome"),
        ("GET", "/api/customers/nobody", None, 404, "There is no such customer record"),
        ("PUT", "/api/cases/nobody/status", {"status": "open"}, 404, ""),
        ("GET", "/api/customers/nobody/changes?limit=900", None, 422, "limit"),
    ],
)
def test_when_a_program_asks_wrongly_then_the_answer_says_what_is_wrong(
    office: Office, method: str, path: str, body: object, status: int, sentence: str
) -> None:
    url = office.base_url + path
    assert httpx.request(method, url, json=body, trust_env=False).status_code in (401, 403)
    answer = httpx.request(method, url, json=body, headers=TOKEN, trust_env=False)
    assert answer.status_code == status, answer.text
    assert sentence in answer.text
