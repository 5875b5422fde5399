"""The words of a report, in Japanese and in English."""

from henkan.workflow.evaluation_report_page import Language

TEXTS: dict[str, tuple[str, str]] = {
    "title": ("評価レポート：{bundle}", "Evaluation of {bundle}"),
    "subtitle": ("{pairs}（{n} 件の入力）、{decoding}", "{pairs}, {n} sources, {decoding}"),
    "test split": ("学習に使わず取り分けておいたテスト用の組", "the held-out test split"),
    "greedy": ("毎回最も確率の高い記号を選んでデコード", "decoded greedily"),
    "beam": (
        "幅 {width} のビームサーチでデコード（長さの調整 {penalty:g}）",
        "decoded with a beam of {width} (length penalty {penalty:g})",
    ),
    "figures": ("指標", "Figures"),
    "figure": ("指標", "figure"),
    "value": ("値", "value"),
    "meaning": ("意味", "what it is"),
    "margin": (
        "± は 95 % 信頼区間の半分の幅です（入力を {samples} 回復元抽出）。これより小さい差は偶然かもしれません。",
        "± is half of the 95 % interval, from {samples} draws of the sources. A smaller difference may be chance.",
    ),
    "exact_match": ("正解のどれかと完全に一致した出力の割合", "share of outputs that equal one of their references"),
    "word_error_rate": (
        "単語誤り率：正解に直すための編集数 ÷ 正解の単語数",
        "words to change, per word of the closest reference",
    ),
    "word_error_rate whole": (
        "出力全体を一語と数えた誤り率：誤った出力の割合",
        "share of outputs that are wrong: a whole output is one word",
    ),
    "error_rate": (
        "最も近い正解に直すための編集数（挿入・削除・置換）÷ その長さ。単位：{unit}",
        "insertions, deletions and replacements per {unit} of the closest reference",
    ),
    "bleu": ("BLEU（0〜100、sacreBLEU）", "BLEU, 0 to 100, by sacreBLEU"),
    "chrf": ("chrF：文字の n-gram（0〜100、sacreBLEU）", "chrF, of character n-grams, 0 to 100, by sacreBLEU"),
    "ter": (
        "TER：移動も数える編集率（sacreBLEU、低いほどよい）",
        "TER, edits and shifts, by sacreBLEU; lower is better",
    ),
    "ended_by_limit": (
        "終わりの記号を出さず、長さの上限で切られた出力の割合",
        "share of outputs cut off by the length limit",
    ),
    "looping": (
        "末尾で同じ並びを繰り返す出力の割合（正解の末尾より 3 回以上多く、6 記号以上）",
        "share of outputs that end by repeating themselves, 3 times more than any reference, 6 symbols or more",
    ),
    "calibration_error": (
        "期待較正誤差：モデルの確率と正答率のずれの平均",
        "expected calibration error: how far probability and share right lie apart",
    ),
    "forced_token_accuracy": (
        "正しい続きを与えながら予測したトークンの正答率（教師強制。自由に書かせた値とは別物）",
        "share of tokens predicted right after the true ones before them (teacher forcing, not free running)",
    ),
    "forced_perplexity": (
        "教師強制のパープレキシティ（平滑化なし、実トークンあたり）。トークナイザーが同じときだけ比べられます",
        "teacher-forced perplexity per real token, without smoothing; comparable between equal tokenizers only",
    ),
    "chosen for": ("データの種類（自動判定）：{what}", "Chosen for {what}"),
    "kind symbols": (
        "区切られた記号の列（音素など）",
        "symbols of a small set with separators between them, such as phones",
    ),
    "kind short": ("短い文字列", "short texts"),
    "kind sentences": ("単語を空白で区切る文", "sentences with spaces between words"),
    "kind unspaced sentences": (
        "単語を空白で区切らない文（日本語など）。BLEU は文字単位です",
        "sentences without spaces between words, such as Japanese; BLEU compares characters",
    ),
    "character": ("文字", "character"),
    "phone": ("音素", "phone"),
    "symbol": ("記号", "symbol"),
    "word": ("単語", "word"),
    "curves": ("学習曲線", "Learning curves"),
    "no curves": ("このバンドルには metrics.csv がありません。", "This bundle has no metrics.csv."),
    "step": ("更新回数", "updates"),
    "loss": ("損失（学習データ）", "training loss"),
    "dev": ("検証データの {metric}", "{metric} on the dev set"),
    "lengths": ("長さごとの成績", "By length of the source"),
    "lengths note": (
        "入力を長さ（{unit}）の順に並べ、ほぼ同じ数ずつに分けました。",
        "The sources by their length ({unit}s), cut into slices of about the same number.",
    ),
    "length": ("入力の長さ", "length of the source"),
    "sources": ("入力の数", "sources"),
    "right": ("正答率", "right"),
    "error rate": ("誤り率（{unit}）", "{unit} error rate"),
    "calibration": ("確信度", "Confidence"),
    "calibration note": (
        "出力を確率の順に 10 等分しました。点が破線上にあれば、確率をそのまま正答率として読めます。"
        "線より上は自信不足、下は自信過剰です。",
        "The outputs by their probability, cut into tenths. On the broken line a probability means what it says; "
        "above it the model is too modest, below it too sure.",
    ),
    "probability": ("出力の確率", "probability of the output"),
    "confusions": ("よくある取り違え", "Most frequent confusions"),
    "confusions note": (
        "最も近い正解とのあいだの編集を数えました（単位：{unit}）。",
        "The edits between the outputs and their closest references, by {unit}.",
    ),
    "expected": ("正解", "reference"),
    "written": ("出力", "output"),
    "times": ("回数", "times"),
    "example": ("例（入力：正解 → 出力）", "example (source: reference → output)"),
    "nothing": ("（なし）", "(nothing)"),
    "furthest": ("最も大きく外れた出力", "Furthest from right"),
    "furthest note": (
        "最も近い正解までの編集数（単位：{unit}）が多い順。",
        "By the number of edits to the closest reference, by {unit}.",
    ),
    "surest": ("自信をもって誤った出力", "Wrong, and sure of it"),
    "surest note": (
        "誤った出力を、モデルの確率が高い順に並べました。正解データの誤りが見つかることもあります。",
        "Wrong outputs by the model's probability. Mistakes in the data show here, too.",
    ),
    "all right": ("誤りはありませんでした。", "Nothing was wrong."),
    "source": ("入力", "source"),
    "edits": ("編集数", "edits"),
    "attention": ("見ていた場所", "Where it looked"),
    "attention note": (
        "行は出力の記号、列は入力の記号、濃さは交差注意の重み（ヘッドの平均、第 {layer} 層）。",
        "Rows are symbols of the output, columns those of the source; ink is cross-attention, "
        "the mean of the heads in layer {layer}.",
    ),
    "attention cut": ("長いので、はじめの {count} 記号までです。", "Cut to the first {count} symbols."),
    "facts": ("データと学習", "Data and training"),
    "settings": ("設定", "Settings"),
    "trained on": ("学習データ", "trained on"),
    "split": ("入力の数（学習／検証／テスト）", "sources (train / dev / test)"),
    "tokenizers": ("トークナイザー（入力／出力）", "tokenizers (source / target)"),
    "parameters": ("パラメーター数", "parameters"),
    "training": ("学習", "training"),
    "took": ("{steps} 回の更新、{minutes}（停止の理由：{why}）", "{steps} updates in {minutes} (ended by: {why})"),
    "best": ("採用した重み", "weights kept"),
    "best step": ("{step} 回目の更新", "those of update {step}"),
    "versions": ("バージョン", "versions"),
    "machine": ("計算機", "machine"),
}


def word(name: str, language: Language, **values: object) -> str:
    """A text of the report in ``language``, its values filled in; a name that is none stands for itself."""
    ja, en = TEXTS.get(name, (name, name))
    return (ja if language == "ja" else en).format(**values)
