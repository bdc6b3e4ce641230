"""What a view says of a moment at which nobody looked."""

import math

import numpy as np
import pytest

from signalfire.basis.identity import EventId, NationId
from signalfire.basis.instant import Instant
from signalfire.basis.utc import instant_from_utc
from signalfire.node.showing import at_now
from signalfire.picture.estimate import PlaceEstimate, StateEstimate, Unknown
from signalfire.picture.event import Assessment, ClassBelief, EventView, Phase
from signalfire.space.geodesy import Geodetic, enu_from_ecef

SEEN_AT = instant_from_utc("2017-09-14T22:16:00Z")
GROUND = Geodetic.from_degrees(38.0, 153.0, 0.0)


def view(phase: Phase, impact: PlaceEstimate | Unknown, height_m: float = 8e3) -> EventView:
    """A body that comes straight down at 1 km/s, known to 20 m and 2 m/s."""
    place = Geodetic.from_degrees(38.0, 153.0, height_m)
    axes = enu_from_ecef(place)
    state = StateEstimate(
        SEEN_AT,
        np.concatenate([place.ecef_m(), axes.T @ np.array([0.0, 0.0, -1e3])]),
        np.diag([400.0] * 3 + [4.0] * 3),
    )
    event = EventId("E-JPN-1-3")
    assessment = Assessment(
        event, None, phase, ClassBelief((1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)), state,
        Unknown("not seen"), impact, 9e4, 42.0, 100.0, 1, SEEN_AT,
    )  # fmt: skip
    return EventView(event, (event,), None, "common", (NationId("JPN"),), assessment)


def shown(given: EventView, at: Instant) -> StateEstimate:
    state = at_now(given, at).assessment.state
    assert state is not None and state.valid_at == at
    return state


@pytest.mark.parametrize("phase", [Phase.REENTRY, Phase.LOST])
def test_what_lies_where_it_fell_is_no_surer_than_its_impact(phase: Phase) -> None:
    along_m, across_m = 30e3, 10e3
    angle = math.radians(30.0)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    covariance = turn @ np.diag([along_m**2, across_m**2]) @ turn.T
    impact = PlaceEstimate(
        GROUND.latitude_rad,
        GROUND.longitude_rad,
        (covariance[0, 0], covariance[0, 1], covariance[1, 1]),
        SEEN_AT.later(7.0),
        20.0,
    )
    state = shown(view(phase, impact), SEEN_AT.later(30.0))
    assert np.all(state.mean[3:] == 0.0)
    axes = enu_from_ecef(GROUND)[:2]
    told = axes @ state.covariance[:3, :3] @ axes.T
    assert np.all(np.linalg.eigvalsh(told - covariance) > 0.0)
    assert np.linalg.eigvalsh(told - 1.2 * covariance).min() < 0.0


def test_under_thrust_the_doubt_grows_as_a_steady_push_moves_it() -> None:
    given = view(Phase.BOOST, Unknown("still under power"), height_m=3e5)
    growing = [shown(given, SEEN_AT.later(s)).covariance for s in (1.0, 13.0, 23.0)]
    sigma_m = [math.sqrt(np.trace(each[:3, :3]) / 3.0) for each in growing]
    assert sigma_m[0] < 50.0
    assert 0.5 * 30.0 * 10.0**2 < sigma_m[1] < 0.5 * 40.0 * 13.0**2
    assert 0.5 * 30.0 * 20.0**2 < sigma_m[2] < 0.5 * 40.0 * 23.0**2
