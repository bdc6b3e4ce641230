"""The tracks that one infrared satellite alone has begun, for as long as nobody else sees them."""

import numpy as np

from signalfire.basis.instant import NS_PER_S, Instant
from signalfire.basis.kernel import Integers
from signalfire.picture.table import PATHS_WORD
from signalfire.tracking import _kernels as k
from signalfire.tracking.bank import FilterBank
from signalfire.tracking.lone import Chain, Launched, Lone
from signalfire.tracking.measurement import INFRARED_NUMBERS
from signalfire.tracking.scan import Scan
from signalfire.tracking.settings import TrackingSettings
from signalfire.tracking.stories import Stories
from signalfire.tracking.templates import Boosting


class Alone:
    """The rows of one bank that one infrared sensor alone has seen so far, and its sights."""

    def __init__(self, bank: FilterBank, stories: Stories, settings: TrackingSettings) -> None:
        self._bank = bank
        self._stories = stories
        self._settings = settings
        self._lone = Lone(settings.lone)
        self._chains: dict[int, Chain] = {}

    @property
    def rows(self) -> list[int]:
        """The rows."""
        return list(self._chains)

    def shown_by(self, scan: Scan, left: Integers, known: Integers) -> list[Launched]:
        """Launches that a scan's sights (places ``left``) show, away from all ``known`` rows."""
        sights = left[scan.records[left, k.KIND] <= INFRARED_NUMBERS]
        if len(sights) == 0:
            return []
        settings = self._settings
        late_ns = round(settings.late_max_s * NS_PER_S)
        known = known[np.abs(scan.at_ns - self._bank.table.time[known]) < late_ns]
        is_beside = self._bank.beside_lines(
            known, scan.at_ns, scan.records[sights], settings.lone.beside_m
        )
        return self._lone.take(scan, sights[~is_beside])

    def cross(self, numbers: list[int]) -> None:
        """Some sights, by their numbers, have crossed another sensor's."""
        self._lone.cross(numbers)

    def begin(self, row: int, launched: Launched) -> None:
        """A fresh row is that of a launch."""
        table, chain = self._bank.table, launched.chain
        self._chains[row] = chain
        table.updates[row] = len(chain.at_ns)
        table.numbers[row] = INFRARED_NUMBERS * len(chain.at_ns)
        table.period[row], table.origin[row] = chain.period_s, chain.sensor
        table.paths[row, chain.path // PATHS_WORD] |= 1 << (chain.path % PATHS_WORD)

    def boost(self, row: int, boosting: Boosting, epoch: Instant | None) -> None:
        """A row's state, and where it lifted off, is what the family makes of its sights."""
        assert epoch is not None
        at_ns = self._chains[row].at_ns
        self._bank.begin_boosting(
            row, first_ns=int(at_ns[0]), at_ns=int(at_ns[-1]), mean=boosting.mean,
            covariance=boosting.covariance,
        )  # fmt: skip
        self._stories.tell(row, boosting.place_estimate(epoch))

    def join(self, rows: Integers, plots: Integers, scan: Scan, epoch: Instant | None) -> None:
        """Rows have taken a detection: what one satellite alone sees is explained anew with it.

        The early arc begins when a second sensor has seen the track; what came before rests on the
        family of boosts.
        """
        if not self._chains:
            return
        for row, plot in zip(rows.tolist(), plots.tolist(), strict=True):
            chain = self._chains.get(row)
            if chain is None:
                continue
            self._bank.table.arc_count[row] = 0
            if chain.sensor != scan.sensor:
                self.end(row)
            elif len(self._chains) <= self._settings.lone.followed_max:
                boosting = self._lone.follow(chain, scan, plot)
                if boosting is not None:
                    self.boost(row, boosting, epoch)

    def end(self, row: int) -> None:
        """A row is gone, or another sensor has seen it."""
        self._chains.pop(row, None)
