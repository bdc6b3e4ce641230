"""The sentences of warnings in Japanese, Korean and English: the same keys in every language.

The calls to act follow the sense of the public phrases of J-Alert (launch, take shelter, passed,
lifted) and of Korea's civil-defence alerts; the words are our own and are no official text of
either country. A template is a whole sentence: none is put together from parts.
"""

JAPANESE = {
    "realm.live": "{body}",
    "realm.exercise": "【訓練】これは訓練です。{body}【訓練】",
    "realm.test": "【試験】これは試験です。{body}【試験】",
    "head.initial": "ミサイル発射。ミサイル発射。ミサイルが発射されたものとみられます。",
    "head.update": "ミサイル情報の更新。先に出した警報{references}を次のとおり改めます。",
    "head.cancel": "警報の取り消し。先に出した警報を取り消します。",
    "head.all_clear": "警報の解除。避難の呼びかけを解除します。",
    "area.impact": "落下するおそれがある地域：{areas}。",
    "area.overflight": "上空を通過するおそれがある地域：{areas}。",
    "area.debris": "落下物のおそれがある地域：{areas}。",
    "area.concerned": "対象の地域：{areas}。",
    "when": (
        "予想時刻：{local_start}から{local_end}まで（{clock}）、"
        "{utc_start}から{utc_end}まで（UTC）。"
    ),
    "when.utc": "予想時刻：{utc_start}から{utc_end}まで（UTC）。",
    "sure": (
        "確率{confidence}％。飛行時間の{observed}％を観測し、残りは予測です。"
        "独立した情報源の数：{witnesses}。"
    ),
    "lost": "現在、ミサイルを捉えていません。最後の予測に基づきます。",
    "do.impact": "直ちに建物の中、又は地下に避難してください。",
    "do.overflight": (
        "建物の中、又は地下に避難してください。不審な物を見つけた場合は近寄らず、"
        "警察や消防に連絡してください。"
    ),
    "do.cancel": "避難の必要はありません。",
    "do.follow": "引き続き警報{stands}に従ってください。",
    "do.all_clear": (
        "避難を終えて構いません。不審な物を見つけた場合は近寄らず、警察や消防に連絡してください。"
    ),
    "who": "発表：{issuer}、番号{warning}。",
    "because.impact_predicted": "理由：{areas}への落下が予測されます。",
    "because.overflight_predicted": "理由：{areas}の上空の通過が予測されます。",
    "because.debris_predicted": "理由：{areas}への落下物が予測されます。",
    "because.areas_added": "理由：対象に{areas}を加えました。",
    "because.areas_left": "理由：予測が{areas}にかからなくなったため、対象から外しました。",
    "because.threat_changed": "理由：{areas}で予測される事態が変わりました。",
    "because.window_moved": "理由：予想時刻が変わりました。",
    "because.estimate_left": "理由：予測がこれらの地域にかからなくなりました。",
    "because.superseded": "理由：警報{stands}と同じミサイルについての警報でした。",
    "because.withdrawn": "理由：警報の基になった報告が取り消されました。",
    "because.window_passed": "理由：予想時刻を過ぎました。",
    "because.passed_over": "理由：これらの地域の上空を通過したものとみられます。",
    "because.lost_hold_passed": "理由：ミサイルを捉えられないまま、定めた待ち時間が過ぎました。",
    "because.still_warned": "{areas}には別の警報が続いています。避難を続けてください。",
    "alone": "{source}からの報告だけに基づきます。",
    "list.separator": "、",
    "list.more": "{areas}、ほか{count}地域",
}

KOREAN = {
    "realm.live": "{body}",
    "realm.exercise": "[훈련] 이것은 훈련입니다. {body} [훈련]",
    "realm.test": "[시험] 이것은 시험입니다. {body} [시험]",
    "head.initial": "미사일 발사. 미사일 발사. 미사일이 발사된 것으로 보입니다.",
    "head.update": (
        "미사일 정보 갱신. 앞서 발령한 경보 {references}의 내용을 다음과 같이 바꿉니다."
    ),
    "head.cancel": "경보 취소. 앞서 발령한 경보를 취소합니다.",
    "head.all_clear": "경보 해제. 대피 요청을 해제합니다.",
    "area.impact": "낙하가 우려되는 지역: {areas}.",
    "area.overflight": "상공 통과가 우려되는 지역: {areas}.",
    "area.debris": "낙하물이 우려되는 지역: {areas}.",
    "area.concerned": "대상 지역: {areas}.",
    "when": (
        "예상 시각: {local_start}부터 {local_end}까지({clock}), {utc_start}부터 {utc_end}까지(UTC)."
    ),
    "when.utc": "예상 시각: {utc_start}부터 {utc_end}까지(UTC).",
    "sure": (
        "확률 {confidence}%. 비행시간의 {observed}%를 관측했고 나머지는 예측입니다. 독립된 "
        "정보원 수: {witnesses}."
    ),
    "lost": "현재 미사일을 포착하지 못하고 있습니다. 마지막 예측에 따른 내용입니다.",
    "do.impact": "즉시 건물 안이나 지하로 대피하십시오.",
    "do.overflight": (
        "건물 안이나 지하로 대피하십시오. 의심스러운 물체를 발견하면 다가가지 말고 경찰이나 "
        "소방에 신고하십시오."
    ),
    "do.cancel": "대피할 필요가 없습니다.",
    "do.follow": "계속해서 경보 {stands}에 따르십시오.",
    "do.all_clear": (
        "대피를 마치셔도 됩니다. 의심스러운 물체를 발견하면 다가가지 말고 경찰이나 소방에 "
        "신고하십시오."
    ),
    "who": "발표: {issuer}, 번호 {warning}.",
    "because.impact_predicted": "이유: {areas}에 낙하할 것으로 예측됩니다.",
    "because.overflight_predicted": "이유: {areas} 상공을 통과할 것으로 예측됩니다.",
    "because.debris_predicted": "이유: {areas}에 분리된 부분이 떨어질 것으로 예측됩니다.",
    "because.areas_added": "이유: 대상 지역에 추가된 곳은 {areas}입니다.",
    "because.areas_left": "이유: 예측이 더 이상 미치지 않아 대상에서 제외된 곳은 {areas}입니다.",
    "because.threat_changed": "이유: {areas}에서 예측되는 상황이 바뀌었습니다.",
    "because.window_moved": "이유: 예상 시각이 바뀌었습니다.",
    "because.estimate_left": "이유: 예측이 더 이상 이 지역들에 미치지 않습니다.",
    "because.superseded": "이유: 경보 {stands}와 동일한 미사일에 관한 경보였습니다.",
    "because.withdrawn": "이유: 경보의 근거가 된 보고가 취소되었습니다.",
    "because.window_passed": "이유: 예상 시각이 지났습니다.",
    "because.passed_over": "이유: 이 지역들의 상공을 통과한 것으로 보입니다.",
    "because.lost_hold_passed": "이유: 미사일을 포착하지 못한 채 정해진 대기 시간이 지났습니다.",
    "because.still_warned": ("다른 경보가 계속되는 지역: {areas}. 그곳에서는 대피를 계속하십시오."),
    "alone": "{source}의 보고에만 근거합니다.",
    "list.separator": ", ",
    "list.more": "{areas} 외 {count}개 지역",
}

ENGLISH = {
    "realm.live": "{body}",
    "realm.exercise": "EXERCISE. This is an exercise. {body} EXERCISE.",
    "realm.test": "TEST. This is a test. {body} TEST.",
    "head.initial": "Missile launch. Missile launch. A missile appears to have been launched.",
    "head.update": "Missile information updated. This replaces notice {references}.",
    "head.cancel": "Warning withdrawn. The earlier warning is withdrawn.",
    "head.all_clear": "All clear. The call to take shelter is lifted.",
    "area.impact": "May come down in: {areas}.",
    "area.overflight": "May pass over: {areas}.",
    "area.debris": "Parts may fall on: {areas}.",
    "area.concerned": "Areas concerned: {areas}.",
    "when": (
        "Expected between {local_start} and {local_end} {clock}, {utc_start} and {utc_end} UTC."
    ),
    "when.utc": "Expected between {utc_start} and {utc_end} UTC.",
    "sure": (
        "Probability {confidence} %. Observed for {observed} % of the flight, the rest is "
        "predicted. Independent sources: {witnesses}."
    ),
    "lost": "The missile is not being seen now; this rests on the last prediction.",
    "do.impact": "Take shelter at once inside a building or underground.",
    "do.overflight": (
        "Take shelter inside a building or underground. Do not go near anything suspicious; "
        "tell the police or the fire service."
    ),
    "do.cancel": "There is no need to take shelter.",
    "do.follow": "Keep following notice {stands}.",
    "do.all_clear": (
        "You may leave shelter. Do not go near anything suspicious; tell the police or the "
        "fire service."
    ),
    "who": "Issued by {issuer}, notice {warning}.",
    "because.impact_predicted": "Predicted to come down in {areas}.",
    "because.overflight_predicted": "Predicted to pass over {areas}.",
    "because.debris_predicted": "Parts are predicted to fall on {areas}.",
    "because.areas_added": "Areas added: {areas}.",
    "because.areas_left": "The estimate no longer touches {areas}.",
    "because.threat_changed": "The predicted threat changed for {areas}.",
    "because.window_moved": "The expected time has moved.",
    "because.estimate_left": "The estimate no longer touches the named areas.",
    "because.superseded": "It concerned the same missile as notice {stands}, which stands.",
    "because.withdrawn": "The reports behind the warning were withdrawn.",
    "because.window_passed": "The expected time has passed.",
    "because.passed_over": "It appears to have passed over the named areas.",
    "because.lost_hold_passed": "The missile was lost and the stated hold has passed.",
    "because.still_warned": "Another warning still stands for {areas}: stay in shelter there.",
    "alone": "This rests on reports of {source} alone.",
    "list.separator": ", ",
    "list.more": "{areas} and {count} more",
}

TEMPLATES: dict[str, dict[str, str]] = {"ja": JAPANESE, "ko": KOREAN, "en": ENGLISH}
