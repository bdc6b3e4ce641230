"""Instants: whole nanoseconds of international atomic time (TAI)."""

from dataclasses import dataclass

NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True, order=True)
class Instant:
    """A moment, as TAI nanoseconds since 1970-01-01T00:00:00 TAI.

    Whole numbers, so that sums are exact on every machine; ``elapsed_s`` is the only way to a
    float. UTC exists at the rim only (``basis.utc``).
    """

    tai_ns: int

    def elapsed_s(self, *, since: "Instant") -> float:
        """Seconds from ``since`` to here; negative when ``since`` is later."""
        return (self.tai_ns - since.tai_ns) / NS_PER_S

    def later(self, by_s: float) -> "Instant":
        """The moment ``by_s`` seconds from here, rounded to the nanosecond."""
        return Instant(self.tai_ns + round(by_s * NS_PER_S))

    def whole_second(self) -> "Instant":
        """The last whole second not after this moment (TAI and UTC seconds begin together)."""
        return Instant(self.tai_ns // NS_PER_S * NS_PER_S)

    def is_whole_second(self) -> bool:
        return self.tai_ns % NS_PER_S == 0
