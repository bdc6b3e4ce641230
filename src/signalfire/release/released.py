"""The envelope without which nothing leaves a nation."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from signalfire.basis.errors import NotReleased
from signalfire.basis.identity import NationId

Content = TypeVar("Content")
_SEAL = object()


@dataclass(frozen=True, slots=True)
class Released(Generic[Content]):
    """``content``, in the form in which ``recipient`` may see it, under ``rule``.

    Only ``release.decide`` makes one. Every outgoing link takes this type and no other, so a
    message that skipped the policy does not pass the type checker.

    Raises NotReleased when anything else tries.
    """

    content: Content
    recipient: NationId
    rule: str
    _seal: object = field(repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        if self._seal is not _SEAL:
            raise NotReleased("only release.decide may seal a message: ask it for a decision")


@dataclass(frozen=True, slots=True)
class Withheld:
    """The answer no, and why; ``rule`` is the one that would have allowed it, if there is one."""

    reason: str
    rule: str | None = None


def seal(content: Content, recipient: NationId, rule: str) -> Released[Content]:
    """Used by ``release.decide`` and by nothing else (a test in architecture/ sees to it)."""
    return Released(content, recipient, rule, _SEAL)
