# ---
# jupyter:
#   henkan:
#     seconds: 15
# ---

# %% [markdown] lang="ja" id="d1-title"
# # デモ 01：自己注意
#
# 一つの文、一つのヘッドで、自己注意が何をしているかを最後の数字まで追いかけます。学習はしません。行列を手で決めるので、どの重みについても
# 「なぜこの値か」を言えます。読み終えると、次のことができるようになります。
#
# - 一つの系列からクエリ、キー、バリューを作り、重みと出力を計算する。
# - 位置の情報がない自己注意は語順を知らないことを、実験で示す。
# - 重みの表の好きなマスを選び、その値を積の一つひとつから計算しなおす。
#
# レッスン 0 とフェーズ 1 の続きとして、フェーズ 2 の前でも後でも読めます。

# %% [markdown] lang="en" id="d1-title" of="eb104a88"
# # Demo 01: self-attention
#
# With one sentence and one head we follow what self-attention does, down to the last number. Nothing is trained. The
# matrices are set by hand, so for every weight you can say why it is what it is. By the end you will be able to
#
# - make queries, keys and values from one sequence, and compute weights and output;
# - show by experiment that self-attention without positions does not know the order of words;
# - pick any cell in a table of weights and compute it again from its single products.
#
# It follows lesson 0 and phase 1, and can be read before phase 2 or after it.

# %% [markdown] lang="ja" id="d1-predict"
# ## 予想
#
# 文は「赤い 花 と 青い 空」です。名詞は、自分を修飾する色の語を探して、その色を集めます。
#
# 1. 「色の語を探す」とだけ決めて、位置の情報を入れません。「花」は何色を集めるでしょうか。
# 2. 「赤い」と「青い」を入れかえた文を、同じヘッドに読ませます。位置の情報がないとき、「花」の出力は変わるでしょうか。
#
# 答えを書いてから進んでください。

# %% [markdown] lang="en" id="d1-predict" of="c2cd5307"
# ## Predict
#
# The sentence is "red flower and blue sky". A noun looks for the colour word that describes it, and gathers its colour.
#
# 1. All we ask for is a colour word; there is no information about positions. Which colour does "flower" gather?
# 2. The same head reads the sentence with "red" and "blue" exchanged. Without positions, does the output of "flower" change?
#
# Write your answers down before you go on.

# %% id="d1-setup"
import math

import torch

from henkan.course.notebook import L, equation_card, exercise_card, quiz, show
from henkan.course.parts import relative_shift
from henkan.nn import SelfAttention, sinusoidal_encoding
from henkan.plotting.one_head import gathered_colours, weight_from_terms

torch.set_default_dtype(torch.float64)
_ = torch.manual_seed(0)


def make_head(w_q: torch.Tensor, w_k: torch.Tensor, w_v: torch.Tensor) -> SelfAttention:
    """One head whose queries, keys and values are x @ w_q, x @ w_k and x @ w_v."""
    head = SelfAttention(len(w_q), dropout=0.0)
    projections = (head.query_projection, head.key_projection, head.value_projection)
    with torch.no_grad():
        for projection, matrix in zip(projections, (w_q, w_k, w_v), strict=True):
            projection.weight.copy_(matrix.T)  # torch keeps the outputs as rows
            projection.bias.zero_()
    return head


# %% [markdown] lang="ja" id="d1-two"
# ## レッスン 0 の二つのトークン
#
# 自己注意では、入力は一つの系列 $X$ だけです。三つの行列を掛けて、クエリ $XW^Q$、キー $XW^K$、バリュー $XW^V$ を作ります。
#
# 二つのトークンを $(1, 0)$ と $(0, 1)$ で表すと、$X$ は単位行列になり、行列の行がそのままクエリ、キー、バリューになります。
# そこで $W^K$ の行にレッスン 0 のキー $(0.8, 0.6)$ と $(0, 1)$ を、$W^V$ の左の列にバリュー $0.3$ と $0.9$ を入れます。
# $W^Q$ は単位行列です。レッスン 0 と同じ重み {{eq-sdpa.alpha1}} と {{eq-sdpa.alpha2}}、同じ出力 {{eq-sdpa.z1}} が出るはずです。

# %% [markdown] lang="en" id="d1-two" of="b602cec3"
# ## The two tokens of lesson 0
#
# Self-attention has a single input, the sequence $X$. Three matrices turn it into queries $XW^Q$, keys $XW^K$ and values
# $XW^V$.
#
# Write the two tokens as $(1, 0)$ and $(0, 1)$: then $X$ is the identity, and the rows of the matrices are the queries, keys
# and values themselves. So the rows of $W^K$ are the keys of lesson 0, $(0.8, 0.6)$ and $(0, 1)$, and the left column of $W^V$
# holds the values $0.3$ and $0.9$. $W^Q$ is the identity. The weights of lesson 0, {{eq-sdpa.alpha1}} and {{eq-sdpa.alpha2}},
# should come out again, and the same output, {{eq-sdpa.z1}}.

# %% id="d1-two-code"
keys, values = torch.tensor([[0.8, 0.6], [0.0, 1.0]]), torch.tensor([[0.3, 0.0], [0.9, 0.0]])
two_tokens = make_head(torch.eye(2), keys, values)
with torch.no_grad():
    two_output, two_weights = two_tokens(torch.eye(2)[None])  # (B, T, d_model), with B = 1
for query in range(2):
    print(L("重み", "weights"), [round(number, 6) for number in two_weights[0, query].tolist()], end="  ")
    print(L("出力", "output"), round(two_output[0, query, 0].item(), 6))

# %% [markdown] lang="ja" id="d1-formula"
# ## 式
#
# 使った式はこれだけです。

# %% [markdown] lang="en" id="d1-formula" of="d339d04d"
# ## The formula
#
# This is all that was used.

# %% id="d1-formula-card"
equation_card("eq-sdpa")

# %% [markdown] lang="ja" id="d1-sentence"
# ## 文をベクトルにする
#
# トークンを、成分が 8 個のベクトルで表します。学習した埋め込みでは一つの成分に名前はつきませんが、ここでは読めるように名前をつけます。
#
# | 成分 | 意味 |
# | --- | --- |
# | 0 | 色の語なら 1 |
# | 1 | 名詞なら 1 |
# | 2、3 | 赤さ、青さ |
# | 4 から 7 | 位置エンコーディング |
#
# 本物のモデルでは、埋め込みと位置エンコーディングは同じ成分の上で足し合わされます。ここでは場所を分けてあるので、
# 足しても混ざらず、どの積がどこから来たかが見えます。

# %% [markdown] lang="en" id="d1-sentence" of="01e8df46"
# ## The sentence as vectors
#
# Every token becomes a vector of 8 entries. In a trained embedding an entry has no name; here it has one, so that it can be
# read.
#
# | entry | meaning |
# | --- | --- |
# | 0 | 1 for a colour word |
# | 1 | 1 for a noun |
# | 2, 3 | how red, how blue |
# | 4 to 7 | the positional encoding |
#
# In a real model, embedding and positional encoding are added in the same entries. Here they live apart: nothing mixes when
# they are added, and you can see where each product comes from.

# %% id="d1-sentence-code"
words = L("赤い 花 と 青い 空", "red flower and blue sky").split()
red, flower, _, blue, sky = range(5)
content = torch.zeros(5, 8)
content[red, [0, 2]] = 1.0
content[blue, [0, 3]] = 1.0
content[flower, 1] = content[sky, 1] = 1.0
positions = torch.zeros(5, 8)
positions[:, 4:] = sinusoidal_encoding(5, 4)
for word, vector in zip(words, content + positions, strict=True):
    print(" ".join(f"{number:5.2f}" for number in vector), "", word)

# %% [markdown] lang="ja" id="d1-head"
# ## 一つのヘッドを作る
#
# 三つの行列で、このヘッドの仕事を決めます。
#
# - **クエリ**：名詞（成分 1）は、色の語（成分 0）を探します。強さは 8 にしました。位置については、フェーズ 1 の回転を使って
#   「一つ前の位置」を探します。
# - **キー**：トークンは、自分の成分をそのまま名乗ります。
# - **バリュー**：渡すのは赤さと青さだけです。
#
# まず、位置を入れない `content` だけを読ませます。

# %% [markdown] lang="en" id="d1-head" of="67603353"
# ## Making one head
#
# Three matrices decide what this head does.
#
# - **Query**: a noun (entry 1) asks for a colour word (entry 0), with a strength of 8. As to positions, the rotation of
#   phase 1 makes every token ask for the position one before its own.
# - **Key**: a token offers its entries as they are.
# - **Value**: how red and how blue is all that is handed over.
#
# At first it reads `content` alone, without positions.

# %% id="d1-head-code"
w_q, w_v = torch.zeros(8, 8), torch.zeros(8, 8)
w_q[1, 0] = 8.0
w_q[4:, 4:] = 8.0 * relative_shift(-1, 4).T
w_v[2, 0] = w_v[3, 1] = 1.0
head = make_head(w_q, torch.eye(8), w_v)
with torch.no_grad():
    blind_output, blind_weights = head(content[None])
show(
    gathered_colours(blind_weights[0], blind_output[0, :, :2], words),
    ja="位置なしの重みと集めた色。二つの名詞は、二つの色の語を同じ重みで見て、紫になる",
    en="Weights and gathered colours without positions: both nouns see both colour words alike and turn purple",
)

# %% [markdown] lang="ja" id="d1-purple"
# 「花」も「空」も、紫になりました。二つの色の語のキーは、クエリから見ると区別がつきません。だから重みは等しく、色は混ざります。
# 名詞でないトークンは何も探していないので、五つのトークンを均等に見ます。
#
# ## 位置を足す
#
# 同じヘッドに、今度は `content + positions` を読ませます。行列は一つも変えません。

# %% [markdown] lang="en" id="d1-purple" of="93e69e89"
# "flower" and "sky" both turned purple. To the query, the keys of the two colour words are the same, so their weights are
# equal and the colours mix. Tokens that are not nouns ask for nothing, and see all five tokens evenly.
#
# ## Adding positions
#
# Now the same head reads `content + positions`. Not one of the matrices changes.

# %% id="d1-positions"
x = content + positions
with torch.no_grad():
    output, weights = head(x[None])
show(
    gathered_colours(weights[0], output[0, :, :2], words),
    ja="位置を足した重みと集めた色。「花」はほぼ赤だけ、「空」はほぼ青だけを集める",
    en='Weights and gathered colours with positions: "flower" gathers almost only red, "sky" almost only blue',
)

# %% [markdown] lang="ja" id="d1-positions-read"
# 「花」は赤く、「空」は青くなりました。色の語であり、しかも一つ前にあるキーが、ほかのどのキーよりも高いスコアを得るからです。
#
# 名詞でないトークンも、位置だけを頼りに一つ前を見ています。「赤い」の前には何もありません。それでも softmax の重みの和は 1 なので、
# どこかを見るしかありません。だから、重みが大きいことは、役に立つものを見ていることを意味しません。

# %% [markdown] lang="en" id="d1-positions-read" of="d7b3927a"
# "flower" is red and "sky" is blue. A key that is a colour word and also stands one position back gets a higher score than any
# other.
#
# Tokens that are not nouns look one position back as well, led by the position alone. In front of "red" there is nothing. Yet
# the weights of a softmax sum to 1, so it has to look somewhere. A large weight, then, does not mean that something useful is
# being looked at.

# %% [markdown] lang="ja" id="d1-cell"
# ## 一つのマスを計算しなおす
#
# 「花」の行、「赤い」の列のマスを選びます。積を一つずつ並べると、0 でないのは三つだけで、どれも $8 \times 1$ です。
# 一つは「色の語か」から、残りの二つは位置から来ます。「花」が探すのは位置 0 で、位置 0 のエンコーディングは $(0, 1, 0, 1)$ だからです。
# 電卓で追ってみてください。和は 24、スコアは $24 / \sqrt{8}$ です。

# %% [markdown] lang="en" id="d1-cell" of="d3a3a73c"
# ## Computing one cell again
#
# Pick the cell in the row of "flower" and the column of "red". With the products side by side, only three are not 0, and each
# is $8 \times 1$. One comes from being a colour word, the other two from the position: "flower" asks for position 0, whose
# encoding is $(0, 1, 0, 1)$. Follow it with a pocket calculator. The sum is 24, and the score is $24 / \sqrt{8}$.

# %% id="d1-cell-code"
q, k, v = (x @ w_q).round(decimals=12) + 0.0, x, x @ w_v  # rounded, so that no −0.00 is printed
terms = q[flower] * k[red]
for entry, (a, b, product) in enumerate(zip(q[flower], k[red], terms, strict=True)):
    print(f"[{entry}] {a:5.2f} × {b:5.2f} = {product:6.2f}")
score = terms.sum() / math.sqrt(8)
exponentials = (k @ q[flower] / math.sqrt(8)).exp()
weight = score.exp() / exponentials.sum()
print(L("スコア", "score"), f"{terms.sum():.0f} / √8 = {score:.4f}")
print(L("重み", "weight"), f"{score.exp():.1f} / {exponentials.sum():.1f} = {weight:.4f}")
print(L("赤さへの寄与", "its part of the red"), f"{weight:.4f} × {v[red, 0]:.0f} = {weight * v[red, 0]:.4f}")
show(
    weight_from_terms(q[flower], k[red], weights[0, flower], words, red),
    ja="上：「花」のクエリと「赤い」のキーの積。0 でない積は三つ。下：「花」の重みの棒グラフ。「赤い」がほぼすべて",
    en='Above: the products of the query of "flower" and the key of "red", three of them not 0. '
    'Below: the weights of "flower" as bars; "red" has almost all',
)

# %% [markdown] lang="ja" id="d1-cell-card"
# スコアの式のカードです。上の計算の一行目にあたります。

# %% [markdown] lang="en" id="d1-cell-card" of="ccb1ae2c"
# The card of the scores, which is where the computation above begins.

# %% id="d1-cell-card-code"
equation_card("eq-scores")

# %% [markdown] lang="ja" id="d1-permute"
# ## 並べかえの検査
#
# 二つの色の語を入れかえて「青い 花 と 赤い 空」にします。位置なしでは、並べかえてから読むのも、読んでから並べかえるのも同じです。
# 位置を足すと、そうではなくなります。

# %% [markdown] lang="en" id="d1-permute" of="16bfb97c"
# ## The permutation test
#
# Exchange the two colour words: "blue flower and red sky". Without positions, reordering and then reading is the same as
# reading and then reordering. With positions it is not.

# %% id="d1-permute-code"
swapped = torch.tensor([blue, flower, 2, red, sky])
with torch.no_grad():
    blind_swapped, _ = head(content[swapped][None])
    seeing_swapped, _ = head((content[swapped] + positions)[None])


def said(vectors: torch.Tensor) -> str:
    return L("赤 {:.2f}、青 {:.2f}", "red {:.2f}, blue {:.2f}").format(*vectors[0, flower, :2].tolist())


print(L("「花」、位置なし：", '"flower" without positions:'), said(blind_output), "→", said(blind_swapped))
print(L("「花」、位置あり：", '"flower" with positions:   '), said(output), "→", said(seeing_swapped))

# Not only this order: a hundred random ones, on random vectors and random matrices.
some_head, vectors = make_head(*torch.randn(3, 8, 8)), torch.randn(1, 5, 8)
largest = 0.0
with torch.no_grad():
    for _ in range(100):
        order = torch.randperm(5)
        first_reordered, first_read = some_head(vectors[:, order])[0], some_head(vectors)[0][:, order]
        largest = max(largest, (first_reordered - first_read).abs().max().item())
print(L("100 通りの並べかえでの最大の差：", "largest difference over 100 orders:"), f"{largest:.0e}")

# %% [markdown] lang="ja" id="d1-permute-read"
# 位置なしの「花」は、語順がどうであっても同じ紫です。位置を足した「花」は、赤から青に変わりました。
# 式のどこにもトークンの番号が出てこないので、順序はベクトルの中に書いておくしかありません。これが位置エンコーディングの役目です。
#
# ## 壊す
#
# クエリの行列とキーの行列を入れかえます。形は同じで、エラーも出ません。何が起きるかを予想してから実行してください。

# %% [markdown] lang="en" id="d1-permute-read" of="10a10792"
# Without positions "flower" is the same purple in any order. With them it turned from red to blue. Nowhere does the formula
# mention the number of a token, so the order has to be written into the vectors. That is what the positional encoding is for.
#
# ## Break it
#
# Exchange the matrices of queries and keys. The shapes stay the same, and there is no error. Predict what happens, then run it.

# %% id="d1-break"
mistaken = make_head(torch.eye(8), w_q, w_v)
with torch.no_grad():
    mistaken_output, mistaken_weights = mistaken(x[None])
    scores, mistaken_scores = q @ k.T, mistaken.query_projection(x) @ mistaken.key_projection(x).T
show(
    gathered_colours(mistaken_weights[0], mistaken_output[0, :, :2], words),
    ja="クエリとキーを入れかえた重みと集めた色。「花」は赤を、「空」は青を失う",
    en='Weights and gathered colours with queries and keys exchanged: "flower" loses its red, "sky" its blue',
)
print(L("スコアの表は転置になる：", "the table of scores is transposed:"), torch.allclose(mistaken_scores, scores.T))

# %% [markdown] lang="ja" id="d1-break-read"
# 探す側と探される側が入れかわりました。こんどは色の語が名詞を探し、どのトークンも一つ後ろを見ます。「花」からは赤が、「空」からは青が
# 消えました。スコアの表は転置になっています。クエリとキーは、どちらがどちらでもよいものではありません。
#
# ## よくある思い違い
#
# **「自己注意は、自分自身を見ることである」** 自己とは、クエリもキーもバリューも同じ系列から作るという意味です。上の「花」は、
# 自分自身をほとんど見ていません。
#
# **「重みの表は対称である」** 対称とはかぎりません。「花」は「赤い」を見ますが、「赤い」は「花」をほとんど見ません。
#
# ## 練習
#
# このデモで使った計算を、自分で書く練習があります。

# %% [markdown] lang="en" id="d1-break-read" of="daf8750a"
# Who asks and who is asked have changed places. Now colour words look for nouns, and every token looks one position ahead.
# "flower" has lost its red and "sky" its blue. The table of scores is transposed: it matters which is the query and which is
# the key.
#
# ## Misconceptions
#
# **"In self-attention a token attends to itself."** "Self" means that queries, keys and values are all made from the same
# sequence. "flower", above, hardly looks at itself.
#
# **"A table of weights is symmetric."** It need not be. "flower" looks at "red", but "red" hardly looks at "flower".
#
# ## Exercise
#
# There is an exercise in which you write the computation of this demo yourself.

# %% id="d1-exercise"
exercise_card("phase2/sdpa")

# %% [markdown] lang="ja" id="d1-summary"
# ## まとめ
#
# - 自己注意の入力は一つの系列です。三つの行列が、クエリ、キー、バリューを作ります。
# - 重みは、クエリが求めるものとキーが名乗るものの一致から決まります。渡されるのはバリューです。
# - 位置の情報がなければ、自己注意はトークンの集まりを見るだけで、語順を知りません。
# - 重みの表のどのマスも、積の和、$\sqrt{d_k}$、softmax から計算しなおせます。
#
# 予想の答え合わせをします。一つ目：「花」は赤と青を同じだけ集めます。二つ目：変わりません。

# %% [markdown] lang="en" id="d1-summary" of="a143d5a6"
# ## Summary
#
# - Self-attention has one sequence as its input. Three matrices make queries, keys and values of it.
# - Weights come from the match between what a query asks for and what a key offers. What is handed over is the value.
# - Without positions, self-attention sees a collection of tokens and knows no order.
# - Every cell in a table of weights can be computed again, from a sum of products, $\sqrt{d_k}$ and a softmax.
#
# And your predictions? First: "flower" gathers red and blue in equal amounts. Second: it does not change.

# %% id="d1-quiz"
quiz("eq-sdpa", "eq-scores", "eq-softmax")

# %% id="d1-assert"
assert [round(number, 6) for number in two_weights[0].flatten().tolist()] == [0.637767, 0.362233, 0.429757, 0.570243]
assert [round(number, 6) for number in two_output[0, :, 0].tolist()] == [0.51734, 0.642146]
assert torch.allclose(blind_weights[0, flower, red], blind_weights[0, flower, blue])  # purple
assert torch.allclose(blind_weights[0, [red, 2, blue]], torch.full((3, 5), 0.2))
assert output[0, flower, 0] > 0.9 > 0.1 > output[0, flower, 1]
assert output[0, sky, 1] > 0.9 > 0.1 > output[0, sky, 0]
assert math.isclose(terms.sum(), 24.0)
assert math.isclose(weight, weights[0, flower, red])
assert terms.abs().gt(1e-12).sum() == 3
assert torch.allclose(blind_swapped[0], blind_output[0, swapped])
assert torch.allclose(blind_swapped[0, flower], blind_output[0, flower])
assert seeing_swapped[0, flower, 1] > 0.9 > 0.1 > seeing_swapped[0, flower, 0]
assert largest < 1e-12
assert torch.allclose(mistaken_scores, scores.T)
assert mistaken_output[0, flower, 0] < 0.05
assert mistaken_output[0, sky, 1] < 0.05
assert weights[0, flower, flower] < 0.1
assert weights[0, red, flower] < 0.1
