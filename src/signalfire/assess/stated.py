"""What partners tell of an event without its state: launch, impact and class, as far as released.

Such a statement can be shown and warned of. It holds no way, only an end: areas under the way there
are not named from it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import NormalDist

import numpy as np

from signalfire.assess.assessor import Assessed
from signalfire.assess.impact import FLIGHT_MAX_S
from signalfire.assess.launch import fuse_launches
from signalfire.assess.observed import Remembered
from signalfire.assess.settings import DEFAULT_SETTINGS, AssessmentSettings
from signalfire.basis.identity import EventId, NationId
from signalfire.basis.instant import Instant
from signalfire.basis.kernel import Floats
from signalfire.picture.estimate import Impact, Launch, PlaceEstimate, Unknown
from signalfire.picture.event import Assessment, Phase
from signalfire.picture.footprint import Footprint
from signalfire.release.coarse import COSINE_MIN, EVEN_SPREAD
from signalfire.space.earth import MEAN_RADIUS_M

SAMPLES = 128
"""A share of one in 128 is told apart: a tenth of the least threshold in use."""
_DRIVEN = frozenset({Phase.BOOST, Phase.MANOEUVRING})
_OVER = frozenset({Phase.LOST, Phase.ENDED})
_DIMENSIONS = 5


@dataclass(frozen=True)
class Statement:
    """What one nation said of an event, when that came, and how wide a cell its places stand for.

    ``cell_m`` is the step to which the agreement rounds its places, 0 where it does not.
    """

    nation: NationId
    assessment: Assessment
    heard_at: Instant
    cell_m: float = 0.0


@dataclass(frozen=True)
class StatedImpact:
    """A told place and time of impact: a Gaussian, and an even spread over the cell of rounding."""

    place: PlaceEstimate
    cell_m: float = 0.0

    @cached_property
    def footprint(self) -> Footprint:
        """Points of impact alone, each equally likely.

        The covariance as told contains the variance of the rounding (``release.coarse``). It is
        taken out again, and what it stood for put in: a point anywhere in the cell.
        """
        place = self.place
        ee, en, nn = place.covariance_east_north_m2
        rounding_m2 = self.cell_m**2 * EVEN_SPREAD
        values, axes = np.linalg.eigh(np.array([[ee - rounding_m2, en], [en, nn - rounding_m2]]))
        root = axes * np.sqrt(np.maximum(values, 0.0))
        offsets_m = _NORMAL_POINTS[:, :2] @ root.T + self.cell_m * (_EVEN_POINTS - 0.5)
        latitude_rad = place.latitude_rad + offsets_m[:, 1] / MEAN_RADIUS_M
        narrowing = max(math.cos(place.latitude_rad), COSINE_MIN)
        longitude_rad = place.longitude_rad + offsets_m[:, 0] / (MEAN_RADIUS_M * narrowing)
        return Footprint(
            start=place.time,
            time_s=(_NORMAL_POINTS[:, 2] * place.time_sigma_s)[:, None],
            latitude_rad=np.clip(latitude_rad, -0.5 * math.pi, 0.5 * math.pi)[:, None],
            longitude_rad=(np.mod(longitude_rad + math.pi, 2.0 * math.pi) - math.pi)[:, None],
            altitude_m=np.zeros((SAMPLES, 1)),
            count=np.ones(SAMPLES, dtype=np.int64),
        )


@dataclass(frozen=True)
class Stated:
    """The common view of an event as it was told, and the impact behind it, where one is known."""

    assessed: Assessed
    impact: StatedImpact | None


def assess_statements(
    event: EventId,
    told: Sequence[Statement],
    now: Instant,
    settings: AssessmentSettings = DEFAULT_SETTINGS,
) -> Stated:
    """One view from what nations told of one event, none of it with a state.

    The impact is that of the surest: their errors hold the same unknown drag, so that two do not
    make a surer one. What was seen last is the best word on its phase where nobody names an impact.
    Launches are fused as everywhere. An impact that nobody confirms any more is doubted as our own
    forecasts are; one that is not of our time, or so vague that it helps nobody, is not named.
    """
    assert told, "nobody has told anything"
    impacts = [(each, impact_of(each, now, settings)) for each in told]
    named = [(each, found) for each, found in impacts if isinstance(found, PlaceEstimate)]
    if named:
        best, impact = min(named, key=lambda pair: _size_m2(pair[1]))
    else:
        best, unknown = max(impacts, key=lambda pair: pair[0].assessment.last_observed_at)
    launches = [e.assessment.launch for e in told]
    known = [launch for launch in launches if isinstance(launch, PlaceEstimate)]
    launch: Launch = fuse_launches(known) if known else best.assessment.launch
    seen_at = min(max(e.assessment.last_observed_at for e in told), now)
    phase = _phase(best.assessment, now, settings)
    flight_s = best.assessment.flight_s
    assessment = replace(
        best.assessment,
        event=event,
        author=None,
        phase=phase,
        state=None,
        launch=launch,
        impact=impact if named else unknown,
        flight_s=flight_s,
        observed_s=max(e.assessment.observed_s for e in told),
        witnesses=sum(e.assessment.witnesses for e in told),
        last_observed_at=seen_at,
    )
    motion = Phase.BALLISTIC if phase in _OVER else phase
    remembered = Remembered(motion, assessment.belief, None, assessment.apogee_m)
    stated = StatedImpact(impact, best.cell_m) if named else None
    return Stated(Assessed(assessment, None, remembered), stated)


def is_better(stated: Stated, seen: Assessed, *, is_fresh: bool) -> bool:
    """Whether what was told says more of the impact than what the states at hand do.

    What is seen now under power or lift, or has an impact, stands against anybody's word.
    """
    if stated.impact is None:
        return False
    impact = seen.assessment.impact
    if is_fresh:
        return isinstance(impact, Unknown) and seen.assessment.phase not in _DRIVEN
    return isinstance(impact, Unknown) or _size_m2(stated.impact.place) < _size_m2(impact)


def impact_of(
    told: Statement, now: Instant, settings: AssessmentSettings = DEFAULT_SETTINGS
) -> Impact:
    """A told impact with the doubt that has grown since it was told; Unknown with the reason."""
    impact = told.assessment.impact
    if isinstance(impact, Unknown):
        return impact
    is_of_our_time = abs(impact.time.elapsed_s(since=now)) <= FLIGHT_MAX_S
    if not is_of_our_time or impact.time_sigma_s > FLIGHT_MAX_S:
        return Unknown(f"{told.nation} names an impact that is not of our time")
    stale = _unobserved_ratio(told.assessment, now)
    if stale > settings.stale_max_ratio:
        return Unknown("not seen for so long that the forecast has expired")
    was = _unobserved_ratio(told.assessment, min(told.heard_at, now))
    unit = settings.stale_unit_ratio
    doubt = (1.0 + (stale / unit) ** 2) / (1.0 + (was / unit) ** 2)
    ee, en, nn = impact.covariance_east_north_m2
    impact = replace(
        impact,
        covariance_east_north_m2=(ee * doubt, en * doubt, nn * doubt),
        time_sigma_s=impact.time_sigma_s * math.sqrt(doubt),
    )
    if not impact.ellipse_p90.semi_major_m <= settings.semi_major_max_m:
        return Unknown("too uncertain to say where: more observation is needed")
    return impact


def _phase(told: Assessment, now: Instant, settings: AssessmentSettings) -> Phase:
    """The phase as told, until so long has passed without a look that it counts as lost."""
    if told.phase in _OVER or now.elapsed_s(since=told.last_observed_at) < settings.lost_after_s:
        return told.phase
    is_lost = told.phase in _DRIVEN or _unobserved_ratio(told, now) > settings.lost_ratio
    return Phase.LOST if is_lost else told.phase


def _unobserved_ratio(told: Assessment, now: Instant) -> float:
    """Unobserved over observed time, as for our own forecasts (``phase.unobserved_ratio``)."""
    unobserved_s = max(0.0, now.elapsed_s(since=told.last_observed_at))
    return unobserved_s / (max(0.0, told.observed_s) + 10.0)


def _size_m2(place: PlaceEstimate) -> float:
    ellipse = place.ellipse_p90
    return ellipse.semi_major_m * ellipse.semi_minor_m


def _spread_points() -> tuple[Floats, Floats]:
    """Three standard normal dimensions with unit covariance, in opposite pairs, and two even ones.

    An additive recurrence with the generalised golden ratio (see ``impact``).
    """
    ratio = 1.5
    for _ in range(60):
        ratio = (1.0 + ratio) ** (1.0 / (_DIMENSIONS + 1))
    steps = ratio ** -np.arange(1, _DIMENSIONS + 1)
    half = (0.5 + np.arange(1, SAMPLES // 2 + 1)[:, None] * steps) % 1.0
    uniform = np.concatenate([half, 1.0 - half])
    inverse = NormalDist().inv_cdf
    normal = np.array([[inverse(float(u)) for u in row[:3]] for row in uniform])
    lower = np.linalg.cholesky(normal.T @ normal / SAMPLES)
    return np.linalg.solve(lower, normal.T).T, uniform[:, 3:]


_NORMAL_POINTS, _EVEN_POINTS = _spread_points()
