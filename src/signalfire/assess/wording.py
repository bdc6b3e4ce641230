"""What a warning says, from its fields, in Japanese, Korean and English.

Every sentence is a template of its language (``phrases``) with numbers, times and names put in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from signalfire.assess.phrases import TEMPLATES
from signalfire.basis.identity import NationId, WarningId
from signalfire.basis.instant import Instant
from signalfire.basis.limits import AREAS_NAMED_MAX
from signalfire.basis.realm import Realm
from signalfire.basis.utc import utc_text
from signalfire.picture.warning import AreaKind, Texts, WarnedArea, WarningStatus

LANGUAGES = ("ja", "ko", "en")


class Cause(StrEnum):
    """Why a message is sent; each has a sentence in every language."""

    IMPACT_PREDICTED = "impact_predicted"
    OVERFLIGHT_PREDICTED = "overflight_predicted"
    DEBRIS_PREDICTED = "debris_predicted"
    AREAS_ADDED = "areas_added"
    AREAS_LEFT = "areas_left"
    THREAT_CHANGED = "threat_changed"
    WINDOW_MOVED = "window_moved"
    ESTIMATE_LEFT = "estimate_left"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    WINDOW_PASSED = "window_passed"
    PASSED_OVER = "passed_over"
    LOST_HOLD_PASSED = "lost_hold_passed"
    STILL_WARNED = "still_warned"


@dataclass(frozen=True, slots=True)
class Ground:
    """A cause, and the areas that it is about where it is about some only (added, left, still
    warned)."""

    cause: Cause
    concerned: tuple[Texts, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """Everything that a message to people is worded from.

    ``areas`` are those that the message names. ``sources`` are the nations whose reports it rests
    on; ``stands`` is the warning that goes on where this one gives way to it.
    """

    warning: WarningId
    references: WarningId | None
    issuer: NationId
    status: WarningStatus
    grounds: tuple[Ground, ...]
    realm: Realm
    areas: tuple[WarnedArea, ...]
    window: tuple[Instant, Instant]
    confidence_probability: float
    observed_fraction: float
    witnesses: int
    sources: tuple[NationId, ...]
    is_lost: bool = False
    stands: WarningId | None = None


NATIONS: dict[str, Texts] = {
    "JPN": Texts("日本", "일본", "Japan"),
    "KOR": Texts("韓国", "한국", "the Republic of Korea"),
    "USA": Texts("米国", "미국", "the United States"),
}
"""Nations by name; another one is called by its code."""

LOCAL_TIME: dict[str, tuple[float, Texts]] = {
    "JPN": (9 * 3600.0, Texts("日本時間", "일본 시간", "Japan time")),
    "KOR": (9 * 3600.0, Texts("韓国時間", "한국 시간", "Korea time")),
}
"""Seconds by which a nation's clocks are ahead of UTC, and what its time is called."""


def reason(notice: Notice) -> str:
    """Why the message is sent: short sentences in English, nations by code."""
    sentences = _because("en", notice)
    if (source := sole_source(notice)) is not None:
        sentences.append(TEMPLATES["en"]["alone"].format(source=source))
    return " ".join(sentences)


def texts(notice: Notice) -> Texts:
    """The whole message in each language: what, where, when, what to do, how sure, why, who."""
    ja, ko, en = (_text(language, notice) for language in LANGUAGES)
    return Texts(ja, ko, en)


def sole_source(notice: Notice) -> NationId | None:
    """The one partner on whose word alone the warning rests; None where there are others or we."""
    if len(notice.sources) == 1 and notice.sources[0] != notice.issuer:
        return notice.sources[0]
    return None


def _text(language: str, notice: Notice) -> str:
    say = TEMPLATES[language]
    if notice.status in (WarningStatus.INITIAL, WarningStatus.UPDATE):
        sentences = _threat_sentences(language, notice)
    else:
        sentences = _closing_sentences(language, notice)
    issuer = _nation(notice.issuer, language)
    sentences.append(say["who"].format(issuer=issuer, warning=notice.warning))
    body = ("" if language == "ja" else " ").join(sentences)
    return say[f"realm.{notice.realm.kind}"].format(body=body)


def _threat_sentences(language: str, notice: Notice) -> list[str]:
    """What may happen where and when, what to do, and how sure that is."""
    say = TEMPLATES[language]
    sentences = [say[f"head.{notice.status}"].format(references=notice.references)]
    kinds = [kind for kind in AreaKind if any(area.kind is kind for area in notice.areas)]
    for kind in kinds:
        names = [area.name for area in notice.areas if area.kind is kind]
        sentences.append(say[f"area.{kind}"].format(areas=_listed(language, names)))
    sentences.append(_when(language, notice))
    passes_only = kinds == [AreaKind.OVERFLIGHT]
    sentences.append(say["do.overflight" if passes_only else "do.impact"])
    sentences.append(
        say["sure"].format(
            confidence=round(100.0 * notice.confidence_probability),
            observed=round(100.0 * notice.observed_fraction),
            witnesses=notice.witnesses,
        )
    )
    if notice.is_lost:
        sentences.append(say["lost"])
    if notice.status is WarningStatus.UPDATE:
        sentences += _because(language, notice)
    if (source := sole_source(notice)) is not None:
        sentences.append(say["alone"].format(source=_nation(source, language)))
    return sentences


def _closing_sentences(language: str, notice: Notice) -> list[str]:
    """That it is over or never was, for whom, what to do now, and why."""
    say = TEMPLATES[language]
    concerned = _listed(language, [area.name for area in notice.areas])
    action = "do.follow" if notice.stands is not None else f"do.{notice.status}"
    return [
        say[f"head.{notice.status}"],
        say["area.concerned"].format(areas=concerned),
        say[action].format(stands=notice.stands),
        *_because(language, notice),
    ]


def _because(language: str, notice: Notice) -> list[str]:
    say = TEMPLATES[language]
    return [
        say[f"because.{ground.cause}"].format(
            areas=_listed(language, ground.concerned), stands=notice.stands
        )
        for ground in notice.grounds
    ]


def _listed(language: str, names: Sequence[Texts]) -> str:
    """Names of areas, the first few of them, and how many more."""
    say = TEMPLATES[language]
    shown = say["list.separator"].join(getattr(n, language) for n in names[:AREAS_NAMED_MAX])
    if len(names) <= AREAS_NAMED_MAX:
        return shown
    return say["list.more"].format(areas=shown, count=len(names) - AREAS_NAMED_MAX)


def _when(language: str, notice: Notice) -> str:
    """The window in whole minutes, rounded outwards, on the issuer's clocks and in UTC."""
    start, end = notice.window
    end = end.later(59.999_999_999)
    utc_start, utc_end = _minute(start), _minute(end)
    if notice.issuer not in LOCAL_TIME:
        return TEMPLATES[language]["when.utc"].format(utc_start=utc_start, utc_end=utc_end)
    ahead_s, clock = LOCAL_TIME[notice.issuer]
    return TEMPLATES[language]["when"].format(
        local_start=_minute(start.later(ahead_s)),
        local_end=_minute(end.later(ahead_s)),
        clock=getattr(clock, language),
        utc_start=utc_start,
        utc_end=utc_end,
    )


def _minute(instant: Instant) -> str:
    return utc_text(instant, digits=0)[11:16]


def _nation(nation: NationId, language: str) -> str:
    name: str = getattr(NATIONS[nation], language) if nation in NATIONS else nation
    return name
