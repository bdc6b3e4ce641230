"""One missile, as everything that this node may see has it."""

from dataclasses import dataclass, field, replace

from signalfire.assess.areas import AreaThreat
from signalfire.assess.assessor import Assessed
from signalfire.assess.splash import Spent
from signalfire.assess.stated import StatedImpact
from signalfire.basis.identity import EventId, NationId, TrackId
from signalfire.basis.instant import Instant
from signalfire.fusion.combine import Contribution
from signalfire.fusion.joint import JointTrack
from signalfire.motion.shaken import CAUTIOUS, move
from signalfire.picture.estimate import Launch, PlaceEstimate, StateEstimate
from signalfire.picture.event import Assessment, Phase, TrackReport
from signalfire.picture.pedigree import Pedigree
from signalfire.picture.track import Track

FRESH_S = 3.0
"""An object counts as under observation when somebody saw it so lately."""
FORGOTTEN_S = 4_000.0
"""What nobody has seen for so long, and of which nobody can say where it falls, has come down: the
longest lofted flights last no longer."""

_AFTER_BOOST = frozenset({Phase.BALLISTIC, Phase.REENTRY, Phase.MANOEUVRING})


def moved(state: StateEstimate, at: Instant, *, is_forced: bool) -> StateEstimate:
    """A state at another instant; what is under power or lift is shaken accordingly."""
    return move(state, at, CAUTIOUS, is_forced=is_forced)


@dataclass(frozen=True, slots=True)
class Fallen:
    """One object that was seen on its own: since when, and where it falls as last reckoned."""

    since: Instant
    reckoned_at: Instant
    spent: Spent


@dataclass
class PartnerView:
    """What one partner has released of an event, as last received."""

    assessment: Assessment | None = None
    report: TrackReport | None = None
    heard_at: Instant | None = None
    """When the assessment came."""


@dataclass
class Event:
    """One missile, as everything that this node may see has it."""

    event: EventId
    births: dict[EventId, Instant]
    """Each id that this missile has had, and by when it was surely launched, as first told."""
    opened_at: Instant
    unborn: set[EventId] = field(default_factory=set)
    """Ids of which a track was told and no launch time yet."""
    own_track: Track | None = None
    """The own track as last seen; it stays when the tracker has let it go."""
    own_is_alive: bool = False
    """Whether the tracker still has it."""
    objects: dict[TrackId, Track] = field(default_factory=dict)
    """Further own tracks that came off it: stages, fragments."""
    fallen: dict[TrackId, Fallen] = field(default_factory=dict)
    """Where those of them come down, also of those that are out of sight by now."""
    early: Track | None = None
    """The own track that saw it before it parted, if another one has become the threatening one."""
    own: Assessed | None = None
    partners: dict[NationId, PartnerView] = field(default_factory=dict)
    common: Assessed | None = None
    sources: tuple[NationId, ...] = ()
    is_stated: bool = False
    """Whether the common view rests on what partners told without a state."""
    stated: StatedImpact | None = None
    """The impact that it then names."""
    observed_s: float = 0.0
    own_launch: tuple[tuple[object, ...], Launch] | None = None
    """The own launch estimate, after the mark of the early arc that it was reckoned from."""
    joint_launch: tuple[tuple[PlaceEstimate, ...], PlaceEstimate] | None = None
    """The launch that all tell of together, after what it was reckoned from."""
    threatened: tuple[tuple[object, ...], tuple[AreaThreat, ...] | None] | None = None
    """Threats to our areas, after the mark of the estimate that they were reckoned from."""
    strewn: tuple[tuple[Instant, ...], tuple[AreaThreat, ...]] | None = None
    """Threats to our areas by what falls beside it, after the states that they rest on."""
    own_name: tuple[EventId, Instant] | None = None
    """The id minted for the first own track, and its birth, for those who may know no other."""
    closed_at: Instant | None = None
    joint: JointTrack = field(default_factory=JointTrack)

    @property
    def members(self) -> tuple[EventId, ...]:
        """Every id of this missile, the surviving one first."""
        return (self.event, *sorted(self.births.keys() - {self.event}))

    def contributions(
        self, own_nation: NationId, pedigree: Pedigree, now: Instant
    ) -> tuple[Contribution, ...]:
        """One state a nation, as last told; ``pedigree`` is that of our own."""
        told = [
            Contribution(
                nation=nation,
                state=view.report.state,
                last_observed_at=view.report.last_observed_at,
                thrust_probability=view.report.thrust_probability,
                track=view.report.track,
                pedigree=view.report.pedigree,
            )
            for nation, view in sorted(self.partners.items())
            if view.report is not None
        ]
        own = self.own_track
        if own is not None:
            is_witnessed = now.elapsed_s(since=own.last_observed_at) <= FRESH_S
            told.append(
                Contribution(
                    nation=own_nation,
                    state=own.state,
                    last_observed_at=own.last_observed_at,
                    thrust_probability=own.thrust_probability,
                    is_witnessed=is_witnessed,
                    track=own.track,
                    pedigree=pedigree,
                )
            )
        return tuple(told)

    def is_told_by_only(self, nation: NationId) -> bool:
        """Whether nobody but this partner has told of it."""
        return self.own_track is None and self.partners.keys() == {nation}

    def has_ended(self, now: Instant) -> bool:
        """Whether it is over as the best view has it; without one, as its partners have it."""
        for view in () if self.is_stated else (self.common, self.own):
            if view is not None:
                return view.assessment.phase is Phase.ENDED
        told = self.assessments()
        if told and all(assessment.phase is Phase.ENDED for assessment in told):
            return True
        seen_at = max((min(a.last_observed_at, now) for a in told), default=self.opened_at)
        return now.elapsed_s(since=max(seen_at, self.opened_at)) > FORGOTTEN_S

    def assessments(self) -> tuple[Assessment, ...]:
        """What each nation that told anything believes, our own first."""
        own = (self.own.assessment,) if self.own is not None else ()
        views = (view.assessment for _, view in sorted(self.partners.items()))
        return own + tuple(assessment for assessment in views if assessment is not None)

    def free_flight_seen(self) -> bool:
        """Whether it is settled that it flew free at some time: a phase after boost says so."""
        if self.own_track is not None and self.own_track.free_flight_seen:
            return True
        told = (view.assessment for view in self.partners.values() if view.assessment is not None)
        return any(
            assessment.phase in _AFTER_BOOST or isinstance(assessment.impact, PlaceEstimate)
            for assessment in told
        )

    def manoeuvre_seen(self) -> bool:
        """Whether some nation has it manoeuvring, be it lost in the noise of the others.

        That one does not see it says little: lift begins weak, and nobody's noise is the same.
        """
        return any(told.phase is Phase.MANOEUVRING for told in self.assessments())

    def follow(self, current: Track) -> None:
        """Take the own track as it is now; one that parted goes on with what was seen before."""
        early = self.early
        if early is not None and early.track != current.track:
            current = replace(
                current,
                first_observed_at=early.first_observed_at,
                observed_s=max(early.observed_s, current.observed_s),
                paths=early.paths | current.paths,
                ascent=early.ascent,
                burnt_out_at=early.burnt_out_at,
                free_flight_seen=True,
            )
        self.own_track = current

    def threaten_with(self, track: TrackId) -> None:
        """Let another of its objects be the threatening one."""
        before = self.own_track
        assert before is not None
        self.early = self.early or before
        current = self.objects.pop(track)
        self.objects[before.track] = before
        self.follow(current)

    def continue_with(self, track: Track) -> None:
        """Go on with another own track of the same body; the arc of the first tells its launch."""
        before = self.own_track
        if before is not None and before.track != track.track and before.free_flight_seen:
            self.early = self.early or before
        self.follow(track)

    def is_lost_burning(self, track: Track) -> bool:
        """Whether this is its own track, and was lost before it was seen to fly free."""
        is_own = self.own_track is not None and self.own_track.track == track.track
        return is_own and not self.free_flight_seen()

    def lost_state(self, since: Instant) -> StateEstimate | None:
        """Its last state, if it flew without thrust by then and nobody has seen it since."""
        reference = self.reference()
        if reference is None or not (self.free_flight_seen() or self.manoeuvre_seen()):
            return None
        state, _ = reference
        return state if state.valid_at.elapsed_s(since=since) < FRESH_S else None

    def reference(self) -> tuple[StateEstimate, float] | None:
        """The freshest state that anybody has of it, with its thrust probability."""
        told = [
            (view.report.last_observed_at, view.report.state, view.report.thrust_probability)
            for _, view in sorted(self.partners.items())
            if view.report is not None
        ]
        if self.own_track is not None:
            own = self.own_track
            told.append((own.last_observed_at, own.state, own.thrust_probability))
        if not told:
            return None
        _, state, thrust_probability = max(told, key=lambda entry: entry[0])
        return state, thrust_probability

    def places(self) -> tuple[PlaceEstimate | None, PlaceEstimate | None]:
        """Launch and impact as the best view has them, where known."""
        views = [self.common, self.own]
        found = [view.assessment for view in views if view is not None]
        found += [v.assessment for _, v in sorted(self.partners.items()) if v.assessment]
        for assessment in found:
            launch = assessment.launch if isinstance(assessment.launch, PlaceEstimate) else None
            impact = assessment.impact if isinstance(assessment.impact, PlaceEstimate) else None
            if launch is not None:
                return launch, impact
        return None, None
