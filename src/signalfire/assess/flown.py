"""Sample flights, as the kernels fly them, as a footprint of the picture."""

import numpy as np

from signalfire.assess import _flight_kernels, _kernels
from signalfire.basis.instant import Instant
from signalfire.basis.kernel import Flags, Floats, Integers
from signalfire.picture.footprint import Footprint


def footprint_of(
    start: Instant, rows: Floats, count: Integers, flown: Integers, landed: Flags | None = None
) -> Footprint:
    """The footprint of the flights ``flown`` (N,) out of all of a table, shape (S, T, 4).

    ``rows[s, k]`` is ``[t x y z]``, seconds after ``start`` and Earth-fixed metres; ``count[s]``
    says how many rows flight s has. ``landed`` (N,) is that of ``Footprint``.
    """
    places = np.empty((len(flown), int(count.max()), 4))
    _flight_kernels.geodetic_rows(rows, count, flown, places)
    return Footprint(
        start=start,
        time_s=places[:, :, 0].copy(),
        latitude_rad=places[:, :, 1].copy(),
        longitude_rad=places[:, :, 2].copy(),
        altitude_m=places[:, :, 3].copy(),
        count=count[flown],
        landed=landed,
    )


def root_of(covariance: Floats) -> Floats:
    """A matrix R (6, 6) with R R' = P, also for a P that rounding has left slightly indefinite."""
    root = np.empty((6, 6))
    _kernels.root_of(covariance, root)
    return root
