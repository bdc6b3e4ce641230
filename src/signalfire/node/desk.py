"""Where one ``advance`` puts what leaves: lines for the records, bulletins for the links."""

from signalfire.basis.instant import Instant
from signalfire.federation.bulletin import Bulletin
from signalfire.node.outbox import Line, Outbox, Receipted, Stream
from signalfire.release.released import Released


class Desk:
    """Collects, in order, everything that one ``advance`` brings forth.

    ``is_second`` says that a whole second was among what came: what is due each second is due.
    """

    def __init__(self, now: Instant, *, is_second: bool) -> None:
        self.now = now
        self.is_second = is_second
        self._lines: list[Line] = []
        self._bulletins: list[Released[Bulletin]] = []
        self._receipted: list[Receipted] = []

    def write(self, stream: Stream, body: bytes) -> None:
        """Add one JSON line to a record."""
        self._lines.append(Line(stream, body))

    def post(self, bulletin: Released[Bulletin]) -> None:
        """Hand a signed, released bulletin to its link."""
        self._bulletins.append(bulletin)

    def confirm(self, receipted: Receipted) -> None:
        """Note that a partner has one of our bulletins."""
        self._receipted.append(receipted)

    def outbox(self, *, is_idle: bool) -> Outbox:
        """Everything, as one value."""
        return Outbox(
            tuple(self._bulletins), tuple(self._lines), tuple(self._receipted), is_idle=is_idle
        )
