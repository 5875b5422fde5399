# ---
# jupyter:
#   henkan:
#     seconds: 30
# ---

# %% [markdown] lang="ja" id="d2-title"
# # デモ 02：マルチヘッドアテンション
#
# デモ 01 では、一つのヘッドが一つの仕事をしました。ここではヘッドを増やし、小さなモデルを学習させて、一つずつ取り除きます。
# 読み終えると、次のことができるようになります。
#
# - マルチヘッドアテンションを、行列の切り分けとして説明する。
# - ヘッドの数とパラメーターの数の関係を言う。
# - ヘッドを取り除く実験で、どのヘッドが何をしているかを調べる。
# - `torch.nn.MultiheadAttention` と同じ答えになることを確かめる。
#
# デモ 01 とフェーズ 2 の続きです。

# %% [markdown] lang="en" id="d2-title" of="8898d94e"
# # Demo 02: multi-head attention
#
# In demo 01 one head did one job. Here there are more heads: we train a small model and take its heads away one at a time. By
# the end you will be able to
#
# - explain multi-head attention as a way of slicing matrices;
# - say how the number of parameters depends on the number of heads;
# - find out what a head does by removing it;
# - show that `torch.nn.MultiheadAttention` gives the same answer.
#
# It follows demo 01 and phase 2.

# %% [markdown] lang="ja" id="d2-predict"
# ## 予想
#
# 1. ヘッドを一つから 8 個に増やします。パラメーターは何倍になるでしょうか。
# 2. 文字の並びの各位置で、一つ前の文字と一つ後ろの文字の両方を当てる問題があります。ヘッドが一つしかなくても解けるでしょうか。
# 3. この問題を解けるようになったモデルからヘッドを一つ取り除くと、何が失われるでしょうか。

# %% [markdown] lang="en" id="d2-predict" of="b9375113"
# ## Predict
#
# 1. One head becomes 8. How many times as many parameters is that?
# 2. At every position of a row of letters, both the letter before and the letter after are to be named. Can a model with a
#    single head do it?
# 3. If a model has learned to do it and one of its heads is taken away, what is lost?

# %% id="d2-setup"
import torch
import torch.nn.functional as F
from torch import nn

from henkan import plotting
from henkan.course.notebook import L, equation_card, exercise_card, quiz, show
from henkan.nn import (
    MultiHeadAttention,
    PositionalEncoding,
    TokenEmbedding,
    count_parameters,
    scaled_dot_product_attention,
)
from henkan.plotting.heads import accuracy_table, head_slices

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)  # the matrices are tiny: more threads would wait for each other
_ = torch.manual_seed(0)

# %% [markdown] lang="ja" id="d2-hand"
# ## 手で計算する
#
# レッスン 0 の二つのトークンを、二つのヘッドに見せます。クエリは $(1, 0)$、バリューは $0.3$ と $0.9$ で、ここまではどちらも同じです。
# 違うのはキーです。ヘッド 1 のキーはレッスン 0 のままで、出力は {{eq-heads.z_first}} です。ヘッド 2 のキーはどちらも
# $(0, 0)$ です。スコアが等しいので重みは半分ずつになり、出力は平均の {{eq-heads.z_second:.1f}} です。
# ここでは式に合わせて、ヘッドを 1 から数えました。コードと、このあとの図や表では 0 から数えます。
#
# 二つの数を横に並べ、$W^O$ を掛けます。$W^O$ が単位行列の 2 倍なら、{{eq-mha.y_first}} と {{eq-mha.y_second:.1f}} になります。

# %% [markdown] lang="en" id="d2-hand" of="e93e19d0"
# ## By hand
#
# Show the two tokens of lesson 0 to two heads. The query is $(1, 0)$ and the values are $0.3$ and $0.9$, the same for both. The
# keys differ. Head 1 has those of lesson 0, and its output is {{eq-heads.z_first}}. The keys of head 2 are both $(0, 0)$: the
# scores are equal, each weight is one half, and the output is the mean, {{eq-heads.z_second:.1f}}. Heads are
# counted from 1 here, as in the formula; the code, and the figures and tables below, count them from 0.
#
# Put the two numbers side by side and multiply by $W^O$. If $W^O$ is the identity times 2, they become {{eq-mha.y_first}} and
# {{eq-mha.y_second:.1f}}.

# %% [markdown] lang="ja" id="d2-formula"
# ## 式

# %% [markdown] lang="en" id="d2-formula" of="30310031"
# ## The formulas

# %% id="d2-formula-cards"
equation_card("eq-heads")
equation_card("eq-mha")

# %% [markdown] lang="ja" id="d2-slices"
# ## ヘッドは切り分けである
#
# 式には、ヘッドごとに別の行列 $W_i^Q$ が出てきます。コードにある行列は一枚だけです。その一枚を切り分けたものが $W_i^Q$ です。
#
# 次のセルは、`MultiHeadAttention` の行列から自分で行を切り出し、ヘッドを一つずつ計算します。
# 横に並べて出力の射影に通すと、丸め誤差を除いて、モジュールの答えと同じになります。

# %% [markdown] lang="en" id="d2-slices" of="ffa430b6"
# ## Heads are slices
#
# In the formula every head has a matrix $W_i^Q$ of its own. In the code there is a single matrix, and the $W_i^Q$ are slices of
# it.
#
# The next cell cuts the rows out of the matrices of `MultiHeadAttention` and computes one head after the other. Side by side
# and through the output projection, they give what the module gives, apart from rounding errors.

# %% id="d2-slices-code"
attention = MultiHeadAttention(16, 4, dropout=0.0)
x = torch.randn(1, 6, 16)  # (B, T, d_model)
results = []
with torch.no_grad():
    whole, _ = attention(x, x, x)
    for head in range(4):
        rows = slice(4 * head, 4 * head + 4)
        projections = (attention.query_projection, attention.key_projection, attention.value_projection)
        q, k, v = (F.linear(x, projection.weight[rows], projection.bias[rows]) for projection in projections)
        mixed, _ = scaled_dot_product_attention(q, k, v)  # (B, T, D), with D = 4
        results.append(mixed)
    sliced = attention.output_projection(torch.cat(results, dim=-1))
print(L("最大の差：", "largest difference:"), f"{(whole - sliced).abs().max():.0e}")
show(
    head_slices(attention.query_projection.weight, attention.output_projection.weight, 4),
    ja="左：クエリの射影の行列。横線で四つのヘッドに分かれる。右：出力の射影の行列。縦線で四つのヘッドに分かれる",
    en="Left: the matrix of the query projection, divided among four heads by horizontal lines. "
    "Right: the matrix of the output projection, divided by vertical lines",
)

# %% [markdown] lang="ja" id="d2-sum"
# 出力の射影は、列で分かれます。だから、モジュールの出力は**ヘッドごとの寄与の和**（とバイアス）です。
# あるヘッドの列を 0 にすれば、そのヘッドの寄与だけが消えます。あとで使います。

# %% [markdown] lang="en" id="d2-sum" of="643e7da6"
# The output projection is divided by columns. The output of the module is therefore **a sum with one part from each head**,
# plus the bias. Set the columns of a head to 0, and its part alone is gone. We shall use that below.

# %% id="d2-sum-code"
with torch.no_grad():
    columns = attention.output_projection.weight.split(4, dim=1)
    parts = [result @ column.T for result, column in zip(results, columns, strict=True)]
    summed = torch.stack(parts).sum(dim=0) + attention.output_projection.bias
print(L("最大の差：", "largest difference:"), f"{(whole - summed).abs().max():.0e}")

# %% [markdown] lang="ja" id="d2-parameters"
# ## ヘッドを増やしてもパラメーターは増えない
#
# 行列は一枚のままで、切り方が細かくなるだけです。$d_{\mathrm{model}} = 128$ なら、どの行も {{eq-mha.parameters:,.0f}} 個になります。

# %% [markdown] lang="en" id="d2-parameters" of="1d2a6578"
# ## More heads, no more parameters
#
# The matrices stay as they are; only the slices get thinner. With $d_{\mathrm{model}} = 128$ there are
# {{eq-mha.parameters:,.0f}} on every line.

# %% id="d2-parameters-code"
counts = {num_heads: count_parameters(MultiHeadAttention(128, num_heads)) for num_heads in (1, 2, 4, 8)}
for num_heads, count in counts.items():
    width = 128 // num_heads
    print(L(f"ヘッド {num_heads} 個、幅 {width:3}：{count:,} 個", f"{num_heads} head(s) of width {width:3}: {count:,}"))

# %% [markdown] lang="ja" id="d2-parity"
# ## torch のモジュールと比べる
#
# 重みを `torch.nn.MultiheadAttention` に写します。torch はクエリ、キー、バリューの行列を縦につないだ一枚で持っています。
# クエリ 5 個、キー 7 個で、マスクもかけます。henkan のマスクは True が「見てよい」、torch のこのモジュールでは True が「隠す」なので、
# `~` で反転させます。

# %% [markdown] lang="en" id="d2-parity" of="000942db"
# ## Beside torch's module
#
# Copy the weights into `torch.nn.MultiheadAttention`, which keeps the matrices of queries, keys and values stacked as one. There
# are 5 queries and 7 keys, and a mask. In henkan's masks True means "may attend"; in this module of torch it means "hidden", so
# `~` turns it round.

# %% id="d2-parity-code"
theirs = nn.MultiheadAttention(16, 4, batch_first=True)
with torch.no_grad():
    three = (attention.query_projection, attention.key_projection, attention.value_projection)
    theirs.in_proj_weight.copy_(torch.cat([projection.weight for projection in three]))
    theirs.in_proj_bias.copy_(torch.cat([projection.bias for projection in three]))
    theirs.out_proj.load_state_dict(attention.output_projection.state_dict())
    query, memory = torch.randn(2, 5, 16), torch.randn(2, 7, 16)
    mask = torch.ones(5, 7, dtype=torch.bool).tril(diagonal=2)  # query t may see keys 0 to t + 2
    ours_output, ours_weights = attention(query, memory, memory, mask[None, None])
    theirs_output, theirs_weights = theirs(query, memory, memory, attn_mask=~mask, average_attn_weights=False)
print(L("出力の最大の差：", "largest difference of the outputs:"), f"{(ours_output - theirs_output).abs().max():.0e}")
print(L("重みの最大の差：", "largest difference of the weights:"), f"{(ours_weights - theirs_weights).abs().max():.0e}")

# %% [markdown] lang="ja" id="d2-task"
# ## 二つのことを同時に聞く
#
# ここからは学習します。8 種類の文字を 8 個並べ、各位置で**一つ前**と**一つ後ろ**の文字を当てさせます。端には「なし」が入ります。
# モデルは、埋め込み、位置エンコーディング、アテンションを一層、そして答えを出す線形層だけです。変えるのはヘッドの数だけです。

# %% [markdown] lang="en" id="d2-task" of="f69878c2"
# ## Asking two things at once
#
# From here on we train. There are 8 kinds of letters in rows of 8, and at each position the model names the letter **before**
# and the letter **after**; at the ends the answer is "none". The model is an embedding, a positional encoding, one layer of
# attention and a linear layer for the answers. Only the number of heads changes.

# %% id="d2-task-code"
KINDS, LENGTH, WIDTH = 8, 8, 32


class Neighbours(nn.Module):
    """Names the letter before and the letter after each position; 0 stands for none."""

    def __init__(self, num_heads: int) -> None:
        super().__init__()
        self.embedding = TokenEmbedding(KINDS + 1, WIDTH)
        self.positions = PositionalEncoding(WIDTH, max_len=LENGTH, dropout=0.0)
        self.attention = MultiHeadAttention(WIDTH, num_heads, dropout=0.0)
        self.answers = nn.Linear(WIDTH, 2 * (KINDS + 1))

    def forward(self, letters: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = self.positions(self.embedding(letters))
        mixed, weights = self.attention(x, x, x)
        return self.answers(mixed).unflatten(-1, (2, KINDS + 1)), weights  # (B, T, 2, KINDS + 1)


def make_rows(count: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Random rows of letters, and for each position the letters before and after."""
    letters = torch.randint(1, KINDS + 1, (count, LENGTH), generator=generator)
    return letters, torch.stack([F.pad(letters, (1, 0))[:, :-1], F.pad(letters, (0, 1))[:, 1:]], dim=-1)


def train(num_heads: int, seed: int = 0, steps: int = 300) -> Neighbours:
    torch.manual_seed(seed)
    model, generator = Neighbours(num_heads), torch.Generator().manual_seed(1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(steps):
        letters, targets = make_rows(32, generator)
        logits, _ = model(letters)
        loss = F.cross_entropy(logits.flatten(0, 2), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


test_letters, test_targets = make_rows(500, torch.Generator().manual_seed(2))


def accuracy(model: Neighbours) -> list[float]:
    """How often the letter before and the letter after are right, on rows that were not trained on."""
    with torch.no_grad():
        right = model(test_letters)[0].argmax(dim=-1) == test_targets
    return right.double().mean(dim=(0, 1)).tolist()


models = {num_heads: train(num_heads) for num_heads in (1, 2, 4, 8)}
by_heads = {num_heads: accuracy(model) for num_heads, model in models.items()}
questions = [L("一つ前", "before"), L("一つ後ろ", "after")]
show(
    accuracy_table(
        list(by_heads.values()),
        [L(f"ヘッド {num_heads} 個", "1 head" if num_heads == 1 else f"{num_heads} heads") for num_heads in by_heads],
        questions,
    ),
    ja="ヘッドの数ごとの正答率。一つだけでは二つの問いに答えきれず、2 個以上ならどちらもほぼ 1",
    en="Accuracy by number of heads: a single one cannot answer both questions, and from 2 heads on both are near 1",
)

# %% [markdown] lang="ja" id="d2-task-read"
# 一つのヘッドは、一つのトークンにつき重みを一組しか持てません。一つ前と一つ後ろの両方を見ようとすると、二つのバリューが
# 足し合わされ、どちらがどちらだったかを読み取りにくくなります。ヘッドが 2 個あれば、分担できます。パラメーターの数はどの行も同じです。
#
# ヘッド 2 個のモデルの重みを見ます。

# %% [markdown] lang="en" id="d2-task-read" of="7800bc13"
# A single head has but one set of weights for each token. If it looks both one back and one ahead, two values are added up, and
# it becomes hard to tell which was which. With 2 heads the work can be shared. The number of parameters is the same on every line.
#
# Here are the weights of the model with 2 heads.

# %% id="d2-see"
row = torch.arange(1, LENGTH + 1)[None]
with torch.no_grad():
    _, row_weights = models[2](row)
letters = list("ABCDEFGH")
show(
    plotting.head_grid(row_weights[0], letters, letters),
    ja="二つのヘッドの重み。片方は対角線の一つ左、もう片方は一つ右が明るい",
    en="The weights of two heads: one is bright just left of the diagonal, the other just right of it",
)

# %% [markdown] lang="ja" id="d2-ablate"
# ## ヘッドを取り除く
#
# 重みを眺めるだけでは、そのヘッドが答えに必要かどうかはわかりません。出力の射影の列を 0 にして、確かめます。学習はしなおしません。

# %% [markdown] lang="en" id="d2-ablate" of="a3d1f196"
# ## Taking heads away
#
# Looking at weights does not tell whether a head is needed for the answer. Set its columns in the output projection to 0 and
# see. Nothing is trained again.

# %% id="d2-ablate-code"


def without(model: Neighbours, head: int) -> list[float]:
    """The accuracy of ``model`` without one of its heads."""
    width = WIDTH // model.attention.num_heads
    columns = model.attention.output_projection.weight[:, width * head : width * (head + 1)]
    kept = columns.clone()
    with torch.no_grad():
        columns.zero_()
        found = accuracy(model)
        columns.copy_(kept)
    return found


removed = {num_heads: [without(models[num_heads], head) for head in range(num_heads)] for num_heads in (2, 4)}
for num_heads, rows in removed.items():
    labels = [L("すべて", "all heads")]
    labels += [L(f"ヘッド {head} なし", f"without head {head}") for head in range(num_heads)]
    show(
        accuracy_table([by_heads[num_heads], *rows], labels, questions),
        ja=f"ヘッド {num_heads} 個のモデルからヘッドを一つ除いたときの正答率の表",
        en=f"Table of accuracies of the model with {num_heads} heads, without one of them at a time",
    )

other = train(2, seed=4)
removed_other = [without(other, head) for head in range(2)]
print(L("別の乱数の種で学習した、ヘッド 2 個のモデル", "2 heads, trained from another seed"))
for head, (before, after) in enumerate(removed_other):
    print(
        L(
            f"ヘッド {head} なし：一つ前 {before:.2f}、一つ後ろ {after:.2f}",
            f"without head {head}: before {before:.2f}, after {after:.2f}",
        )
    )

# %% [markdown] lang="ja" id="d2-ablate-read"
# ヘッド 2 個のモデルでは、分担がはっきりしています。一つ除くと、片方の問いの正答率が大きく落ち、もう片方はおおむね残ります。
# 落ちた先は、文字をまったく見ない答え方と同じくらいです。端の「なし」だけを覚え、残りを 8 種類から当てずっぽうで選ぶと、正答率は
# $1/8 + 7/8 \times 1/8 = 15/64$、約 0.23 になります。
#
# ヘッド 4 個のモデルでは、仕事が重なっています。ほとんど失われないヘッドもあれば、片方の問いの半分ほどが失われるヘッドもあります。
# それでも、どれを除いても、2 個のときほどは落ちません。
#
# この表からわかることと、わからないことを分けておきましょう。
#
# - わかるのは、**この**モデルが、いま、そのヘッドの出力を使っているかどうかです。
# - 学習しなおせば残りのヘッドで解けるかどうかは、わかりません。答えを出す線形層は、0 になったヘッドの出力で学習していないからです。
# - 一つずつ除いてほとんど落ちなくても、二つとも要らないとは言えません。互いに代わりを務めているかもしれないからです。
# - 番号に意味はありません。別の種で学習したモデルでは、ヘッド 0 とヘッド 1 の役割が入れかわりました。
#
# ## 壊す
#
# torch のモジュールは、はじめの設定ではヘッドの重みを**平均して**返します。ヘッド 2 個のモデルで平均を取ると、どう見えるでしょうか。

# %% [markdown] lang="en" id="d2-ablate-read" of="9c7481d8"
# In the model with 2 heads the work is clearly divided. Without one of them the answers to one question are mostly
# lost, and most of the others are left. What remains of the lost question is about what one gets without looking at any letter:
# to know the "none" at the ends and guess the rest among 8 kinds gives an accuracy of $1/8 + 7/8 \times 1/8 = 15/64$, about 0.23.
#
# In the model with 4 heads the work overlaps. Some heads can go with hardly any loss, others take about half of one question with
# them. Still, without any one of them less is lost than with 2.
#
# Keep apart what the tables show and what they do not.
#
# - They show whether **this** model, as it is now, uses the output of that head.
# - They do not show whether the other heads could do it if they were trained again. The linear layer that gives the answers has
#   never learned with zeros from that head.
# - Two heads that can each go with little loss are not therefore both useless. Either may be standing in for the other.
# - The numbers of the heads mean nothing. In the model trained from another seed, head 0 and head 1 have changed roles.
#
# ## Break it
#
# Unless told otherwise, torch's module returns the **mean** of the heads' weights. What does the mean look like in the model with
# 2 heads?

# %% id="d2-break"


def looks(weights: torch.Tensor) -> tuple[float, float]:
    """The mean weight one back and one ahead."""
    return weights.diagonal(-1).mean().item(), weights.diagonal(1).mean().item()


seen = [looks(row_weights[0, 0]), looks(row_weights[0, 1]), looks(row_weights[0].mean(dim=0))]
names = [L("ヘッド 0", "head 0"), L("ヘッド 1", "head 1"), L("平均    ", "mean  ")]
for name, (back, ahead) in zip(names, seen, strict=True):
    print(name, L(f"一つ前 {back:.2f}  一つ後ろ {ahead:.2f}", f"one back {back:.2f}  one ahead {ahead:.2f}"))

try:
    MultiHeadAttention(32, 5)
except ValueError as error:
    message = str(error)
    print(message)

# %% [markdown] lang="ja" id="d2-break-read"
# 平均は、前も後ろも同じように見る、どこにもいないヘッドを描き出します。分担は見えなくなりました。モデルが計算に使うのは平均ではなく、
# それぞれの重みです。
#
# 最後のエラーは、幅 32 が 5 で割り切れないために出ました。切り分けなので、ヘッドの数は $d_{\mathrm{model}}$ を割り切る必要があります。
#
# ## よくある思い違い
#
# **「ヘッドを増やすと、モデルが大きくなる」** パラメーターの数は変わりません。変わるのは、一つのヘッドの幅です。
#
# **「どのヘッドも同じように必要である」** ヘッド 4 個のモデルでは、除いてもほとんど変わらないヘッドがありました。どれだけ使われているかは、
# 重みの図ではなく、除く実験が教えてくれます。
#
# ## 練習

# %% [markdown] lang="en" id="d2-break-read" of="1b82e605"
# The mean draws a head that exists nowhere, one that looks back and ahead alike. The division of work is hidden. What the model
# computes with is not the mean but the weights of each head.
#
# The error at the end arose because the width 32 is not a multiple of 5. Heads are slices, so their number has to divide
# $d_{\mathrm{model}}$.
#
# ## Misconceptions
#
# **"More heads make a larger model."** The number of parameters does not change. What changes is the width of a head.
#
# **"All heads are needed alike."** In the model with 4 heads some could go with hardly any change. How much a head is used is told
# not by a picture of its weights but by taking it away.
#
# ## Exercises

# %% id="d2-exercises"
exercise_card("phase2/split_merge_heads")
exercise_card("phase2/multi_head_attention")

# %% [markdown] lang="ja" id="d2-summary"
# ## まとめ
#
# - ヘッドは、一枚の行列の切り分けです。出力は、ヘッドごとの寄与の和です。
# - パラメーターの数は、ヘッドの数によりません。
# - ヘッドが複数あれば、一つのトークンが別々の場所を同時に見られます。
# - ヘッドの役割は、取り除いて測ることで確かめます。
#
# 予想の答え合わせをします。一つ目：変わりません。二つ目：この学習では、一つのヘッドでは解ききれませんでした。
# 三つ目：ヘッド 2 個なら片方の問いの大部分が、4 個ならそれより少ない部分が失われました。

# %% [markdown] lang="en" id="d2-summary" of="7b474f4a"
# ## Summary
#
# - Heads are slices of a single matrix. The output is a sum with one part from each head.
# - The number of parameters does not depend on the number of heads.
# - With several heads a token can look at different places at once.
# - What a head does is found out by taking it away and measuring.
#
# And your predictions? First: the number does not change. Second: in this training a single head could not fully do it.
# Third: with 2 heads most of one question was lost, with 4 less.

# %% id="d2-quiz"
quiz("eq-mha", "eq-heads", "eq-sdpa")

# %% id="d2-assert"
assert torch.allclose(whole, sliced, atol=1e-12)
assert torch.allclose(whole, summed, atol=1e-12)
assert set(counts.values()) == {66_048}
assert torch.allclose(ours_output, theirs_output, atol=1e-12)
assert torch.allclose(ours_weights, theirs_weights, atol=1e-12)
assert sum(by_heads[1]) / 2 < 0.8
assert min(by_heads[1]) < 0.7
assert all(min(by_heads[num_heads]) > 0.97 for num_heads in (2, 4, 8))
assert max(map(min, removed[2])) < 0.3  # without one of two heads one question is lost, as by guessing
assert min(map(max, removed[2])) > 0.7  # and the other is left
assert {pair.index(min(pair)) for pair in removed[2]} == {0, 1}  # each head has a question of its own
assert min(map(min, removed[4])) > max(map(min, removed[2]))  # of four heads, none takes as much with it
assert max(map(min, removed[4])) > 0.85  # some can go with little loss
assert min(map(min, removed[4])) < 0.6  # others cannot
assert [pair.index(min(pair)) for pair in removed_other] == [pair.index(max(pair)) for pair in removed[2]]
assert all(abs(back - ahead) > 0.3 for back, ahead in seen[:2])
assert abs(seen[2][0] - seen[2][1]) < 0.2
assert "32" in message
assert "5" in message
