"""Section of the configuration about customer records."""

from __future__ import annotations

from pydantic import Field

from service.config_section import Section


class CustomersSection(Section):
    """Who is calling, and how long it is remembered."""

    open_records: bool = Field(default=True, strict=True)
    """Open a record for a number that is not known yet; false: only staff, imports and the API open records."""
    retention_days: int = Field(default=1_095, ge=1, strict=True)
    """A person is erased when nothing happened for so many days: no contact, no change of the record, no open case."""
