"""Who is at a page of the desk: the one place that asks the door."""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.requests import HTTPConnection

from calls.ids import LANGUAGES, Language
from service.staff_door import member_of

_NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """A member of staff as the desk knows them."""

    name: str
    """Empty for somebody who looks on and is no agent."""
    display_name: str = ""
    languages: tuple[Language, ...] = LANGUAGES
    skills: tuple[str, ...] = ()
    phone: str = ""
    """Where they are rung, of those who work with a telephone."""


def who(connection: HTTPConnection) -> Who:
    """Return who was let in by the route.

    A program says by `agent`, `languages` and `skills` of its address for whom it works, e.g. a desk of the company's
    own; without it looks on.
    """
    member = member_of(connection)
    if member.is_person:
        profile = member.profile
        return Who(
            name=member.name,
            display_name=profile.display_name,
            languages=profile.languages or LANGUAGES,
            skills=profile.skills,
            phone=profile.phone,
        )
    asked = connection.query_params
    name = asked.get("agent", "")
    if member.role != "program" or not _NAME.fullmatch(name):
        return Who(name="")
    languages = tuple(language for language in LANGUAGES if language in asked.get("languages", "es,en").split(","))
    skills = tuple(skill for skill in asked.get("skills", "").split(",") if skill)[:30]
    return Who(name=name, languages=languages or LANGUAGES, skills=skills)
