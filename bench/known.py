"""A tracker that knows the objects of a raid already, as one that has followed them does."""

import numpy as np

from bench.raid import ANGLE_SIGMA_RAD, RADAR, RANGE_SIGMA_M, Raid
from signalfire.basis.identity import NationId, NodeId, SensorId, track_id
from signalfire.basis.instant import Instant
from signalfire.basis.limits import TRACKS_MAX
from signalfire.picture.detection import RadarPlot, RadarSigma, Sensor, SensorKind
from signalfire.picture.table import CONFIRMED
from signalfire.tracking import _kernels as k
from signalfire.tracking.bank import FilterBank
from signalfire.tracking.settings import TrackingSettings
from signalfire.tracking.tracker import Tracker

START = Instant(1_800_000_000 * 10**9)
NODE = NodeId("JPN-1")
SIGMA = RadarSigma(RANGE_SIGMA_M, ANGLE_SIGMA_RAD, ANGLE_SIGMA_RAD)
_X_M, _Y_M, _Z_M = (float(v) for v in RADAR.ecef_m())
SITE_ECEF_M = (_X_M, _Y_M, _Z_M)
SENSOR = Sensor(
    SensorId("J1"), NationId("JPN"), SensorKind.RADAR, "J1", SITE_ECEF_M, SIGMA, period_s=1.0
)
DELAY_S = 0.1
FREE_SINCE_S = 20.0


def knowing(raided: Raid) -> Tracker:
    """A tracker with a confirmed track in free flight for each object, as sure as the raid says.

    There is no way in from outside but detections, so this reaches for the table.
    """
    tracker = Tracker(NODE, {SENSOR.sensor: SENSOR}, TrackingSettings())
    tracker.tick(START)
    tracker.take([], START)
    count = len(raided.means)
    if count > TRACKS_MAX:
        # More than a node holds: only for what a scan takes of the filters themselves.
        tracker._bank = FilterBank(TrackingSettings(), count)
    bank = tracker._bank
    rows = bank.table.add_many(np.arange(count))
    place_sigma = np.eye(3)
    for row, mean, covariance in zip(rows, raided.means, raided.covariances, strict=True):
        bank.begin(row, at_ns=0, place=mean[:3], covariance=place_sigma, velocity=mean[3:])
        for mode in range(2):
            k.covariance_of(bank.table.state[row], mode)[:] = covariance
    bank.table.state[rows, k.P_FREE] = 0.999
    bank.table.state[rows, k.P_FORCED] = 0.001
    bank.table.state[rows, k.FREE_S] = FREE_SINCE_S
    bank.table.state[rows, k.FREE_SEEN] = 1.0
    bank.table.state[rows, k.OBSERVED_S] = FREE_SINCE_S
    bank.table.status[rows] = CONFIRMED
    bank.table.updates[rows] = round(FREE_SINCE_S)
    for number, row in enumerate(rows.tolist()):
        tracker._stories.begin(row, track_id(NODE, number + 1))
    tracker._serial = tracker._confirmed = count
    return tracker


def plots_of(polar: np.ndarray, elapsed_s: float) -> list[RadarPlot]:
    """A scan as the values that a feed decodes to."""
    at, received = START.later(elapsed_s), START.later(elapsed_s + DELAY_S)
    return [
        RadarPlot(
            SENSOR.sensor, SENSOR.path, at, received, SITE_ECEF_M, range_m, azimuth_rad,
            elevation_rad, SIGMA,
        )
        for range_m, azimuth_rad, elevation_rad in polar.tolist()
    ]  # fmt: skip
