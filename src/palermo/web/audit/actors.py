"""Who acts? An account, or what acts of itself. Needs nothing of Django, so that a command can begin with it."""

from dataclasses import dataclass
from typing import Protocol


class Actor(Protocol):
    """What an entry needs to know of whoever acts."""

    @property
    def audit_name(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def unit(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Command:
    """A command or a job that acts of itself, as the audit trail names it."""

    audit_name: str
    role: str = ""
    unit: str = ""
