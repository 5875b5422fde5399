# ---
# jupyter:
#   henkan:
#     seconds: 20
# ---

# %% [markdown] lang="ja" id="p2-title"
# # フェーズ 2：注意機構の核心
#
# トランスフォーマーの中心にあるのは、アテンション（注意機構）という一つの式です。このレッスンでは、その式を手で計算し、
# コードにし、わざと壊します。終わるころには、次のことができるようになります。
#
# - クエリ、キー、バリューから重みと出力を計算する。系列の長さが違っても、形を言い当てられる。
# - $\sqrt{d_k}$ で割る理由を、実験の数字で説明する。
# - マスクを softmax の前にかける理由を説明する。
# - ヘッドに分けてまとめる操作を、数の読みかえとして書く。
#
# レッスン 0（手で計算するアテンション）とフェーズ 1（埋め込みと位置エンコーディング）の続きです。論文では 3.2 節にあたります。

# %% [markdown] lang="en" id="p2-title" of="c5bf8100"
# # Phase 2: the heart of attention
#
# At the centre of the Transformer stands one formula: attention. In this lesson you work it out by hand, turn it into
# code, and break it on purpose. By the end you will be able to
#
# - compute weights and output from queries, keys and values, and predict every shape, even when lengths differ;
# - say why scores are divided by $\sqrt{d_k}$, with numbers from an experiment;
# - say why a mask belongs before the softmax;
# - write the splitting and merging of heads as another way to read the same numbers.
#
# It follows lesson 0 (attention by hand) and phase 1 (embeddings and positional encoding). In the paper this is section 3.2.

# %% [markdown] lang="ja" id="p2-predict"
# ## 予想
#
# 計算の前に、答えを紙に書いておきましょう。当たっていなくてかまいません。答え合わせは最後にします。
#
# 1. クエリが一つ、キーが 10 個あり、どの成分も互いに無関係な乱数です。内積をそのまま softmax に入れます。
#    ベクトルの長さ $d_k$ を 4 から 512 に伸ばすと、いちばん大きな重みはどうなるでしょうか。
# 2. ヘッドを一つから 8 個に増やすと、パラメーターの数は何倍になるでしょうか。
# 3. 見せたくないキーがあります。softmax のあとで、その重みに 0 を掛ければ十分でしょうか。

# %% [markdown] lang="en" id="p2-predict" of="5299f0e2"
# ## Predict
#
# Before computing anything, write your answers down. They need not be right; we come back to them at the end.
#
# 1. There are a query and 10 keys, all their entries unrelated random numbers, and the dot products go straight into a
#    softmax. What happens to the largest weight as the length $d_k$ of the vectors grows from 4 to 512?
# 2. One head becomes 8. How many times as many parameters is that?
# 3. A key must not be seen. Is it enough to multiply its weight by 0 after the softmax?

# %% id="p2-setup"
import math

import torch
import torch.nn.functional as F

from henkan import plotting
from henkan.course.notebook import L, equation_card, exercise_card, quiz, show
from henkan.course.parts import cross_attention, relative_shift, softmax_saturation
from henkan.nn import MultiHeadAttention, count_parameters, scaled_dot_product_attention, sinusoidal_encoding
from henkan.nn.attention import merge_heads, split_heads

torch.set_default_dtype(torch.float64)
_ = torch.manual_seed(0)

# %% [markdown] lang="ja" id="p2-hand"
# ## 手で計算する
#
# レッスン 0 の二つのトークンをもう一度使います。クエリは $q = (1, 0)$、キーは $k_1 = (0.8, 0.6)$ と $k_2 = (0, 1)$、
# バリューは一つの数で、$v_1 = 0.3$ と $v_2 = 0.9$ です。電卓で次の四つを求めてください。
#
# 1. スコア：$s_1$ は $q \cdot k_1$ を $\sqrt{2}$ で割ったもので、{{eq-scores.s11}} です。$q \cdot k_2 = 0$ なので、$s_2$ は 0 です。
# 2. 指数：$e^{s_1}$ は {{eq-softmax.exp1}}、$e^{s_2}$ は 1 です。
# 3. 重み：和 {{eq-softmax.sum}} で割ると、$\alpha_1$ は {{eq-sdpa.alpha1}}、$\alpha_2$ は {{eq-sdpa.alpha2}} です。
# 4. 出力：$\alpha_1 v_1 + \alpha_2 v_2$ は {{eq-sdpa.z1}} です。
#
# 次のセルは、同じ計算を Python の数だけで行います。

# %% [markdown] lang="en" id="p2-hand" of="73fcbbd9"
# ## By hand
#
# The two tokens of lesson 0 serve again. The query is $q = (1, 0)$, the keys are $k_1 = (0.8, 0.6)$ and $k_2 = (0, 1)$,
# and the values are single numbers, $v_1 = 0.3$ and $v_2 = 0.9$. Find four things with a pocket calculator.
#
# 1. Scores: $s_1$ is $q \cdot k_1$ divided by $\sqrt{2}$, which is {{eq-scores.s11}}. As $q \cdot k_2 = 0$, $s_2$ is 0.
# 2. Exponentials: $e^{s_1}$ is {{eq-softmax.exp1}}, and $e^{s_2}$ is 1.
# 3. Weights: divided by their sum {{eq-softmax.sum}}, $\alpha_1$ is {{eq-sdpa.alpha1}} and $\alpha_2$ is {{eq-sdpa.alpha2}}.
# 4. Output: $\alpha_1 v_1 + \alpha_2 v_2$ is {{eq-sdpa.z1}}.
#
# The next cell does the same with plain Python numbers.

# %% id="p2-hand-code"
scores_by_hand = [(1 * 0.8 + 0 * 0.6) / math.sqrt(2), (1 * 0.0 + 0 * 1.0) / math.sqrt(2)]
exponentials = [math.exp(score) for score in scores_by_hand]
weights_by_hand = [number / sum(exponentials) for number in exponentials]
output_by_hand = weights_by_hand[0] * 0.3 + weights_by_hand[1] * 0.9
print([round(number, 6) for number in (*scores_by_hand, *weights_by_hand, output_by_hand)])

# %% [markdown] lang="ja" id="p2-formula"
# ## 式
#
# クエリが何本あっても、することは同じです。クエリを行に並べた行列を $Q$、キーを $K$、バリューを $V$ と書けば、すべてのクエリの
# 計算が一度に書けます。
#
# $$\mathrm{Attention}(Q, K, V) = \mathrm{softmax}\!\left(\frac{QK^\top}{\sqrt{d_k}}\right)V$$
#
# 三つの段に分けて読みましょう。スコア、重み、出力です。カードには、その段を計算している henkan のソースコードの行が載っています。

# %% [markdown] lang="en" id="p2-formula" of="5695b476"
# ## The formula
#
# However many queries there are, each is treated alike. With the queries as rows of a matrix $Q$, the keys as rows of $K$
# and the values as rows of $V$, one line covers them all.
#
# $$\mathrm{Attention}(Q, K, V) = \mathrm{softmax}\!\left(\frac{QK^\top}{\sqrt{d_k}}\right)V$$
#
# Read it in three steps: scores, weights, output. Each card shows the line of henkan's source that computes its step.

# %% id="p2-formula-cards"
equation_card("eq-scores")
equation_card("eq-softmax")
equation_card("eq-sdpa")

# %% [markdown] lang="ja" id="p2-code"
# ## コード
#
# 二つのクエリ $(1, 0)$ と $(0, 1)$ を並べると、$Q$ は単位行列です。式の三つの段を、そのまま三行に書きます。

# %% [markdown] lang="en" id="p2-code" of="6938c289"
# ## Code
#
# Two queries, $(1, 0)$ and $(0, 1)$, make $Q$ the identity matrix. The three steps of the formula become three lines.

# %% id="p2-code-steps"
Q = torch.eye(2)
K = torch.tensor([[0.8, 0.6], [0.0, 1.0]])
V = torch.tensor([[0.3], [0.9]])

scores = Q @ K.T / math.sqrt(2)
weights = scores.softmax(dim=-1)
output = weights @ V
print(scores, weights, output, sep="\n")

# %% [markdown] lang="ja" id="p2-shapes"
# henkan の `scaled_dot_product_attention` と PyTorch の関数も、同じ答えを返します。
#
# 次に形を見ます。クエリの数 $T_q$ とキーの数 $T_k$ は違っていてかまいません。スコアと重みは $(T_q, T_k)$ で、**行がクエリ、列がキー**です。
# 出力はクエリと同じ数だけ並び、幅はバリューの幅になります。キーとバリューの数はいつも同じです。

# %% [markdown] lang="en" id="p2-shapes" of="3af9f829"
# henkan's `scaled_dot_product_attention` and PyTorch's own function give the same answer.
#
# Now the shapes. The number of queries $T_q$ and the number of keys $T_k$ may differ. Scores and weights are $(T_q, T_k)$:
# **a row for each query, a column for each key**. There are as many outputs as queries, and they are as wide as the values.
# Keys and values always come in equal number.

# %% id="p2-shapes-code"
library_output, library_weights = scaled_dot_product_attention(Q, K, V)
assert torch.allclose(library_output, output)
assert torch.allclose(library_output, F.scaled_dot_product_attention(Q, K, V))

five_queries, seven_keys, seven_values = torch.randn(5, 4), torch.randn(7, 4), torch.randn(7, 6)
long_output, long_weights = scaled_dot_product_attention(five_queries, seven_keys, seven_values)
print(L("重み", "weights"), tuple(long_weights.shape), L("出力", "output"), tuple(long_output.shape))
print(L("行の和", "sums of the rows"), [round(total, 6) for total in long_weights.sum(dim=-1).tolist()])

# %% [markdown] lang="ja" id="p2-see"
# ## 見る
#
# 三つの段を左から並べました。一つ目のクエリは一つ目のキーに近いので、一つ目のバリューに寄った答えになります。
# それでも、もう一方のバリューもかなり混ざります。式の上では、softmax の重みが 0 になることはありません。

# %% [markdown] lang="en" id="p2-see" of="88d43df7"
# ## Look
#
# The three steps from left to right. The first query resembles the first key, so its answer leans towards the first value.
# Still, a good deal of the other value is mixed in: by the formula, no weight of a softmax is ever 0.

# %% id="p2-see-figure"
show(
    plotting.attention_steps(scores, weights, output, ["q₁", "q₂"], ["k₁", "k₂"]),
    ja="二つのクエリと二つのキーについて、スコア、重み、出力の数値を左から並べた三つの図",
    en="Three panels from left to right with the numbers of scores, weights and output for two queries and two keys",
)

# %% [markdown] lang="ja" id="p2-set"
# アテンションはキーとバリューを**集合**として見ます。キーとバリューを同じ順に並べかえても、出力は変わりません。
# 順序を伝えるのは、フェーズ 1 で作った位置エンコーディングの役目です。

# %% [markdown] lang="en" id="p2-set" of="105b7543"
# Attention sees keys and values as a **set**. Reorder both in the same way and the output stays as it was. Telling the
# order is the task of the positional encoding from phase 1.

# %% id="p2-set-code"
order = torch.tensor([3, 0, 6, 2, 5, 1, 4])
reordered, _ = scaled_dot_product_attention(five_queries, seven_keys[order], seven_values[order])
print(L("並べかえても同じ出力か：", "same output after reordering:"), torch.allclose(reordered, long_output))

# %% [markdown] lang="ja" id="p2-sqrt"
# ## なぜ √d_k で割るのか
#
# クエリとキーの成分が互いに無関係で、平均 0、分散 1 の乱数だとします。積 $q_i k_i$ も平均 0、分散 1 です。内積はそれを $d_k$ 個
# 足したものなので、分散は $d_k$、標準偏差は $\sqrt{d_k}$ になります。$\sqrt{d_k}$ で割れば、標準偏差はいつも 1 にもどります。
#
# 割らないとどうなるかを測ります。乱数のクエリ一つと乱数のキー 10 個について、いちばん大きな重みと、その重みから softmax の入力へ
# 流れる勾配の大きさを調べます。この実験は、あとの練習で自分で書きます。

# %% [markdown] lang="en" id="p2-sqrt" of="4112945a"
# ## Why divide by √d_k?
#
# Let the entries of query and key be unrelated random numbers of mean 0 and variance 1. Each product $q_i k_i$ then has
# mean 0 and variance 1 as well. A dot product is the sum of $d_k$ of them: its variance is $d_k$, its standard deviation
# $\sqrt{d_k}$. Dividing by $\sqrt{d_k}$ brings the standard deviation back to 1, whatever the length.
#
# What if we do not divide? For one random query and 10 random keys we measure the largest weight, and how much gradient
# flows from it back to what went into the softmax. You will write this experiment yourself in the exercises.

# %% id="p2-sqrt-code"
WIDTHS = (4, 8, 16, 32, 64, 128, 256, 512)
unscaled = [softmax_saturation(d_k, scaled=False, draws=1000) for d_k in WIDTHS]
scaled = [softmax_saturation(d_k, scaled=True, draws=1000) for d_k in WIDTHS]
print(L("最大の重みの平均", "mean of the largest weight"))
print(L("d_k   そのまま   割る", "d_k   as it is   divided"))
for d_k, (as_it_is, _), (divided, _) in zip(WIDTHS, unscaled, scaled, strict=True):
    if d_k in (4, 16, 64, 512):
        print(f"{d_k:3}   {as_it_is:8.2f}   {divided:.2f}")
show(
    plotting.saturation_curves(WIDTHS, unscaled, scaled),
    ja="左：d_k に対する最大の重み。割らないと 1 に近づき、割るとほぼ一定。"
    "右：勾配のノルム。割らないと 0 に近づき、割るとほぼ一定",
    en="Left: the largest weight against d_k nears 1 without division and stays level with it. "
    "Right: the norm of the gradient nears 0 without division and stays level with it",
)

# %% [markdown] lang="ja" id="p2-sqrt-read"
# 割らない線は、$d_k$ が大きくなるほど上がって 1 に近づきます。一つのキーだけを見て、ほかを捨てる状態です。右の図では、そのとき勾配が
# ほとんど残っていません。重みを変えたくても、学習の信号が softmax を通れないのです。割った線は、どちらの図でもほぼ水平です。
#
# 二つのトークンの例でも、割らなければ一行目の重みは {{eq-scores.unscaled1}} と {{eq-scores.unscaled2}} になり、重みの偏りが大きくなります。
#
# 次の図は、重みの**エントロピー**の分布です。エントロピー $-\sum_j \alpha_j \ln \alpha_j$ は、すべてのキーを均等に見れば $\ln 10$、
# 一つだけを見れば 0 になります。

# %% [markdown] lang="en" id="p2-sqrt-read" of="a354480c"
# Without division the line climbs towards 1 as $d_k$ grows: one key is seen and the rest is thrown away. The right panel
# shows that hardly any gradient is left by then. However much the weights ought to change, the signal does not get through
# the softmax. With division both lines are nearly level.
#
# In the example of two tokens, too, the first row would lean further without division: it would be
# {{eq-scores.unscaled1}} and {{eq-scores.unscaled2}}.
#
# The next figure shows how the **entropy** of the weights is distributed. The entropy $-\sum_j \alpha_j \ln \alpha_j$ is
# $\ln 10$ where all keys are seen evenly, and 0 where a single one is seen.

# %% id="p2-entropy"
products = (torch.randn(4000, 1, 64) @ torch.randn(4000, 64, 10)).squeeze(1)


def entropy(scores: torch.Tensor) -> torch.Tensor:
    return torch.special.entr(scores.softmax(dim=-1)).sum(dim=-1)


entropies = {
    L("64 個の成分、そのまま", "64 entries, as they are"): entropy(products),
    L("64 個の成分、8 で割る", "64 entries, divided by 8"): entropy(products / math.sqrt(64)),
}
show(
    plotting.entropy_histogram(entropies, num_keys=10),
    ja="重みのエントロピーのヒストグラム。割らないと 0 の近くに集まり、8 で割ると右端の ln 10 に近いところに集まる",
    en="Histogram of the entropy of the weights: near 0 without division, not far below ln 10 when divided by 8",
)

# %% [markdown] lang="ja" id="p2-mask"
# ## マスク
#
# 見せてはいけないキーがあります。一つは、長さをそろえるためのパディングです。もう一つは、学習のときに先読みしてはいけない、
# 未来のトークンです。henkan のマスクは真偽値で、**True** は「見てよい」を表します。
#
# 隠すキーのスコアを、softmax の**前に** $-\infty$ にします。$e^{-\infty} = 0$ なので、分子だけでなく分母からも消えます。

# %% [markdown] lang="en" id="p2-mask" of="ecc827bc"
# ## Masks
#
# Some keys must not be seen: the padding that makes lengths equal, and the future tokens, at which training must not
# peek. henkan's masks are boolean, and **True** means "may attend".
#
# The score of a hidden key is set to $-\infty$ **before** the softmax. Because $e^{-\infty} = 0$, the key vanishes from the
# numerator and from the denominator alike.

# %% id="p2-mask-card"
equation_card("eq-mask")

# %% [markdown] lang="ja" id="p2-mask-hand"
# スコアが 1, 2, 3 で、最後のキーを隠すとしましょう。残る二つの指数は $e^1$ と $e^2$ です。和で割ると、重みは
# {{eq-mask.alpha1}} と {{eq-mask.alpha2}}、隠したキーはちょうど 0 です。残った二つの比 $e^1 : e^2$ は、隠す前と変わりません。

# %% [markdown] lang="en" id="p2-mask-hand" of="f2612766"
# Let the scores be 1, 2, 3 and hide the last key. Two exponentials are left, $e^1$ and $e^2$. Divided by their sum they
# give the weights {{eq-mask.alpha1}} and {{eq-mask.alpha2}}, and the hidden key gets exactly 0. The ratio $e^1 : e^2$ of
# the two that are left is what it was before.

# %% id="p2-mask-code"
three_scores = torch.tensor([1.0, 2.0, 3.0])
visible = torch.tensor([True, True, False])
print(three_scores.masked_fill(~visible, -torch.inf).softmax(dim=-1))

past = torch.ones(3, 3, dtype=torch.bool).tril()  # position t may see 0 to t
x = torch.randn(3, 8)
masked_output, masked_weights = scaled_dot_product_attention(x, x, x[:, :2], past)
masked_scores = (x @ x.T / math.sqrt(8)).masked_fill(~past, -torch.inf)
symbols = list(L("春夏秋", "abc"))
show(
    plotting.attention_steps(masked_scores, masked_weights, masked_output, symbols, symbols, mask=past),
    ja="先読み防止マスクをかけたスコア、重み、出力。対角線より右上のマスは斜線で隠れている",
    en="Scores, weights and output under a look-ahead mask; the cells above the diagonal are hatched",
)

# %% [markdown] lang="ja" id="p2-blind"
# **見てよいキーが一つもない行**はどうなるでしょうか。分母が 0 なので、$-\infty$ では 0/0、つまり NaN です。$-10^9$ のような有限の数で隠すと、
# すべてのスコアが等しくなり、隠したはずの三つに 1/3 ずつ重みがつきます。henkan では、その行の重みを 0 にします。一つの NaN が、
# 勾配を通して学習全体を壊すからです。

# %% [markdown] lang="en" id="p2-blind" of="1b3843c1"
# What becomes of **a row that may look nowhere**? Its denominator is 0: with $-\infty$ the row is 0/0, that is NaN. With a
# finite number such as $-10^9$ all its scores are equal, and the three keys that should be hidden get 1/3 each. henkan sets
# the weights of such a row to 0, since a single NaN travels through the gradients and ruins the whole training.

# %% id="p2-blind-code"
nothing = torch.zeros(1, 3, dtype=torch.bool)
print("-inf:  ", three_scores.masked_fill(~nothing, -torch.inf).softmax(dim=-1).tolist())
print("-1e9:  ", three_scores.masked_fill(~nothing, -1e9).softmax(dim=-1).tolist())
_, blind_weights = scaled_dot_product_attention(torch.ones(1, 1), three_scores[:, None], torch.eye(3), nothing)
print("henkan:", blind_weights.tolist())

# %% [markdown] lang="ja" id="p2-heads"
# ## ヘッド
#
# 一組の重みでは、一つのクエリが同時に二つの違うことを聞けません。そこで、幅 $d_{\mathrm{model}}$ の表現を $H$ 個のヘッドに分け、それぞれが幅
# $D = d_{\mathrm{model}} / H$ の中で別々にアテンションを行います。最後に結果を横に並べ、もう一つの行列 $W^O$ で混ぜ合わせます。

# %% [markdown] lang="en" id="p2-heads" of="10d63830"
# ## Heads
#
# With one set of weights a query cannot ask for two different things at once. So the width $d_{\mathrm{model}}$ is divided among $H$
# heads, and each attends on its own, within its width of $D = d_{\mathrm{model}} / H$. In the end the results are put side by side
# and combined by one more matrix, $W^O$.

# %% id="p2-heads-cards"
equation_card("eq-heads")
equation_card("eq-mha")

# %% [markdown] lang="ja" id="p2-split"
# 「分ける」と言っても、数は一つも動きません。1 から 8 までの数で見てみましょう。二つのトークンが四つずつ数を持っています。どのトークンに
# ついても、`split_heads` は最初の二つをヘッド 0 に、残りの二つをヘッド 1 に渡します。`merge_heads` はその逆です。

# %% [markdown] lang="en" id="p2-split" of="9d5c41e3"
# To split is only to read differently: no number changes. Take the numbers 1 to 8, two tokens with four numbers each. Of
# every token, `split_heads` hands the first two to head 0 and the other two to head 1. `merge_heads` is the way back.

# %% id="p2-split-code"
tokens = torch.arange(1.0, 9.0).view(1, 2, 4)  # (B, T, d_model)
heads = split_heads(tokens, 2)  # (B, H, T, D)
print(L("トークン", "tokens"), tokens.tolist())
for head in range(2):
    print(L(f"ヘッド {head}", f"head {head}"), heads[0, head].tolist())
assert torch.equal(merge_heads(heads), tokens)

# %% [markdown] lang="ja" id="p2-patterns"
# ヘッドが別々のものを見るようすを、図にします。入力は 8 個の位置の位置エンコーディングだけです。フェーズ 1 の `relative_shift` は、
# 位置 $p$ の位置エンコーディングを $p + k$ のものに変える回転でした。それをクエリの行列に入れれば、「$k$ だけ離れた位置を見る」ヘッドになります。
# ここでは重みを手で入れています。学習の結果ではありません。ヘッド 3 の行列は 0 のままなので、すべての位置を均等に見ます。

# %% [markdown] lang="en" id="p2-patterns" of="d8a8e9c5"
# Heads can look for different things, and a figure can show it. The input is nothing but the positional encoding of 8
# positions. In phase 1, `relative_shift` was the rotation that takes the encoding of position $p$ to that of $p + k$. Put
# into the matrix that makes queries, it gives a head that looks $k$ positions away. The weights are set by hand here; this
# is not the result of training. The matrices of head 3 stay 0, so it looks everywhere evenly.

# %% id="p2-patterns-code"
encoding = sinusoidal_encoding(8, 16)[None]  # (1, T, d_model)
four_heads = MultiHeadAttention(16, 4, dropout=0.0)
with torch.no_grad():
    for parameter in four_heads.parameters():
        parameter.zero_()
    for head, offset in enumerate((0, -1, 1)):
        rows = slice(4 * head, 4 * head + 4)  # these rows make the queries, or the keys, of this head
        four_heads.key_projection.weight[rows, :4] = torch.eye(4)
        four_heads.query_projection.weight[rows, :4] = 12 * relative_shift(offset, 16)[:4, :4]
    _, head_weights = four_heads(encoding, encoding, encoding)  # (B, H, T, T)
letters = list(L("あしたは雨です。", "it rains"))
show(
    plotting.head_grid(head_weights[0], letters, letters),
    ja="四つのヘッドの重み。ヘッド 0 は対角線、ヘッド 1 は一つ前、ヘッド 2 は一つ後ろ、ヘッド 3 はすべて均等",
    en="The weights of four heads: the diagonal, one position back, one position ahead, and everywhere evenly",
)

# %% [markdown] lang="ja" id="p2-params"
# パラメーターを数えます。四つの射影は、どれも $d_{\mathrm{model}} \times d_{\mathrm{model}}$ の行列と $d_{\mathrm{model}}$ 個のバイアスです。合わせて
# $4(d^2 + d)$ 個で、$d = 128$ なら {{eq-mha.parameters:,.0f}} 個になります。ヘッドの数は、この式のどこにも出てきません。

# %% [markdown] lang="en" id="p2-params" of="1fc16b42"
# Count the parameters. Each of the four projections is a matrix of $d_{\mathrm{model}} \times d_{\mathrm{model}}$ and $d_{\mathrm{model}}$ biases.
# That makes $4(d^2 + d)$, or {{eq-mha.parameters:,.0f}} for $d = 128$. The number of heads does not occur in it.

# %% id="p2-params-code"
for num_heads in (1, 2, 4, 8):
    count = count_parameters(MultiHeadAttention(128, num_heads))
    print(L(f"ヘッド {num_heads} 個：{count:,} 個", f"{num_heads} head(s): {count:,}"))

# %% [markdown] lang="ja" id="p2-cross"
# ## 交差注意
#
# デコーダーは、自分の系列だけでなく、エンコーダーの出力（メモリ）も読みます。このときクエリはデコーダー側から、キーとバリューはメモリから作ります。
# 式は一文字も変わりません。変わるのは材料の出どころだけです。
#
# | 使われる場所 | クエリの出どころ | キーとバリューの出どころ | 隠すもの |
# | --- | --- | --- | --- |
# | エンコーダーの自己注意 | 入力 | 入力 | パディング |
# | デコーダーの自己注意 | 出力 | 出力 | パディングと未来 |
# | 交差注意 | 出力 | メモリ | メモリのパディング |

# %% [markdown] lang="en" id="p2-cross" of="37db4d68"
# ## Cross-attention
#
# A decoder reads not only its own sequence but also the encoder's output, the memory. Queries then come from the decoder's
# side, keys and values from the memory. Not a letter of the formula changes, only where its ingredients come from.
#
# | where | queries from | keys and values from | hidden |
# | --- | --- | --- | --- |
# | self-attention of the encoder | source | source | padding |
# | self-attention of the decoder | target | target | padding and future |
# | cross-attention | target | memory | padding of the memory |

# %% id="p2-cross-code"
decoder_side, memory = torch.randn(1, 3, 8), torch.randn(1, 5, 8)
w_q, w_k, w_v = torch.randn(3, 8, 4)
crossed, cross_weights = cross_attention(decoder_side, memory, w_q, w_k, w_v)
print(L("重み", "weights"), tuple(cross_weights.shape), L("出力", "output"), tuple(crossed.shape))

# %% [markdown] lang="ja" id="p2-break"
# ## 壊す
#
# 正しいコードと見分けのつきにくい誤りを、三つ試します。実行する前に、何が起きるかを予想してください。
#
# **一つ目：軸を入れかえずに読みかえる。** `view` で (B, T, d_model) をいきなり (B, H, T, D) にしても、形は正しく、エラーも出ません。
# 最初のトークンだけを変えて、変わる場所を調べます。正しく分ければ、変わるのは、どのヘッドでも位置 0 だけのはずです。

# %% [markdown] lang="en" id="p2-break" of="31073e09"
# ## Break it
#
# Three errors that are hard to tell from correct code. Before you run each cell, predict what it will show.
#
# **First: reading without exchanging the axes.** A `view` that turns (B, T, d_model) into (B, H, T, D) at once gives the
# right shape and no error. Change the first token alone and see what changes. Split properly, only position 0 of every
# head should.

# %% id="p2-break-view"
one, changed = torch.zeros(1, 4, 8), torch.zeros(1, 4, 8)
changed[:, 0] = 1.0
places_view = (changed.view(1, 2, 4, 4) != one.view(1, 2, 4, 4)).any(dim=-1)[0]
places_split = (split_heads(changed, 2) != split_heads(one, 2)).any(dim=-1)[0]
print("view:       ", [torch.where(head)[0].tolist() for head in places_view])
print("split_heads:", [torch.where(head)[0].tolist() for head in places_split])

# %% [markdown] lang="ja" id="p2-break-mask"
# **二つ目：softmax のあとで隠す。** スコア 1, 2, 3 の最後を、今度は softmax のあとで 0 にします。残った重みの和はいくつになるでしょうか。

# %% [markdown] lang="en" id="p2-break-mask" of="f6db96ec"
# **Second: hiding after the softmax.** Scores 1, 2, 3 again, but this time the last one is set to 0 after the softmax. What
# do the weights that are left sum to?

# %% id="p2-break-mask-code"
late = three_scores.softmax(dim=-1) * visible
print([round(number, 6) for number in late.tolist()], L("和", "sum"), round(late.sum().item(), 6))

# %% [markdown] lang="ja" id="p2-break-half"
# **三つ目：半精度で $-10^9$ を使う。** float16 で表せるのは $\pm 65504$ までです。

# %% [markdown] lang="en" id="p2-break-half" of="77e0f57a"
# **Third: $-10^9$ in half precision.** The numbers of float16 end at $\pm 65504$.

# %% id="p2-break-half-code"
try:
    three_scores.half().masked_fill(~visible, -1e9)
except RuntimeError as error:
    message = str(error)
    print(message)
print(three_scores.half().masked_fill(~visible, -torch.inf).softmax(dim=-1))

# %% [markdown] lang="ja" id="p2-exercises"
# ## 練習
#
# ここからは自分で書きます。`henkan watch` を動かしておくと、保存するたびに検査されます。このノートブックの中でも、
# `from henkan.course import check` のあとで `check("phase2/sdpa", my_function)` と書けば、同じ検査ができます。

# %% [markdown] lang="en" id="p2-exercises" of="bd128815"
# ## Exercises
#
# Now it is your turn to write. Leave `henkan watch` running and your file is checked each time you save it. In this
# notebook, too, `from henkan.course import check` and then `check("phase2/sdpa", my_function)` runs the same
# checks.

# %% id="p2-exercise-cards"
exercise_card("phase2/softmax")
exercise_card("phase2/sdpa")
exercise_card("phase2/masked_sdpa")
exercise_card("phase2/split_merge_heads")
exercise_card("phase2/multi_head_attention")
exercise_card("phase2/cross_attention")
exercise_card("phase2/why_sqrt")

# %% [markdown] lang="ja" id="p2-cards"
# ## 誤解カード
#
# よくある思い違いを集めました。検査で「誤解カード M2-…」と出たら、ここを読んでください。
#
# ### M2-1　「√d_k で割っても割らなくても、たいした違いはない」
#
# 大きく違います。割らないと、$d_k$ が大きいほど内積の標準偏差が $\sqrt{d_k}$ に比例して広がり、softmax は一つのキーに重みを集めます。
# そのとき softmax を通る勾配はほとんど 0 です。$d_k$ で割るのも誤りで、こんどはスコアが 0 に集まり、どのキーもほとんど同じ重みになります。

# %% [markdown] lang="en" id="p2-cards" of="df8e1bd4"
# ## Misconceptions
#
# Ideas that many people hold at first. If a check refers to a "misconception card M2-…", this is the place to read.
#
# ### M2-1: "Whether to divide by √d_k makes little difference"
#
# It makes a large one. Without it the standard deviation of the products grows with $\sqrt{d_k}$, and the softmax puts nearly all
# weight on one key. Hardly any gradient passes through it then. Dividing by $d_k$ is wrong, too: the scores gather around
# 0, and every key gets nearly the same weight.

# %% [markdown] lang="ja" id="p2-m2-2"
# ### M2-2　「重みが大きいトークンほど重要で、重みは予測の説明になる」
#
# 重みは、バリューを混ぜるときの割合にすぎません。出力への寄与は、重み**かける**バリューです。バリューが 0 なら、重みがどれだけ大きくても
# 何も渡りません。次のセルでは、ヘッド 0 が一つのキーに重みを集めています。いちばん「注目している」ヘッドですが、その出力を 0 にしても、
# 全体の出力は変わりません。バリューを作る行列が、このヘッドだけ 0 だからです。重みを見て「重要だ」と言う前に、取り除いて確かめましょう。

# %% [markdown] lang="en" id="p2-m2-2" of="c0405136"
# ### M2-2: "A token with a large weight is important, and the weights explain the prediction"
#
# Weights are only the proportions in which values are mixed. What reaches the output is weight **times** value: where the
# value is 0, nothing arrives, however large the weight. In the next cell head 0 puts its weight on single keys. It is the
# head that "attends" most sharply, yet setting its output to 0 changes nothing, because the matrix that makes its values
# is 0. Before calling something important on account of its weight, take it away and see.

# %% id="p2-m2-2-code"
with torch.random.fork_rng():
    torch.manual_seed(2)
    two_heads, sequence = MultiHeadAttention(8, 2, dropout=0.0), torch.randn(1, 6, 8)
with torch.no_grad():
    two_heads.query_projection.weight[:4] *= 30  # head 0: large scores, so one key takes nearly all the weight
    two_heads.value_projection.weight[:4] = 0.0  # ... and values that are 0
    two_heads.value_projection.bias[:4] = 0.0
    whole, seen = two_heads(sequence, sequence, sequence)
    differences = []
    for head in range(2):
        columns = two_heads.output_projection.weight[:, 4 * head : 4 * head + 4]
        kept = columns.clone()
        columns.zero_()  # the output of this head no longer counts
        differences.append((two_heads(sequence, sequence, sequence)[0] - whole).abs().max().item())
        columns.copy_(kept)
for head in range(2):
    largest = seen[0, head].amax(dim=-1).mean().item()
    print(
        L(
            f"ヘッド {head}：最大の重みの平均 {largest:.2f}、0 にしたときの出力の変化 {differences[head]:.2f}",
            f"head {head}: mean of the largest weight {largest:.2f}, "
            f"change of the output without it {differences[head]:.2f}",
        )
    )

# %% [markdown] lang="ja" id="p2-m2-3"
# ### M2-3　「ヘッドを増やすと、パラメーターも増える」
#
# 増えません。幅 $d_{\mathrm{model}}$ を分け合うだけで、行列の大きさは同じです。$d_{\mathrm{model}} = 128$ なら、ヘッドがいくつでも
# {{eq-mha.parameters:,.0f}} 個です。増やした分だけ、一つのヘッドの幅 $D$ が狭くなります。
#
# ### M2-4　「Q、K、V は三つの別々の入力である」
#
# 自己注意では入力は一つです。一つの系列に三つの行列を掛けて、クエリ、キー、バリューを作ります。交差注意でも入力は二つで、
# キーとバリューは同じ系列から来ます。三つあるのは入力ではなく、射影です。
#
# ### M2-5　「マスクは確率に 0 を掛けるものである」
#
# softmax のあとで 0 を掛けると、隠したキーが分母に残り、重みの和が 1 になりません。上の例では {{eq-mask.late_sum}} でした。
# マスクは、softmax の前のスコアにかけます。スコアに 0 を掛けるのも誤りです。$e^0 = 1$ なので、隠れません。
#
# ### M2-6　「割る数は √d_model である」
#
# 内積を取るのは、一つのヘッドの中の $D$ 個の成分です。だから割る数は $\sqrt{D}$ で、論文の $\sqrt{d_k}$ はこれを
# 指します。$d_{\mathrm{model}} = 512$、$H = 8$ なら $D = 64$ なので、割る数は 8 です。$\sqrt{512}$ で割ると、さらに $\sqrt{8}$ で割ったことになり、スコアが小さくなりすぎます。
# ヘッドが一つのときだけ、二つの数は一致します。

# %% [markdown] lang="en" id="p2-m2-3" of="2e890613"
# ### M2-3: "More heads mean more parameters"
#
# They do not. The heads share the width $d_{\mathrm{model}}$, and the matrices stay as large as they were. With $d_{\mathrm{model}} = 128$
# there are {{eq-mha.parameters:,.0f}} for any number of heads. The more heads, the narrower the width $D$ of each.
#
# ### M2-4: "Q, K and V are three separate inputs"
#
# Self-attention has one input: a single sequence, multiplied by three matrices, gives queries, keys and values. Even
# cross-attention has two inputs, not three, since keys and values come from the same sequence. What comes in threes is the
# projections.
#
# ### M2-5: "A mask multiplies probabilities by 0"
#
# Multiplying by 0 after the softmax leaves the hidden key in the denominator, and the weights do not sum to 1; above they
# summed to {{eq-mask.late_sum}}. A mask acts on the scores, before the softmax. Multiplying the scores by 0 is wrong as
# well: as $e^0 = 1$, it hides nothing.
#
# ### M2-6: "The divisor is √d_model"
#
# The dot product runs over the $D$ entries of one head. So $\sqrt{D}$ is what to divide by, and it is what the paper means
# by $\sqrt{d_k}$. With $d_{\mathrm{model}} = 512$ and $H = 8$, $D = 64$ and the divisor is 8. Dividing by $\sqrt{512}$ divides
# by another $\sqrt{8}$ and makes the scores too small. Only with a single head are the two the same.

# %% [markdown] lang="ja" id="p2-summary"
# ## まとめ
#
# - スコアはクエリとキーの内積を $\sqrt{d_k}$ で割ったもの、重みはその softmax、出力は重みで混ぜたバリューです。
# - 重みの形は $(T_q, T_k)$ で、行の和は 1 です。
# - マスクは softmax の前にスコアを $-\infty$ にします。見るもののない行は 0 にします。
# - ヘッドは、同じ数の読みかえです。パラメーターの数は変わりません。
# - 交差注意は、キーとバリューの出どころが違うだけの、同じ式です。
#
# 予想の答え合わせをします。一つ目：$d_k$ が大きくなると、割らない softmax のいちばん大きな重みは 1 に近づきます。二つ目：パラメーターの数は変わりません。
# 三つ目：十分ではありません。残りの重みの和が 1 になりません。
#
# 最後に、このレッスンの数字から作った問いを三つ解きましょう。

# %% [markdown] lang="en" id="p2-summary" of="8b1b1d99"
# ## Summary
#
# - Scores are the dot products of queries and keys divided by $\sqrt{d_k}$, weights are their softmax, and the output is the
#   values mixed by the weights.
# - The weights are $(T_q, T_k)$, and every row sums to 1.
# - A mask sets scores to $-\infty$ before the softmax. A row that sees nothing becomes 0.
# - Heads are another way to read the same numbers. The number of parameters stays the same.
# - Cross-attention is the same formula with keys and values from elsewhere.
#
# And your predictions? First: without division the largest weight nears 1 as $d_k$ grows. Second: the number of parameters
# does not change. Third: it is not enough, for the weights that are left do not sum to 1.
#
# To finish, three questions made from the numbers of this lesson.

# %% id="p2-quiz"
quiz("eq-scores", "eq-mask", "eq-mha")

# %% id="p2-assert"
assert abs(output_by_hand - output[0, 0].item()) < 1e-12
assert long_weights.shape == (5, 7)
assert torch.allclose(reordered, long_output)
assert unscaled[-1][0] > 0.9 > 0.4 > scaled[-1][0]  # the largest weight at d_k = 512
assert unscaled[-1][1] < unscaled[0][1] / 2 < scaled[-1][1]  # and the gradient
assert masked_weights[~past].abs().max() == 0.0
assert not blind_weights.any()
looks = head_weights[0].argmax(dim=-1)  # (H, T)
assert looks[0].tolist() == list(range(8))  # the diagonal
assert looks[1, 1:].tolist() == list(range(7))  # one position back
assert looks[2, :7].tolist() == list(range(1, 8))  # one position ahead
assert torch.allclose(head_weights[0, 3], torch.full((8, 8), 1 / 8))  # everywhere evenly
assert [places.sum().item() for places in places_split] == [1, 1] != [places.sum().item() for places in places_view]
assert late.sum() < 1.0
assert "overflow" in message
assert differences[0] < 1e-12 < differences[1]
assert seen[0, 0].amax(dim=-1).mean() > seen[0, 1].amax(dim=-1).mean()
