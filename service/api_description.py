"""The description of the HTTP API in OpenAPI: what FastAPI knows, what answers hold, and how programs get in."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from service.customers import api as customers
from service.staff_door import COOKIE

SCHEMES = {
    "token": {"type": "http", "scheme": "bearer"},
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
}
"""Programs hold the token of `[service] staff_token`, people have a session."""


def describe(app: FastAPI) -> None:
    """Let `app.openapi()` return the whole description."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(title=app.title, version=app.version, routes=app.routes, description=customers.__doc__)
            schema.setdefault("components", {})["securitySchemes"] = SCHEMES
            schema["security"] = [{name: []} for name in SCHEMES]
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
