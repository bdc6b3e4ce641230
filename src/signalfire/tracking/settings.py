"""Every constant of the tracker: value, unit and reason."""

from dataclasses import dataclass, field

from signalfire.basis.limits import LATE_MAX_S, TRACKS_MAX
from signalfire.motion.free_flight import DRAG_NOMINAL_M2_KG
from signalfire.picture.pedigree import Motion
from signalfire.tracking._kernels import Law


@dataclass(frozen=True, slots=True)
class NoiseSettings:
    """How it is told that a radar states too little noise."""

    looks: int = 5
    """By so many successive plots of one flight the noise is told: their fourth difference leaves
    out bias, speed, and an acceleration that grows at an even rate."""
    span_max_s: float = 60.0
    """In longer ones gravity would begin to show: 1e-5 m/s4 on a flight at 7 km/s."""
    kept: int = 64
    """So many of the last ones count, by their median: a stage that ends or lights is in five."""
    ratios_least: tuple[tuple[int, float], ...] = ((16, 4.0), (32, 2.5))
    """From so many looks on a ratio tells something that is no less than this. Of radars that are
    as they state the median of 16 is above 4 less than once in 200,000 times, that of 32 above 2.5
    once in 30,000, that of 64 never in 200,000 drawn."""
    forgotten_s: float = 6.0 * 3600.0
    """What was seen longer ago does not count: as ``RegistrationSettings.drift_s``."""


@dataclass(frozen=True, slots=True)
class RegistrationSettings:
    """What radars may be off by, and how it is learnt from flights that several of them see."""

    well_out_probability: float = 0.01
    """A radar is well out of register with this probability, before anything is known."""
    slightly_out_probability: float = 0.03
    """And slightly with this one. The rest are as they state: what is learnt of one radar rests on
    the others, and of a nation whose radars are in register nothing is lost."""
    slight_share: float = 0.2
    """Slightly: this share of the sigmas below. Less is lost in the noise of one flight."""
    careless_probability: float = 0.05
    """A nation keeps its radars badly with this probability: then all of them are out, slightly or
    well."""
    range_sigma_m: float = 100.0
    """How far off the range of such a radar is: a delay in its receiver of 0.7 microseconds."""
    azimuth_sigma_rad: float = 1.5e-3
    """Of its azimuth: a north that is wrong by 5 minutes of arc, or a site by 150 m at 100 km."""
    elevation_sigma_rad: float = 1.5e-3
    """Of its elevation: levelling, and refraction that is corrected for by a standard air."""
    clock_sigma_s: float = 0.3
    """Of its clock: one that keeps time by a network and not by satellites."""
    believed_ratio: float = 0.84
    """While the probability that a track's radars are as they state is no less than this share of
    what it is before anything is known, the tracker's own estimate is shown: 0.70 of 0.83 for three
    radars. Before anything is known it falls with their number, and that alone is no doubt."""
    doubted_ratio: float = 0.6
    """And plots are corrected once it has fallen below this share: 0.50 of 0.83."""
    drift_s: float = 6.0 * 3600.0
    """What was learnt fades by 1/e in this time after the flight: warmth of day and night bends
    antennas, clocks without satellites drift."""
    flights_max: int = 32
    """Flights that are followed for this at one time: a salvo beyond it teaches no more."""
    altitude_min_m: float = 60_000.0
    """Flights are followed from here up: below it air and lift bend the path of some objects. Drag
    on the way out is below 0.1 m/s2 here."""
    start_plots: int = 8
    """A pass begins with so many plots ..."""
    start_span_s: float = 3.0
    """... over at least this time."""
    start_position_sigma_m: float = 10_000.0
    """Its first state is a rough one from the plots themselves; this is wide enough for it to
    weigh nothing beside them (a plot is good to some 1,000 m)."""
    start_speed_sigma_m_s: float = 1_000.0
    """The same for each component of the velocity, which is good to some 100 m/s."""
    free_span_s: float = 20.0
    """A flight is free when plots have agreed with free flight for so long, whatever the biases: a
    thrust of 10 m/s2 bends the path by 500 m in it."""
    free_guard_s: float = 8.0
    """So much of it is left out at its beginning: the last seconds of thrust hide there."""
    trial_probability: float = 1e-3
    """A trial whose sum of squares is less probable than this is not free flight: begun anew."""
    broken_probability: float = 1e-6
    """A flight taken for free is no longer, when ``test_numbers`` in a row are less probable."""
    test_numbers: int = 24
    """Numbers between two tests: eight plots."""
    fresh_s: float = 2.0
    """An estimate is carried so far at most to the instant of the track's last detection."""

    @property
    def tiers(self) -> tuple[tuple[float, float], ...]:
        """What may be wrong with one radar: share of the sigmas, and probability."""
        return (
            (1.0, self.well_out_probability),
            (self.slight_share, self.slightly_out_probability),
        )

    @property
    def sigmas(self) -> tuple[float, float, float, float]:
        """Range (m), azimuth, elevation (rad) and clock (s) of a radar that is out of register."""
        return (
            self.range_sigma_m,
            self.azimuth_sigma_rad,
            self.elevation_sigma_rad,
            self.clock_sigma_s,
        )


@dataclass(frozen=True, slots=True)
class LoneSettings:
    """When one infrared satellite alone shows a launch."""

    aircraft_m_s: float = 1_100.0
    """No aircraft flies faster (``assess/evidence.py``)."""
    swift_m_s: float = 700.0
    """And none that flies faster than this, Mach 2.4 in the stratosphere, ..."""
    gain_m_s2: float = 5.0
    """... gains so much speed: a specific excess power of 150 m/s, which no fighter has there
    (Raymer 2012, Aircraft Design, section 17.6), gives 2.1 m/s2, and a dive of 15 degrees as much
    again."""
    sure_sigmas: float = 3.0
    """By so many sigmas. A look every two seconds is a new trial, and nobody else confirms it."""
    looks_min: int = 6
    span_min_s: float = 8.0
    """So many sights over so long a time at least."""
    misfit_ratio_max: float = 2.0
    """The best boost of the family leaves no more than this times what noise leaves."""
    looks_max: int = 32
    chains_max: int = 256
    """Hot things that are followed for each sensor; beyond it what hardly moves goes first."""
    sights_max: int = 256
    """And sights of one scan that are looked at."""
    judged_max: int = 3
    """And so many of them are judged at one scan: a judgement costs some milliseconds."""
    beside_m: float = 3_000.0
    """One satellite's sights begin no track within this, and three sigmas, of a known one."""
    gate_sigma_max_m: float = 300_000.0
    """A track that one satellite alone sees may be so unsure of its place: along the line of sight,
    and across it as sure as any."""
    followed_max: int = 24
    """Launches that are followed by the family of boosts; more are left to the filter."""
    patience_s: float = 8.0
    """A chain ends when nothing was seen for so long, or for 3.5 periods."""
    speed_max_m_s: float = 3_000.0
    """Across the lines of sight a young chain goes no faster."""
    change_max_m_s2: float = 100.0
    """And none changes its motion by more."""


@dataclass(frozen=True, slots=True)
class TrackingSettings:
    """How objects are believed to move, and when a track begins, holds and ends."""

    drag_m2_kg: float = DRAG_NOMINAL_M2_KG
    """Nominal 1/beta; the class value of a re-entry body."""
    drag_spread_s: float = 5.0
    """Noise along the path in air: this times the square of the drag deceleration. 5 s stands for
    a drag that is wrong by 70 % for 10 s, so beta from about 4,000 to 20,000 kg/m2."""
    free_noise_m2_s3: float = 4e-6
    """White acceleration in free flight at the equator's radius, for what the gravity field has
    beyond J2: 2.8e-4 m/s2 at the ground (Kaula's rule), most of it in waves of thousands of km;
    higher up it is less (``motion``'s ``field_noise``). Its covariance carried along flights of 300
    to 1,200 km through a filter that allows for 3e-6 everywhere is 1.0 of what the filter states in
    the median, 1.35 at most; with 5e-6 it is 0.95 and 1.01. In flights through drawn fields
    (``tools/accuracy_field.py``) the one is a little sure, the other a little cautious."""
    forced_along_m2_s3: float = 6_000.0
    """White acceleration along the velocity under thrust. It must cover the lag behind a steady
    thrust a seen with a variance r at 1 Hz: (sqrt(2) a^2 r^(1/4))^(4/5), 3,700 m2/s3 for 30 m/s2
    and 500 m, 8,400 for 50 m/s2."""
    forced_across_m2_s3: float = 2_000.0
    """The same across the velocity: lift, pitch-over; about (45 m/s2)^2 for 1 s."""
    burn_out_hz: float = 0.02
    """Rate at which thrust ends: motors burn for 50 s and more."""
    ignition_hz: float = 1e-3
    """Rate at which thrust begins before free flight is established: the next stage. Larger
    values hold the free filter open (its covariance is then twice too large for half a minute)."""
    relight_hz: float = 1e-8
    """The same once free flight is established above the air. So small not because it is known to
    be, but because plots that err by chance must not look like one; a real relight outweighs it
    within seconds."""
    faint_probability: float = 1e-2
    """Forced flight that is less probable gives nothing to the estimate of free flight, nor to what
    is shown. No region that is stated holds more than 99 in 100, and the looks back do not begin
    below it either (``doubt_probability``). Moments carry what is improbable, squared, into what is
    all but certain: where air can lift, ``swerve_hz`` keeps forced flight at some tenths of a per
    cent, and with 1e-4 here that alone made the covariance of a body that falls, and is seen once a
    second, twice what it errs by. The forced filter itself goes on as it was: of four documented
    pull-ups three were noticed 2 to 7 s sooner so, and one 12 s later."""
    swerve_hz: float = 1e-3
    """The same in air that can lift: a pull-up is to be expected there."""
    swerve_drag_m_s2: float = 0.02
    """Air that slows the nominal body by less than this lifts none: twice as light a glider of
    lift over drag 3 gets 0.1 m/s2 from it, which moves it by its own uncertainty in half a minute.
    Where it acts, ``swerve_hz`` costs a short flight's velocity a factor of two."""
    established_s: float = 8.0
    """Free flight is established when it has been all but certain (0.98) for so long: longer than
    the pause between two stages."""
    lift_small_m_s2: float = 5.0
    """In the air free flight is established only when this would have shown: half of what carries
    an aircraft."""
    step_low_s: float = 1.0
    """Longest integration step in the air."""
    step_high_s: float = 5.0
    """Longest integration step above it: Runge-Kutta error below 1 mm, transition error below
    1e-4 of the velocity's effect."""
    staging_pause_max_s: float = 15.0
    """Thrust that has stayed away for longer has ended: four webcast ascents pause for 10 or 11 s
    between their stages, and what lights then shows within a few seconds."""
    lookback_span_s: float = 24.0
    """The end of thrust is looked for in the last so many seconds of detections: over more thrust
    is not a straight line in time any more."""
    lookback_looks_min: int = 8
    quiet_min_s: float = 2.0
    """And not in the very last of them: a curve bends freely at its end."""
    burn_out_distance2: float = 12.0
    """By so much (chi-square with one degree of freedom, one in 2,000) a curve on which thrust goes
    on must fit worse than the best one on which it ends."""
    powered_probability: float = 0.5
    """While thrust is more probable than this its end is not looked for."""
    push_span_s: float = 14.0
    """Whether something pushes is told from the last so many seconds."""
    driven_distance2: float = 25.0
    """Something does when a curve without a push fits worse by so much (chi-square with three
    degrees of freedom, one in 60,000)."""
    free_distance2: float = 9.0
    """And until it fits worse by no more than this (one in 30)."""
    push_least_m_s2: float = 2.0
    """Less is what the model of the air, or of the sensors, leaves out; on top comes the drag."""
    doubt_probability: float = 0.01
    """Above this probability of thrust the looks back decide."""
    settled_s: float = 30.0
    """After so long in certain free flight nothing more is looked for."""
    lift_top_m: float = 60_000.0
    """Below this what pushes, or ceases to push, may be lift."""
    lift_drag_ratio: float = 7.0
    """But not what pushes harder than so many times the drag of the nominal body: gliders have a
    lift of up to 3 times their drag (Tracy and Wright 2020, Science & Global Security 28(3)), and
    the lightest bodies 2.2 times the nominal drag."""
    free_probability: float = 0.98
    """What is so probably in free flight so long after its engine stopped has flown free."""
    glow_top_m: float = 100_000.0
    """What comes down below this may glow without an engine."""
    climb_span_s: float = 15.0
    """A climb is judged over so many seconds."""
    climb_least_m_s: float = 100.0
    """What climbs more slowly is not looked at."""
    climb_speed_max_m_s: float = 1_500.0
    """Nor is what flies faster: it is no aircraft, however it climbs."""
    gate_probability: float = 0.9997
    """A true detection falls into the gate with this probability."""
    gate_sigma_max_m: float = 30_000.0
    """A track that is less sure of its place takes no detection: its gate would take any."""
    mode_probability_min: float = 0.02
    """A way of moving that is less probable takes no detection, unless nobody else wants it."""
    quota_per_s: int = TRACKS_MAX
    """Detections that one sensor may give in a second: a look at every track that a node can hold.
    So many again, three times, are compared with the known tracks; the rest is not heard."""
    crowd_max: int = 24
    """A track with more detections of one scan in its gate chooses after those that are surer."""
    crowd_late_max: int = 256
    """What is left may be so many in its gate; with more the track takes none."""
    ahead_max_s: float = 2.0
    """A detection observed so long after now comes from a clock that is wrong: refused."""
    late_max_s: float = LATE_MAX_S
    """A detection older than this no longer moves an estimate."""
    speed_max_m_s: float = 8_000.0
    """No object of interest flies faster: the speed of a circular orbit just above the air."""
    speed_sigma_m_s: float = 4_000.0
    """Prior of each component of a new track's velocity; wide, so that the plots decide."""
    pair_gap_min_s: float = 0.8
    """Two plots nearer in time say too little of the velocity to start a track."""
    pair_gap_max_s: float = 6.0
    """Longest time between the first two plots, or 3.5 periods of the sensor if that is longer."""
    pairs_max: int = 8
    """Earlier plots that one new plot may be paired with; the rest, at higher speeds, is left."""
    sight_gap_max_s: float = 3.0
    """Longest time between two lines of sight that are crossed to a place."""
    sight_speed_sigma_m_s: float = 1_500.0
    """How fast an object under thrust may have moved between those two."""
    sight_altitude_max_m: float = 1_500_000.0
    """Lines of sight that cross higher do not show a launch."""
    confirm_spare_numbers: int = 6
    """A track is confirmed when its detections have given so many numbers more than the six that
    it is made of: four radar plots, or three looks of each of two satellites."""
    confirm_spare_slow: int = 9
    """The same where a sensor looks less often than ``slow_period_s``: thrust may bend the path
    much between two looks, so that agreement says less."""
    confirm_spare_crowded: int = 6
    """So many more within ``crowded_m`` of a known track, two radar plots: where objects fly side
    by side, plots of several agree by chance for a few looks."""
    crowded_m: float = 10_000.0
    slow_period_s: float = 3.0
    confirm_span_s: float = 2.5
    """And has lasted for so long."""
    confirm_misfit_ratio: float = 1.8
    """And its innovations squared are on average no larger than this (1 is expected)."""
    disagree_misfit_ratio: float = 3.0
    """A tentative track whose innovations are on average larger is dropped then; in between it
    waits."""
    tentative_hold_s: float = 4.0
    """A tentative track without a detection for so long, or 3.5 periods, is dropped."""
    tentative_max: int = 4_000
    """Tentative tracks at most: a flood of false plots starts no more."""
    lost_after_s: float = 10.0
    """A confirmed track without a detection for so long, or 3.5 periods, is lost."""
    lost_kept_s: float = 4_000.0
    """A lost track is kept so long at most: the longest lofted flights come down within it."""
    landed_kept_s: float = 60.0
    """A lost track is dropped so long after it must have come down."""
    diverged_sigma_m: float = 1_000_000.0
    """A track less sure of its place is no track: dropped, and counted."""
    patience_ratio: float = 3.5
    """How many periods of its slowest sensor a track may go unseen."""
    period_unknown_s: float = 1.0
    """Taken as period of a sensor that states none."""
    gap_counted_s: float = 5.0
    """A gap between two detections counts as observed up to this, or three periods."""
    ascent_spacing_s: float = 1.0
    """Least time between two states kept of the early arc."""
    merge_looks: int = 8
    """Two tracks are one object when so many looks have never shown them side by side."""
    merge_sigma_max_m: float = 3_000.0
    """And their distance is known to this or better."""
    registration_position_sigma_m: float = 500.0
    """What two tracks of one object may differ by when sensors are not quite in register."""
    registration_velocity_sigma_m_s: float = 10.0
    registration_range_sigma_m: float = 500.0
    """What one range may be wrong by, 0.1 to 0.3 s of a clock at 2 to 4 km/s included."""
    registration_angle_sigma_rad: float = 1.0e-3
    registered_within_s: float = 2.0
    """Only beside a track that was seen so lately is a stray plot laid to a sensor's register; an
    object that truly turns away is soon unseen by all, and its plots count again."""
    stray_hold_s: float = 2.0
    """So long at most, or until the sensor's next scan, a plot beside a track waits for the track's
    own plot of the same scan: reports of one scan come some tenths of a second apart."""
    registration: RegistrationSettings = field(default_factory=RegistrationSettings)
    """How biases are learnt."""
    noise: NoiseSettings = field(default_factory=NoiseSettings)
    """How it is told that they state too little noise."""
    lone: LoneSettings = field(default_factory=LoneSettings)
    """How one satellite alone shows a launch."""

    def motion(self) -> Motion:
        """The part that whoever fuses a track with others' needs to know."""
        return Motion(
            drag_m2_kg=self.drag_m2_kg,
            drag_spread_s=self.drag_spread_s,
            free_m2_s3=self.free_noise_m2_s3,
            forced_along_m2_s3=self.forced_along_m2_s3,
            forced_across_m2_s3=self.forced_across_m2_s3,
        )

    def law(self) -> Law:
        """The part that the filter's kernels take."""
        return Law(
            drag=self.drag_m2_kg,
            free=self.free_noise_m2_s3,
            spread=self.drag_spread_s,
            along=self.forced_along_m2_s3,
            across=self.forced_across_m2_s3,
            burn_out=self.burn_out_hz,
            ignition=self.ignition_hz,
            relight=self.relight_hz,
            faint=self.faint_probability,
            swerve=self.swerve_hz,
            swerve_drag=self.swerve_drag_m_s2,
            established=self.established_s,
            lift=self.lift_small_m_s2,
            step_low=self.step_low_s,
            step_high=self.step_high_s,
        )
