"""Wording: every message says who, where, what, when, how sure and what to do, in each language."""

import string
from dataclasses import replace

import pytest

from signalfire.assess.phrases import TEMPLATES
from signalfire.assess.wording import (
    LANGUAGES,
    Cause,
    Ground,
    Notice,
    reason,
    sole_source,
    texts,
)
from signalfire.basis.identity import AreaId, NationId, WarningId
from signalfire.basis.limits import AREAS_NAMED_MAX
from signalfire.basis.realm import Realm
from signalfire.basis.utc import instant_from_utc
from signalfire.picture.warning import AreaKind, Texts, WarnedArea, WarningStatus

HOKKAIDO = Texts("北海道", "홋카이도", "Hokkaido")
AOMORI = Texts("青森県", "아오모리현", "Aomori")
WINDOW = (instant_from_utc("2017-09-14T22:04:10Z"), instant_from_utc("2017-09-14T22:06:05Z"))


def area(code: str, name: Texts, kind: AreaKind = AreaKind.OVERFLIGHT) -> WarnedArea:
    return WarnedArea(AreaId(code), kind, WINDOW, name)


NOTICE = Notice(
    warning=WarningId("W-JPN-1-1"),
    references=None,
    issuer=NationId("JPN"),
    status=WarningStatus.INITIAL,
    grounds=(Ground(Cause.OVERFLIGHT_PREDICTED, (HOKKAIDO,)),),
    realm=Realm("exercise:EX1"),
    areas=(area("JP-01", HOKKAIDO),),
    window=WINDOW,
    confidence_probability=0.93,
    observed_fraction=0.42,
    witnesses=2,
    sources=(NationId("JPN"), NationId("KOR")),
)
CANCEL = replace(
    NOTICE,
    warning=WarningId("W-JPN-1-2"),
    references=WarningId("W-JPN-1-1"),
    status=WarningStatus.CANCEL,
    grounds=(Ground(Cause.ESTIMATE_LEFT),),
)


def in_all_languages(notice: Notice) -> dict[str, str]:
    written = texts(notice)
    return {language: getattr(written, language) for language in LANGUAGES}


def test_every_language_has_the_same_sentences() -> None:
    assert set(TEMPLATES) == set(LANGUAGES)
    keys = [set(TEMPLATES[language]) for language in LANGUAGES]
    assert keys[0] == keys[1] == keys[2]


def test_a_sentence_carries_the_same_facts_in_every_language() -> None:
    def slots(template: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(template) if name}

    for key in TEMPLATES["en"]:
        first, *others = (slots(TEMPLATES[language][key]) for language in LANGUAGES)
        assert all(other == first for other in others), key


def test_every_cause_status_kind_and_realm_has_its_sentence() -> None:
    needed = {f"because.{cause}" for cause in Cause}
    needed |= {f"head.{status}" for status in WarningStatus}
    needed |= {f"area.{kind}" for kind in AreaKind}
    needed |= {"realm.live", "realm.exercise", "realm.test", "do.cancel", "do.all_clear"}
    assert needed <= set(TEMPLATES["en"])


def test_an_initial_message_is_whole_in_japanese() -> None:
    assert texts(NOTICE).ja == (
        "【訓練】これは訓練です。"
        "ミサイル発射。ミサイル発射。ミサイルが発射されたものとみられます。"
        "上空を通過するおそれがある地域：北海道。"
        "予想時刻：07:04から07:07まで（日本時間）、22:04から22:07まで（UTC）。"
        "建物の中、又は地下に避難してください。"
        "不審な物を見つけた場合は近寄らず、警察や消防に連絡してください。"
        "確率93％。飛行時間の42％を観測し、残りは予測です。独立した情報源の数：2。"
        "発表：日本、番号W-JPN-1-1。【訓練】"
    )


def test_an_initial_message_is_whole_in_korean() -> None:
    notice = replace(NOTICE, issuer=NationId("KOR"), warning=WarningId("W-KOR-1-1"))
    assert texts(notice).ko == (
        "[훈련] 이것은 훈련입니다. "
        "미사일 발사. 미사일 발사. 미사일이 발사된 것으로 보입니다. "
        "상공 통과가 우려되는 지역: 홋카이도. "
        "예상 시각: 07:04부터 07:07까지(한국 시간), 22:04부터 22:07까지(UTC). "
        "건물 안이나 지하로 대피하십시오. "
        "의심스러운 물체를 발견하면 다가가지 말고 경찰이나 소방에 신고하십시오. "
        "확률 93%. 비행시간의 42%를 관측했고 나머지는 예측입니다. 독립된 정보원 수: 2. "
        "발표: 한국, 번호 W-KOR-1-1. [훈련]"
    )


def test_an_initial_message_is_whole_in_english() -> None:
    assert texts(NOTICE).en == (
        "EXERCISE. This is an exercise. "
        "Missile launch. Missile launch. A missile appears to have been launched. "
        "May pass over: Hokkaido. "
        "Expected between 07:04 and 07:07 Japan time, 22:04 and 22:07 UTC. "
        "Take shelter inside a building or underground. "
        "Do not go near anything suspicious; tell the police or the fire service. "
        "Probability 93 %. Observed for 42 % of the flight, the rest is predicted. "
        "Independent sources: 2. "
        "Issued by Japan, notice W-JPN-1-1. EXERCISE."
    )


@pytest.mark.parametrize(
    ("realm", "marks"),
    [
        ("exercise:EX1", {"ja": "訓練", "ko": "훈련", "en": "EXERCISE"}),
        ("test:detections.jsonl", {"ja": "試験", "ko": "시험", "en": "TEST"}),
    ],
)
@pytest.mark.parametrize("notice", [NOTICE, CANCEL], ids=["initial", "cancel"])
def test_what_is_not_live_says_so_first_and_last(
    realm: str, marks: dict[str, str], notice: Notice
) -> None:
    for language, text in in_all_languages(replace(notice, realm=Realm(realm))).items():
        assert marks[language] in text[:8]
        assert marks[language] in text[-9:]


def test_what_is_live_speaks_of_no_exercise() -> None:
    written = in_all_languages(replace(NOTICE, realm=Realm("live")))
    for word, language in (("訓練", "ja"), ("훈련", "ko"), ("EXERCISE", "en"), ("TEST", "en")):
        assert word not in written[language]


def test_impact_calls_for_shelter_at_once_even_beside_an_overflight() -> None:
    notice = replace(
        NOTICE, areas=(area("JP-01", HOKKAIDO), area("JP-02", AOMORI, AreaKind.IMPACT))
    )
    english = texts(notice).en
    assert "May come down in: Aomori. May pass over: Hokkaido." in english
    assert "Take shelter at once" in english
    assert "直ちに" in texts(notice).ja and "즉시" in texts(notice).ko


def test_a_cancel_lifts_the_call_and_says_why() -> None:
    english = texts(CANCEL).en
    assert "There is no need to take shelter." in english
    assert "The estimate no longer touches the named areas." in english
    assert "Probability" not in english


def test_a_cancel_that_gives_way_to_another_warning_keeps_people_sheltered() -> None:
    notice = replace(CANCEL, grounds=(Ground(Cause.SUPERSEDED),), stands=WarningId("W-JPN-1-9"))
    for text in in_all_languages(notice).values():
        assert "W-JPN-1-9" in text
    assert "no need to take shelter" not in texts(notice).en
    assert "避難の必要はありません" not in texts(notice).ja
    assert "필요가 없습니다" not in texts(notice).ko


def test_a_long_list_of_areas_is_cut_and_the_rest_counted() -> None:
    many = tuple(
        area(f"JP-{n:02d}", Texts(f"ja{n:02d}", f"ko{n:02d}", f"en{n:02d}")) for n in range(1, 48)
    )
    written = in_all_languages(replace(NOTICE, areas=many))
    left_out = 47 - AREAS_NAMED_MAX
    for language, phrase in (
        ("ja", f"ほか{left_out}地域"),
        ("ko", f"외 {left_out}개"),
        ("en", f"and {left_out} more"),
    ):
        assert phrase in written[language]
        assert f"{language}{AREAS_NAMED_MAX:02d}" in written[language]
        assert f"{language}{AREAS_NAMED_MAX + 1:02d}" not in written[language]


def test_what_rests_on_one_partner_alone_says_so() -> None:
    notice = replace(NOTICE, sources=(NationId("KOR"),))
    assert sole_source(notice) == "KOR"
    assert reason(notice) == "Predicted to pass over Hokkaido. This rests on reports of KOR alone."
    assert "韓国からの報告だけに基づきます。" in texts(notice).ja
    assert "한국의 보고에만 근거합니다." in texts(notice).ko
    assert "reports of the Republic of Korea alone" in texts(notice).en


def test_what_is_from_own_sensors_speaks_of_nobody_else() -> None:
    notice = replace(NOTICE, sources=(NationId("JPN"),))
    assert sole_source(notice) is None
    assert reason(notice) == "Predicted to pass over Hokkaido."


def test_every_ground_of_an_update_is_told() -> None:
    notice = replace(
        NOTICE,
        status=WarningStatus.UPDATE,
        references=WarningId("W-JPN-1-1"),
        grounds=(Ground(Cause.AREAS_ADDED, (AOMORI,)), Ground(Cause.AREAS_LEFT, (HOKKAIDO,))),
        areas=(area("JP-02", AOMORI),),
    )
    assert reason(notice) == "Areas added: Aomori. The estimate no longer touches Hokkaido."
    assert "This replaces notice W-JPN-1-1." in texts(notice).en
    assert "理由：予測が北海道にかからなくなったため、対象から外しました。" in texts(notice).ja


def test_a_lost_missile_is_said_to_be_lost() -> None:
    assert "not being seen now" in texts(replace(NOTICE, is_lost=True)).en
    assert "not being seen now" not in texts(NOTICE).en


def test_a_nation_without_a_known_clock_is_told_in_utc() -> None:
    english = texts(replace(NOTICE, issuer=NationId("USA"))).en
    assert "Expected between 22:04 and 22:07 UTC." in english
    assert "Issued by the United States" in english
    assert "Issued by PHL" in texts(replace(NOTICE, issuer=NationId("PHL"))).en


def test_a_window_of_whole_minutes_is_not_widened() -> None:
    window = (instant_from_utc("2017-09-14T22:04:00Z"), instant_from_utc("2017-09-14T22:06:00Z"))
    assert "22:04 and 22:06 UTC" in texts(replace(NOTICE, window=window)).en


def test_a_name_with_braces_is_only_a_name() -> None:
    odd = Texts("{x}", "{0}", "{body}")
    written = in_all_languages(replace(NOTICE, areas=(area("JP-01", odd),)))
    assert "{x}" in written["ja"] and "{0}" in written["ko"] and "{body}" in written["en"]
