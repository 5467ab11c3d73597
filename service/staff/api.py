"""Signing in, one's own account, the accounts of others, and who did what: `/api/staff/…`.

Annotations are evaluated here, since FastAPI finds the gate's dependencies, which are local, in them.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from pydantic import BaseModel, Field, SecretStr
from starlette.responses import JSONResponse

from calls.errors import CallCentreError
from calls.ids import Language
from service.staff.accounts import Opened, StaffAccounts, TooManyGuessesError, WrongPasswordError
from service.staff.member import LINK, PEOPLE, Profile, StaffMember
from service.staff.tables import Account
from service.staff_door import (
    DEVICE_COOKIE,
    Gate,
    address_of,
    cookie_name,
    give_session,
    must_be_our_page,
    session_of,
)

Done = TypeVar("Done")

AT_ONCE, WAITING = 1, 20
"""How many passwords are looked at together, and how many may wait for it. Source: our choice: 25 ms each of a
processor that calls need too; half a second is the longest wait."""
BUSY_RETRY_S = 2

Password = Annotated[SecretStr, Field(min_length=1, max_length=256)]


class SignIn(BaseModel):
    """Name and password."""

    name: str = Field(min_length=1, max_length=64)
    password: Password


class ProfileIn(BaseModel):
    """What others see of a member, and what calls reach them by."""

    display_name: str = Field(min_length=1, max_length=64)
    languages: list[Language] = Field(default_factory=list, max_length=10)
    skills: list[Annotated[str, Field(max_length=32)]] = Field(default_factory=list, max_length=30)
    phone: str = Field(default="", max_length=128)

    def profile(self) -> Profile:
        """Return it as the accounts know it."""
        return Profile(
            display_name=self.display_name,
            languages=tuple(self.languages),
            skills=tuple(self.skills),
            phone=self.phone,
        )


class FirstAdmin(BaseModel):
    """The first account."""

    name: str = Field(min_length=1, max_length=64)
    display_name: str = Field(min_length=1, max_length=64)
    password: Password


class NewMember(ProfileIn):
    """An account for somebody else."""

    name: str = Field(min_length=1, max_length=64)
    role: str = Field(max_length=16)


class RoleIn(BaseModel):
    """What a member may do."""

    role: str = Field(max_length=16)


class OwnPassword(BaseModel):
    """The password that one has and the one that one wants."""

    current: Password
    wanted: Password


class Turns:
    """Who looks at a password, one after the other."""

    def __init__(self) -> None:
        """Nobody waits."""
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def run(self, work: Callable[[], Done]) -> Done:
        """Run what looks at a password.

        Raises:
            HTTPException: 503 when too many wait.
        """
        if self._waiting >= WAITING:
            raise HTTPException(503, "Many are signing in; try again.", {"Retry-After": str(BUSY_RETRY_S)})
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1


def staff_routes(gate: Gate, accounts: StaffAccounts) -> APIRouter:
    """Return the routes."""
    router, turns = APIRouter(prefix="/api/staff"), Turns()
    _add_own(router, gate, accounts, turns)
    _add_members(router, gate, accounts, turns)
    return router


def _add_own(router: APIRouter, gate: Gate, accounts: StaffAccounts, turns: Turns) -> None:
    from_here = [Depends(gate.from_here)]
    own = gate.needs(*PEOPLE, even_with_old_password=True)

    def opened(session: Opened, request: Request) -> Response:
        answer = JSONResponse(me_of(session.member))
        give_session(answer, session, request)
        return answer

    @router.get("/door", dependencies=from_here)
    def door() -> dict[str, bool]:
        """Whether somebody has an account: what the page shows who is not in."""
        return {"any_account": accounts.any_account()}

    @router.post("/sign-in", dependencies=from_here)
    async def sign_in(given: SignIn, request: Request) -> Response:
        """Exchange name and password for a session (a cookie)."""
        must_be_our_page(request)
        device, old = request.cookies.get(DEVICE_COOKIE, "")[:200], session_of(request)
        secret = given.password.get_secret_value()
        try:
            session = await turns.run(partial(accounts.sign_in, given.name, secret, address_of(request), device, old))
        except (WrongPasswordError, TooManyGuessesError) as error:
            return refused(error)
        return opened(session, request)

    @router.post("/first")
    async def first(
        given: FirstAdmin, request: Request, member: Annotated[StaffMember, Depends(gate.needs("admin"))]
    ) -> Response:
        """Make the first account and sign it in: for who opened a link of the operator."""
        if member.name != LINK:
            raise HTTPException(409, "Somebody has an account already.")
        profile = Profile(display_name=given.display_name)
        secret = given.password.get_secret_value()
        session = await turns.run(partial(accounts.first_admin, member, given.name, profile, secret))
        return opened(session, request)

    @router.get("/me")
    def me(member: Annotated[StaffMember, Depends(own)]) -> dict[str, Any]:
        """Who asks."""
        return me_of(member)

    @router.post("/password")
    async def password(given: OwnPassword, request: Request, member: Annotated[StaffMember, Depends(own)]) -> Response:
        """Change one's own password; all other sessions end."""
        if not member.is_person:
            raise HTTPException(409, "This session has no password; make the first account.")
        current, wanted = given.current.get_secret_value(), given.wanted.get_secret_value()
        try:
            session = await turns.run(
                partial(accounts.change_own_password, member, current, wanted, address_of(request))
            )
        except (WrongPasswordError, TooManyGuessesError) as error:
            return refused(error)
        return opened(session, request)

    @router.post("/sign-out", status_code=204)
    def sign_out(request: Request, response: Response, member: Annotated[StaffMember, Depends(own)]) -> None:
        """End this session."""
        accounts.sign_out(member)
        response.delete_cookie(cookie_name(request), httponly=True, samesite="strict")

    @router.post("/sign-out-everywhere")
    def everywhere(
        request: Request, response: Response, member: Annotated[StaffMember, Depends(own)]
    ) -> dict[str, int]:
        """End all of one's own sessions, this one too."""
        ended = accounts.sign_out_everywhere(member.name, member.name)
        response.delete_cookie(cookie_name(request), httponly=True, samesite="strict")
        return {"sessions": ended}


def _add_members(router: APIRouter, gate: Gate, accounts: StaffAccounts, turns: Turns) -> None:
    person = gate.needs(*PEOPLE)
    lead, admin = gate.needs("supervisor", "admin"), gate.needs("admin")

    @router.get("/members")
    def members(_: Annotated[StaffMember, Depends(lead)]) -> list[dict[str, Any]]:
        """Who works here."""
        return [shown(account) for account in accounts.all()]

    @router.post("/members", status_code=201)
    async def add(given: NewMember, member: Annotated[StaffMember, Depends(admin)]) -> dict[str, Any]:
        """Give somebody an account; the password is shown this once and has to be changed at the first sign-in."""
        work = partial(accounts.add, given.name, given.role, given.profile(), None, member.name)
        once = await turns.run(work)
        account = await asyncio.to_thread(accounts.member, given.name.strip().lower())
        return {**shown(account), "password": once}

    @router.put("/members/{name}/profile", status_code=204)
    def profile(name: str, given: ProfileIn, member: Annotated[StaffMember, Depends(admin)]) -> None:
        """Change what others see of a member, and what calls reach them by."""
        accounts.set_profile(name, given.profile(), member.name)

    @router.put("/members/{name}/role", status_code=204)
    def role(name: str, given: RoleIn, member: Annotated[StaffMember, Depends(admin)]) -> None:
        """Let a member do something else; what is open with the old role is closed."""
        accounts.set_role(name, given.role, member.name)

    @router.post("/members/{name}/password")
    async def new_password(name: str, member: Annotated[StaffMember, Depends(admin)]) -> dict[str, str]:
        """Give a member another password, shown this once; what is open is closed."""
        return {"password": await turns.run(partial(accounts.set_password, name, None, member.name))}

    @router.post("/members/{name}/unlock")
    def unlock(name: str, member: Annotated[StaffMember, Depends(admin)]) -> dict[str, bool]:
        """Forget wrong passwords that were counted against a member."""
        return {"was_counted": accounts.unlock(name, member.name)}

    @router.post("/members/{name}/sign-out")
    def sign_out_member(name: str, member: Annotated[StaffMember, Depends(admin)]) -> dict[str, int]:
        """End all sessions of a member."""
        accounts.member(name)
        return {"sessions": accounts.sign_out_everywhere(name, member.name)}

    @router.delete("/members/{name}", status_code=204)
    def remove(name: str, member: Annotated[StaffMember, Depends(admin)]) -> None:
        """Close an account for good."""
        accounts.remove(name, member.name)

    @router.get("/audit")
    def audit(
        _: Annotated[StaffMember, Depends(admin)],
        before: int | None = None,
        since: datetime | None = None,
        limit: int = 100,
    ) -> dict[str, Any]:
        """Who did what, newest first."""
        if since is not None and since.tzinfo is None:
            raise HTTPException(422, "A time needs its zone, for example 2026-11-30T00:00:00Z.")
        page = accounts.audit.read(before=before, since_utc=since, limit=min(max(limit, 1), 500))
        return {"facts": page.facts, "before": page.before}

    @router.get("/colleagues")
    def colleagues(_: Annotated[StaffMember, Depends(person)]) -> list[dict[str, str]]:
        """Names of who works here, for transfers."""
        return [
            {"name": account.name, "display_name": account.profile.display_name, "role": account.role}
            for account in accounts.all()
        ]


def me_of(member: StaffMember) -> dict[str, Any]:
    """Return what a page needs to know of who is signed in."""
    return {
        "name": member.name,
        "role": member.role,
        "display_name": member.profile.display_name,
        "languages": list(member.profile.languages),
        "skills": list(member.profile.skills),
        "phone": member.profile.phone,
        "must_change": member.must_change,
        "is_person": member.is_person,
    }


def shown(account: Account) -> dict[str, Any]:
    """Return what leads see of an account."""
    return {
        "name": account.name,
        "role": account.role,
        "display_name": account.profile.display_name,
        "languages": list(account.profile.languages),
        "skills": list(account.profile.skills),
        "phone": account.profile.phone,
        "must_change": account.must_change,
        "created_at_utc": account.created_at_utc.isoformat(),
        "password_at_utc": account.password_at_utc.isoformat(),
    }


def refused(error: CallCentreError) -> JSONResponse:
    """Answer a wrong password: 401, or 429 with when to try again."""
    told = {"code": error.code, "detail": error.message}
    if isinstance(error, TooManyGuessesError):
        return JSONResponse({**told, "retry_after_s": error.wait_s}, 429, {"Retry-After": str(error.wait_s)})
    return JSONResponse(told, 401)
