"""What came before, of which sensor, by which path: numbers, repeats, names of paths."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from signalfire.basis.kernel import Flags, Floats, Integers
from signalfire.basis.limits import PATHS_MAX, REPEATS_REMEMBERED_MAX
from signalfire.picture.table import PATHS_WORD
from signalfire.tracking._record_kernels import Words
from signalfire.tracking.measurement import fingerprints
from signalfire.tracking.scan import DETECTION_BITS

_IN_SCAN_MAX = 1 << DETECTION_BITS
_OTHER_PATHS = PATHS_MAX - 1


@dataclass
class _Heard:
    """A scan so far: its number, how many detections it had, and what they looked like, sorted.

    As columns: as numbers in a set the detections of some twenty large scans would take 15 MB.
    """

    number: int
    count: int = 0
    prints: Words = field(default_factory=lambda: np.empty(0, dtype=np.uint64))

    def sift(self, prints: Words) -> tuple[Integers, int, int]:
        """Places of those that are new; how many came before, and how many have no room."""
        _, first = np.unique(prints, return_index=True)
        fresh = np.sort(first[~self._holds(prints[first])])[: _IN_SCAN_MAX - self.count]
        new = np.sort(prints[fresh])
        self.prints = np.insert(self.prints, np.searchsorted(self.prints, new), new)
        self.count += len(fresh)
        # What has no room is not remembered: whenever it comes it is one too many.
        too_many = int(np.count_nonzero(~self._holds(prints)))
        return fresh, len(prints) - len(fresh) - too_many, too_many

    def _holds(self, prints: Words) -> Flags:
        """Which of them came before."""
        first = np.searchsorted(self.prints, prints, side="left")
        is_held: Flags = first < np.searchsorted(self.prints, prints, side="right")
        return is_held


@dataclass(frozen=True, eq=False)
class Numbered:
    """Places of the detections that are new, their numbers, and how many others there were."""

    fresh: Integers
    numbers: Integers
    repeated: int
    too_many: int


class Arrivals:
    """The detections that came, by sensor and instant, as far back as there is room."""

    def __init__(self) -> None:
        self._scans: OrderedDict[tuple[int, int], _Heard] = OrderedDict()
        self._begun = 0
        self._remembered = 0

    def number(self, sensor: int, at_ns: int, rows: Floats) -> Numbered:
        """Number the detections of one sensor and instant, rows (n, RECORD), without repeats.

        Those of one sensor and instant belong to one scan, even if they come apart. The number is
        that of the scan and, in its ``DETECTION_BITS`` low bits, the place in the scan.
        """
        heard = self._scans.get((sensor, at_ns))
        if heard is None:
            self._begun += 1
            heard = self._scans[sensor, at_ns] = _Heard(self._begun)
        first, before = heard.number << DETECTION_BITS | heard.count, heard.count
        fresh, repeated, too_many = heard.sift(fingerprints(rows))
        self._remembered += heard.count - before
        while self._remembered > REPEATS_REMEMBERED_MAX and len(self._scans) > 1:
            _, oldest = self._scans.popitem(last=False)
            self._remembered -= oldest.count
        return Numbered(
            fresh,
            np.arange(first, first + len(fresh)),
            repeated,
            too_many,
        )


@dataclass(frozen=True, slots=True)
class Granted:
    """Of the detections of a scan, how many are heard at all, and how many may begin tracks."""

    heard: int
    full: int


class Quota:
    """How many detections each sensor has given in this second.

    One that floods is heard beyond its quota only for the tracks that are known, and not at all
    beyond ``_HEARD_RATIO`` times of it; the others are not touched by it.
    """

    _HEARD_RATIO = 4

    def __init__(self, quota_per_s: int) -> None:
        self._quota = quota_per_s
        self._second = 0
        self._used: dict[int, int] = {}

    def take(self, sensor: int, count: int, second: int) -> Granted:
        """Count the detections of one more scan, at a whole second of our own clock."""
        if second != self._second:
            self._second = second
            self._used.clear()
        used = self._used.get(sensor, 0)
        self._used[sensor] = used + count
        heard = min(count, max(0, self._HEARD_RATIO * self._quota - used))
        return Granted(heard, min(count, max(0, self._quota - used)))


class Paths:
    """The communications paths that were heard of, as codes below ``PATHS_MAX``."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self._names: list[str] = []
        self._sets: dict[bytes, frozenset[str]] = {}

    def code(self, path: str) -> int:
        """The code of a path; from the last code on all paths count as one."""
        known = self._codes.get(path)
        if known is None:
            if len(self._names) > _OTHER_PATHS:
                return _OTHER_PATHS
            known = self._codes[path] = len(self._names)
            self._names.append(path)
        return known

    def codes(self, paths: Sequence[str]) -> Integers:
        """The codes of several paths."""
        if len(set(paths)) == 1:
            return np.full(len(paths), self.code(paths[0]))
        return np.array([self.code(path) for path in paths], dtype=np.int64)

    def named(self, bits: Integers) -> frozenset[str]:
        """The paths of which the bits are set in a row of the ``paths`` column."""
        key = bits.tobytes()
        found = self._sets.get(key)
        if found is None:
            codes = [
                PATHS_WORD * word + bit
                for word in np.flatnonzero(bits).tolist()
                for bit in range(PATHS_WORD)
                if int(bits[word]) >> bit & 1
            ]
            if len(self._sets) >= PATHS_MAX:
                self._sets.clear()
            found = self._sets[key] = frozenset(self._names[code] for code in codes)
        return found
