"""Realms: live, exercise, test. No value of one ever meets another."""

import re
from dataclasses import dataclass

from signalfire.basis.errors import BadInput, WrongRealm

_NAME = re.compile(r"(live)|(exercise|test):([A-Za-z0-9_.-]{1,120})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Realm:
    """``live``, ``exercise:<id>`` or ``test:<id>``.

    Raises BadInput for any other text.
    """

    name: str

    def __post_init__(self) -> None:
        if _NAME.fullmatch(self.name) is None:
            raise BadInput(
                f"realm {self.name!r}: write live, exercise:<id> or test:<id>, "
                "the id from letters, digits, '_', '.' and '-'"
            )

    @property
    def kind(self) -> str:
        """``live``, ``exercise`` or ``test``."""
        return self.name.partition(":")[0]

    @property
    def is_live(self) -> bool:
        return self.name == "live"

    @property
    def token(self) -> str:
        """The realm as one token of a subject: no dot, space or wildcard."""
        return self.name.replace(".", "_")

    def require(self, other: "Realm") -> None:
        """Raise WrongRealm unless ``other`` is this very realm."""
        if other != self:
            raise WrongRealm(f"a value of realm {other.name} met realm {self.name}: refused")
