# ---
# jupyter:
#   henkan:
#     seconds: 4
# ---

# %% [markdown] lang="ja" id="l0-title"
# # レッスン 0：手で計算するアテンション
#
# アテンションは、足し算と掛け算と指数だけでできています。このレッスンでは、トークンが二つだけの小さな例で、
# 出力を求め、損失を測り、勾配で一回更新するところまでを、すべて手で計算します。
#
# 終わるころには、次のことができるようになります。
#
# - アテンションの出力を、電卓だけで求める。
# - 損失の勾配を求めて一回更新し、その勾配が正しいことを自分で確かめる。
# - L2 正則化とミニバッチが、何を変え、何を変えないかを説明する。
# - 「学習した」という報告を、対照実験で確かめる。
#
# 計算に使うのは Python と標準ライブラリーの `math` だけです。PyTorch も GPU もいりません。
# 図を描くところだけ matplotlib を使います。

# %% [markdown] lang="en" id="l0-title" of="e61a703d"
# # Lesson 0: Attention by hand
#
# Attention is made of sums, products and exponentials, and of nothing else. This lesson takes a small example of two
# tokens and works all of it out by hand: the output, its loss, the gradient, and one update.
#
# By the end you will be able to
#
# - find the output of an attention with a pocket calculator;
# - find the gradient of a loss, take one step, and check for yourself that the gradient is right;
# - say what L2 regularization and a mini-batch change, and what they do not;
# - put a report that "it learned" to the test of a control experiment.
#
# All computing is done with Python and `math` from its standard library. Neither PyTorch nor a GPU is needed; only the
# figures are drawn with matplotlib.

# %% [markdown] lang="ja" id="l0-predict"
# ## 予想
#
# 先に答えを紙に書いておきましょう。外れてもかまいません。答え合わせは最後にします。
#
# 1. キーが二つあります。一つはスコアが 0.57、もう一つはちょうど 0 です。スコアが 0 のキーの重みは、0 になるでしょうか。
# 2. ある講義ノートに、こう書いてありました。「一回更新すると、正解の確率が {{num-culprit.before:.3f}} から
#    {{num-culprit.both:.3f}} に上がった。学習できている」。そう言えるでしょうか。
# 3. 学習率を 0.1 から 10 まで上げていきます。一回更新したあとの損失は、どこかで大きくなりはじめるでしょうか。

# %% [markdown] lang="en" id="l0-predict" of="2128b5e9"
# ## Predict
#
# Write your answers down first. They need not be right; we come back to them at the end.
#
# 1. There are two keys. The score of one is 0.57, that of the other exactly 0. Does the key with the score 0 get weight 0?
# 2. Some lecture notes say: "One update, and the probability of the right answer has risen from
#    {{num-culprit.before:.3f}} to {{num-culprit.both:.3f}}. The model is learning." Does that follow?
# 3. The learning rate goes up from 0.1 to 10. Does the loss after one update begin to grow somewhere?

# %% id="l0-setup"
import math

from henkan.course.by_hand import (
    attention_weights,
    dot,
    find_the_culprit,
    gradient_step,
    l2_penalty,
    l2_two_ways,
    minibatch,
    output_and_loss,
    sigmoid,
    suspect_step,
    through_softmax,
)
from henkan.course.ledger import number
from henkan.course.notebook import L, equation_card, exercise_card, quiz, show
from henkan.plotting.one_step import loss_against_rate, number_line, weight_bars

# %% [markdown] lang="ja" id="l0-hand"
# ## 手で計算する
#
# 問いを表す**クエリ** $q = (1, 0)$ が一つと、トークンが二つあります。どのトークンも、
# 問いと照らし合わせるための**キー** $k$ と、答えとして差し出す**バリュー** $v$ を持っています。
# バリューは、この例では一つの数です。
#
# | | キー | バリュー |
# | --- | --- | --- |
# | トークン 1 | $k_1 = (0.8, 0.6)$ | $v_1 = 0.3$ |
# | トークン 2 | $k_2 = (0, 1)$ | $v_2 = 0.9$ |
#
# アテンションは二つのバリューを混ぜます。クエリによく合うキーのバリューほど、多く混ぜます。
# 電卓を用意して、次の四つを順に求めてください。
#
# 1. **スコア** $s_1$：内積 $q \cdot k_1 = 1 \times 0.8 + 0 \times 0.6$ を $\sqrt{2}$ で割って {{eq-scores.s11}} です。
#    もう一つの $s_2$ は、$q \cdot k_2 = 0$ なので 0 です。
# 2. **指数**：$e^{s_1}$ は {{eq-softmax.exp1}} です。$e^{s_2}$ は $e^0$、つまり 1 です。0 ではありません。
# 3. **重み**：それぞれを和 {{eq-softmax.sum}} で割ると、$\alpha_1$ は {{eq-softmax.alpha1}}、
#    $\alpha_2$ は {{eq-softmax.alpha2}} です。
# 4. **出力**：$\alpha_1 \times 0.3 + \alpha_2 \times 0.9$ は {{eq-sigmoid.z}} です。
#
# 次のセルは、同じ計算をそのまま Python で書いたものです。

# %% [markdown] lang="en" id="l0-hand" of="2949d8f5"
# ## By hand
#
# There is one **query**, $q = (1, 0)$, which stands for what is being asked, and there are two tokens. Each token has a
# **key** $k$, against which the question is held, and a **value** $v$, which it offers as an answer. In this example a
# value is a single number.
#
# | | key | value |
# | --- | --- | --- |
# | token 1 | $k_1 = (0.8, 0.6)$ | $v_1 = 0.3$ |
# | token 2 | $k_2 = (0, 1)$ | $v_2 = 0.9$ |
#
# Attention mixes the two values, taking more of a value the better its key fits the query. Take a calculator and find
# four things, one after another.
#
# 1. **Scores**: the dot product $q \cdot k_1 = 1 \times 0.8 + 0 \times 0.6$, divided by $\sqrt{2}$, gives $s_1$, which is
#    {{eq-scores.s11}}. The other, $s_2$, is 0, since $q \cdot k_2 = 0$.
# 2. **Exponentials**: $e^{s_1}$ is {{eq-softmax.exp1}}, and $e^{s_2}$ is $e^0$, which is 1, not 0.
# 3. **Weights**: divided by their sum, {{eq-softmax.sum}}, they give $\alpha_1$ as {{eq-softmax.alpha1}} and $\alpha_2$ as
#    {{eq-softmax.alpha2}}.
# 4. **Output**: $\alpha_1 \times 0.3 + \alpha_2 \times 0.9$ is {{eq-sigmoid.z}}.
#
# The next cell is the same computation, as it stands, in Python.

# %% id="l0-hand-code"
s1 = (1 * 0.8 + 0 * 0.6) / math.sqrt(2)
s2 = (1 * 0 + 0 * 1) / math.sqrt(2)
total = math.exp(s1) + math.exp(s2)
a1, a2 = math.exp(s1) / total, math.exp(s2) / total
z_by_hand = a1 * 0.3 + a2 * 0.9
print(f"s₁ {s1:.6f}  s₂ {s2:.6f}  α₁ {a1:.6f}  α₂ {a2:.6f}  z {z_by_hand:.6f}")

# %% [markdown] lang="ja" id="l0-formula"
# ## 式
#
# いまの四段を、トークンがいくつあっても使える形に書きます。$D$ はクエリの成分の数で、この例では 2 です。
#
# $$s_i = \frac{q \cdot k_i}{\sqrt{D}}, \qquad \alpha_i = \frac{e^{s_i}}{\sum_j e^{s_j}}, \qquad z = \sum_i \alpha_i v_i$$
#
# $\sqrt{D}$ で割る理由は、フェーズ 2 で実験して確かめます。三つを一行にまとめた論文の式 [eq-sdpa] も、そこに出てきます。
#
# 式のカードには、それを計算している henkan のソースコードの行が載っています。
# softmax の行は、たくさんのクエリをまとめて扱うために PyTorch で書いてありますが、していることは同じです。

# %% [markdown] lang="en" id="l0-formula" of="126ee7f9"
# ## The formula
#
# Now the same four steps for any number of tokens. $D$ is how many entries the query has; in this example it is 2.
#
# $$s_i = \frac{q \cdot k_i}{\sqrt{D}}, \qquad \alpha_i = \frac{e^{s_i}}{\sum_j e^{s_j}}, \qquad z = \sum_i \alpha_i v_i$$
#
# Why divide by $\sqrt{D}$? An experiment in phase 2 will show it. There you will also meet the equation of the paper that
# puts all three into one line, [eq-sdpa].
#
# The card of an equation shows the line of henkan's source that computes it. The line of the softmax is written in
# PyTorch, so that it can treat many queries at once, but what it does is the same.

# %% id="l0-formula-cards"
equation_card("eq-dot")
equation_card("eq-softmax")

# %% [markdown] lang="ja" id="l0-code"
# ## コード
#
# 式の三つの部分を、一行ずつ書きます。内積には henkan の `dot` を使います。トークンが増えても、この三行は変わりません。

# %% [markdown] lang="en" id="l0-code" of="a63cdac3"
# ## Code
#
# Each of the three parts is a line. The dot product is henkan's `dot`. With more tokens the three lines stay as they are.

# %% id="l0-code-steps"
Q, KEYS, VALUES = (1.0, 0.0), ((0.8, 0.6), (0.0, 1.0)), (0.3, 0.9)

scores = [dot(Q, key) / math.sqrt(len(Q)) for key in KEYS]
weights = [math.exp(score) / sum(math.exp(other) for other in scores) for score in scores]
output = dot(weights, VALUES)
print(f"{output:.6f}", weights == attention_weights(Q, KEYS))

# %% [markdown] lang="ja" id="l0-see"
# ## 見る
#
# 二つの重みの和は 1 です。スコアが 0 のトークン 2 にも、三分の一を超える重みが付きました。
#
# 重みの比 $\alpha_1 / \alpha_2$ は $e^{s_1 - s_2}$ で、{{eq-softmax.exp1}} になります。効くのはスコアの**差**だけです。
# すべてのスコアに同じ数を足しても、重みは変わりません。スコアの 0 という値に、特別な意味はないのです。

# %% [markdown] lang="en" id="l0-see" of="c342e20a"
# ## Look
#
# The two weights sum to 1. Token 2, whose score is 0, still got more than a third.
#
# The ratio of the weights, $\alpha_1 / \alpha_2$, is $e^{s_1 - s_2}$, here {{eq-softmax.exp1}}. Only the **difference** of scores
# counts. The same number added to every score changes no weight, so there is nothing special about a score of 0.

# %% id="l0-see-figure"
show(
    weight_bars(weights, [L("トークン 1", "token 1"), L("トークン 2", "token 2")]),
    ja="二つのトークンの重みの棒グラフ。トークン 1 が約 0.64、トークン 2 が約 0.36",
    en="Bars of the weights of two tokens: about 0.64 for token 1, about 0.36 for token 2",
)

# %% [markdown] lang="ja" id="l0-loss"
# ## 出力を確率に、確率を損失に
#
# 出力がどれだけ良いかを測るために、はい・いいえの問題にしましょう。正解 $t$ は 1（はい）とします。
# 混ぜたバリューにバイアス $b$ を足して $z$ とし、シグモイド関数で確率 $y$ に変えます。はじめは $b = 0$ なので、
# $z$ はさきほどの出力のままです。
#
# 損失 $L$ は交差エントロピーです。$t = 1$ なら $L = -\ln y$ だけが残ります。確率 1 と言い切って当たれば損失は 0 で、
# 正解に付けた確率が 0 に近いほど、損失は限りなく大きくなります。

# %% [markdown] lang="en" id="l0-loss" of="b5999d9b"
# ## From output to probability, from probability to loss
#
# To measure how good the output is, make it a question of yes or no, and let the right answer $t$ be 1, yes. A bias $b$ is
# added to the mixture of the values, which gives $z$, and the sigmoid turns $z$ into a probability $y$. At first $b = 0$,
# so $z$ is the output from above.
#
# The loss $L$ is the cross entropy. With $t = 1$ only $L = -\ln y$ is left. Whoever says probability 1 and is right pays 0;
# the nearer to 0 the probability of the right answer, the larger the loss, without limit.

# %% id="l0-loss-cards"
equation_card("eq-sigmoid")
equation_card("eq-bce")

# %% id="l0-loss-code"
BIAS, TARGET = 0.0, 1.0
z, y, loss = output_and_loss(weights, VALUES, BIAS, TARGET)
print(f"z {z:.6f}  y {y:.6f}  L {loss:.6f}")

# %% [markdown] lang="ja" id="l0-gradient"
# ## 一回の更新
#
# 損失を下げるには、バリューとバイアスをどちらへ動かせばよいでしょうか。損失から逆向きに、一段ずつ微分していきます。
#
# 1. $L = -\ln y$ なので、$\dfrac{\partial L}{\partial y} = -\dfrac{1}{y}$ です。
# 2. シグモイド関数の微分は $\dfrac{\partial y}{\partial z} = y(1 - y)$ です。
# 3. 掛け合わせると $y$ が約分されて、$\dfrac{\partial L}{\partial z} = y - 1$ になります。$t = 0$ のときも同じように計算でき、
#    二つをまとめると $\dfrac{\partial L}{\partial z} = y - t$ です。
# 4. $z = \alpha_1 v_1 + \alpha_2 v_2 + b$ なので、$v_i$ の勾配はこれに $\alpha_i$ を掛けたもの、$b$ の勾配はこれそのものです。
#
# 勾配は、損失が**増える**向きを指します。だから学習率 $\eta$ を掛けて、引きます。$\eta = 0.1$ なら、次のとおりです。
#
# | | 更新前 | 勾配 | 更新後 |
# | --- | --- | --- | --- |
# | $v_1$ | 0.3 | {{eq-sgd.dv1}} | {{eq-sgd.v1}} |
# | $v_2$ | 0.9 | {{eq-sgd.dv2}} | {{eq-sgd.v2}} |
# | $b$ | 0 | {{eq-sgd.db}} | {{eq-sgd.b}} |
#
# トークン 1 のほうがよく見られていたので、$v_1$ は $v_2$ より大きく動きました。

# %% [markdown] lang="en" id="l0-gradient" of="d4d2d83b"
# ## One update
#
# Which way should the values and the bias move so that the loss falls? Walk back from the loss, taking one derivative at
# a time.
#
# 1. As $L = -\ln y$, $\dfrac{\partial L}{\partial y} = -\dfrac{1}{y}$.
# 2. The derivative of the sigmoid is $\dfrac{\partial y}{\partial z} = y(1 - y)$.
# 3. In the product $y$ cancels: $\dfrac{\partial L}{\partial z} = y - 1$. The same can be done for $t = 0$, and in one
#    formula it is $\dfrac{\partial L}{\partial z} = y - t$.
# 4. As $z = \alpha_1 v_1 + \alpha_2 v_2 + b$, the gradient of $v_i$ is this times $\alpha_i$, and the gradient of $b$ is this
#    itself.
#
# A gradient points to where the loss **grows**. So it is multiplied by the learning rate $\eta$ and subtracted. With
# $\eta = 0.1$:
#
# | | before | gradient | after |
# | --- | --- | --- | --- |
# | $v_1$ | 0.3 | {{eq-sgd.dv1}} | {{eq-sgd.v1}} |
# | $v_2$ | 0.9 | {{eq-sgd.dv2}} | {{eq-sgd.v2}} |
# | $b$ | 0 | {{eq-sgd.db}} | {{eq-sgd.b}} |
#
# Token 1 was looked at more, so $v_1$ moved further than $v_2$.

# %% id="l0-gradient-card"
equation_card("eq-sgd")

# %% id="l0-gradient-code"
RATE = 0.1
new_values, new_bias = gradient_step(weights, VALUES, BIAS, TARGET, RATE)
new_z, new_y, new_loss = output_and_loss(weights, new_values, new_bias, TARGET)
print(f"z {z:.6f} → {new_z:.6f}   y {y:.6f} → {new_y:.6f}   L {loss:.6f} → {new_loss:.6f}")

# %% [markdown] lang="ja" id="l0-line"
# 数直線で見ると、二つのバリューも $z$ も右へ動いています。$z$ の動きがいちばん大きいのは、二つのバリューの動きに、
# バイアスの動き {{eq-sgd.b}} が加わるからです。確率は {{eq-sgd.y}} に上がり、
# 損失は {{eq-bce.loss}} から {{eq-sgd.loss}} に下がりました。

# %% [markdown] lang="en" id="l0-line" of="689f1f7d"
# On a number line, both values and $z$ have moved to the right. $z$ moves furthest, since the bias's move of {{eq-sgd.b}}
# adds to what the two values contribute. The probability has risen to {{eq-sgd.y}}, and the loss has fallen from
# {{eq-bce.loss}} to {{eq-sgd.loss}}.

# %% id="l0-line-figure"
show(
    number_line(
        {"$v_1$": 0.3, "$v_1'$": new_values[0], "$z$": z, "$z'$": new_z, "$v_2$": 0.9, "$v_2'$": new_values[1]},
        (0.2, 1.0),
        L("一回の更新で動いた数（′ が更新後）", "what one update moved (′ marks the new number)"),
        [("$v_1$", "$v_1'$"), ("$z$", "$z'$"), ("$v_2$", "$v_2'$")],
    ),
    ja="数直線の上で、v1、z、v2 が一回の更新で右へ動く。動きは z がいちばん大きく、v1、v2 の順に続く",
    en="A number line on which v1, z and v2 move to the right in one update: z furthest, then v1, then v2",
)

# %% [markdown] lang="ja" id="l0-doubt"
# 式で求めた勾配は、疑ってかかりましょう。$v_1$ をほんの少しだけ左右に動かして損失の傾きを測れば、答え合わせができます。
# これを**数値微分**といいます。練習の検査でも使います。

# %% [markdown] lang="en" id="l0-doubt" of="dad01b69"
# Doubt every gradient that came out of a formula. Move $v_1$ a tiny bit to either side, measure how the loss changes, and
# you have a way to check it, called **finite differences**. The checks of the exercises use it, too.

# %% id="l0-doubt-code"
SMALL = 1e-5
losses = [output_and_loss(weights, (0.3 + move, 0.9), BIAS, TARGET)[2] for move in (-SMALL, SMALL)]
measured = (losses[1] - losses[0]) / (2 * SMALL)
derived = (y - TARGET) * weights[0]
print(f"{measured:.9f}  {derived:.9f}")

# %% [markdown] lang="ja" id="l0-through"
# ## softmax を通る勾配
#
# いまは重みを止めて、バリューとバイアスだけを動かしました。重みを作ったクエリとキーも学習するなら、
# 勾配は softmax をさかのぼらなければなりません。
#
# $$\frac{\partial L}{\partial s_i} = (y - t)\, \alpha_i\, (v_i - \bar{v}), \qquad \bar{v} = \sum_j \alpha_j v_j$$
#
# 言葉で言いなおしてみます。正解は 1 なので、$z$ を上げたいところです。$v_2$ は混ぜた値 $\bar{v}$ より大きいので、
# トークン 2 をもっと見れば $z$ は上がります。$v_1$ は $\bar{v}$ より小さいので、トークン 1 を見るのは減らします。
# 勾配は引くものですから、符号はこの逆です。$s_1$ の勾配は {{num-through-softmax.ds1}}、
# $s_2$ の勾配は {{num-through-softmax.ds2}} になります。
#
# 二つの和はちょうど 0 です。すべてのスコアに同じ数を足しても、何も変わらないからです。
#
# $s_i = q \cdot k_i / \sqrt{D}$ なので、その先は内積の微分です。$s_i$ の勾配に、クエリの側では $k_i / \sqrt{D}$ を、
# キーの側では $q / \sqrt{D}$ を掛けます。
#
# - クエリの勾配：({{num-through-softmax.dq1}}, {{num-through-softmax.dq2}})
# - キー $k_1$ の勾配：({{num-through-softmax.dk11}}, {{num-through-softmax.dk12:.0f}})

# %% [markdown] lang="en" id="l0-through" of="356dadf2"
# ## The gradient through the softmax
#
# So far the weights were kept and only values and bias moved. If the query and the keys that make the weights are to
# learn as well, the gradient has to travel back through the softmax.
#
# $$\frac{\partial L}{\partial s_i} = (y - t)\, \alpha_i\, (v_i - \bar{v}), \qquad \bar{v} = \sum_j \alpha_j v_j$$
#
# In words: the right answer is 1, so $z$ should go up. $v_2$ is larger than the mixture $\bar{v}$, so $z$ goes up if token 2
# is looked at more. $v_1$ is smaller than $\bar{v}$, so token 1 should be looked at less. Gradients are subtracted, so their
# signs are the other way round: {{num-through-softmax.ds1}} for $s_1$ and {{num-through-softmax.ds2}} for $s_2$.
#
# The two sum to exactly 0, because adding the same number to all scores changes nothing.
#
# As $s_i = q \cdot k_i / \sqrt{D}$, the rest is the derivative of a dot product. The gradient of $s_i$ is multiplied by
# $k_i / \sqrt{D}$ on the side of the query and by $q / \sqrt{D}$ on the side of the key.
#
# - gradient of the query: ({{num-through-softmax.dq1}}, {{num-through-softmax.dq2}})
# - gradient of the key $k_1$: ({{num-through-softmax.dk11}}, {{num-through-softmax.dk12:.0f}})

# %% id="l0-through-code"
by_score, by_query, by_key = through_softmax(Q, KEYS, VALUES, BIAS, TARGET)
print("∂L/∂s ", [round(slope, 6) for slope in by_score])
print("∂L/∂q ", [round(slope, 6) for slope in by_query])
print("∂L/∂k₁", [round(slope, 6) for slope in by_key[0]])

# %% [markdown] lang="ja" id="l0-l2"
# ## L2 正則化、二つの入れかた
#
# バリューが大きくなりすぎないように、二乗の和 $R = \lambda \sum_i v_i^2$ を損失に加えることがあります。
# L2 正則化です。「損失に加える」には二つの意味があり、よく取り違えられます。$\lambda = 0.01$ で比べましょう。
#
# **勾配に入れる**と、$v_i$ の勾配に $R$ の微分 $2\lambda v_i$ が加わります。一回更新したあとの値は、
# $v_1$ が {{eq-l2.v1}}、$v_2$ が {{eq-l2.v2}} で、さきほどより少し小さくなります。バイアスには $R$ がかからないので、
# {{eq-l2.b}} のままです。
#
# **報告に入れる**だけなら、更新は何も変わりません。更新後の損失 {{eq-sgd.loss}} に $R$ の {{eq-l2.penalty}} が足されて、
# {{eq-l2.reported}} と報告されるだけです。

# %% [markdown] lang="en" id="l0-l2" of="e04a65d9"
# ## L2, two ways
#
# To keep values from growing too large, the sum of their squares, $R = \lambda \sum_i v_i^2$, can be added to the loss. This is
# L2 regularization. "Added to the loss" has two meanings, which are often mixed up. Compare them with $\lambda = 0.01$.
#
# **In the gradient**, the derivative of $R$, $2\lambda v_i$, joins the gradient of $v_i$. After one update $v_1$ is {{eq-l2.v1}}
# and $v_2$ is {{eq-l2.v2}}, a little smaller than before. $R$ does not count the bias, so that is {{eq-l2.b}} as it was.
#
# **In the report**, nothing about the update changes. The $R$ of {{eq-l2.penalty}} is added to the loss after the update,
# {{eq-sgd.loss}}, and {{eq-l2.reported}} is what is reported, no more.

# %% id="l0-l2-code"
STRENGTH = 0.01
(decayed, decayed_bias), reported = l2_two_ways(weights, VALUES, BIAS, TARGET, RATE, STRENGTH)
decayed_loss = output_and_loss(weights, decayed, decayed_bias, TARGET)[2]
print(L("勾配に入れた：バリュー", "in the gradient: values"), [round(value, 6) for value in decayed])
print(L("　　　　　　　データの損失", "                 loss of the data"), round(decayed_loss, 6))
print(L("報告に入れた：データの損失", "in the report:   loss of the data"), round(new_loss, 6))
print(L("　　　　　　　報告する損失", "                 reported loss   "), round(reported, 6))
equation_card("eq-l2")

# %% [markdown] lang="ja" id="l0-batch"
# ## ミニバッチ
#
# 例が三つになっても、新しいことは平均だけです。更新後の三つの数を一つにまとめて、
# $w = (v_1, v_2, b)$ と書きます。入力は三つの成分を持つ行で、確率は $y = \sigma(x \cdot w)$ です。
#
# | 行 $x$ | 正解 | 確率 $y$ |
# | --- | --- | --- |
# | (0.8, −0.4, 0.2) | 1 | {{num-minibatch.y1}} |
# | (0.2, 0.1, −0.3) | 0 | {{num-minibatch.y2}} |
# | (0.5, −0.2, 0.7) | 1 | {{num-minibatch.y3}} |
#
# 一つの行の勾配は $(y - t)\,x$ です。三つの勾配を**平均**すると
# ({{num-minibatch.g1}}, {{num-minibatch.g2}}, {{num-minibatch.g3}}) です。$w$ を動かすのは、平均したあとの一回だけです。
# 平均の損失は {{num-minibatch.loss}} から {{num-minibatch.loss_after}} に下がります。

# %% [markdown] lang="en" id="l0-batch" of="f4fcb250"
# ## A mini-batch
#
# With three examples the only thing new is the mean. Put the three numbers after the update into one vector,
# $w = (v_1, v_2, b)$. An input is a row of three entries, and its probability is $y = \sigma(x \cdot w)$.
#
# | row $x$ | right answer | probability $y$ |
# | --- | --- | --- |
# | (0.8, −0.4, 0.2) | 1 | {{num-minibatch.y1}} |
# | (0.2, 0.1, −0.3) | 0 | {{num-minibatch.y2}} |
# | (0.5, −0.2, 0.7) | 1 | {{num-minibatch.y3}} |
#
# The gradient of one row is $(y - t)\,x$. The **mean** of the three is
# ({{num-minibatch.g1}}, {{num-minibatch.g2}}, {{num-minibatch.g3}}), and $w$ moves once, after the mean has been taken. The
# mean loss falls from {{num-minibatch.loss}} to {{num-minibatch.loss_after}}.

# %% id="l0-batch-code"
ROWS, ANSWERS = ((0.8, -0.4, 0.2), (0.2, 0.1, -0.3), (0.5, -0.2, 0.7)), (1, 0, 1)
w = (*new_values, new_bias)
probabilities, mean_before, gradient, mean_after = minibatch(ROWS, ANSWERS, w, RATE)
print([round(probability, 6) for probability in probabilities], [round(slope, 6) for slope in gradient])
print(f"{mean_before:.6f} → {mean_after:.6f}")

# %% [markdown] lang="ja" id="l0-break"
# ## 壊す
#
# **一つ目：犯人さがし。** 予想に出てきた講義ノートは、次のセルの計算をしていました。
# 実行すると、たしかに確率は上がります。しかし、疑わしいところが二つあります。
# `suspect_step` が勾配として使っているのは $(y - t)\, y\, (1 - y)$ です。コードを読んで、見つけてください。

# %% [markdown] lang="en" id="l0-break" of="cc677401"
# ## Break it
#
# **First: find the culprit.** This is what the lecture notes from the predictions had computed. Run the cell, and the
# probability does rise. Yet two things in it are suspicious. The gradient that `suspect_step` uses is
# $(y - t)\, y\, (1 - y)$. Read the code and find them.

# %% id="l0-break-culprit"
lecture_values, lecture_bias = suspect_step(weights, VALUES, BIAS, TARGET, RATE)
lecture_y = sigmoid(dot(weights, lecture_values) + lecture_bias + 0.1)
print(f"y {y:.6f} → {lecture_y:.6f}")

# %% [markdown] lang="ja" id="l0-break-suspects"
# 一つ目の容疑者は、勾配です。$(y - t)\, y\, (1 - y)$ は**二乗誤差**の勾配で、損失は交差エントロピーでした。
# 正しい勾配 $y - t$ の $y(1 - y)$ 倍、つまり {{num-culprit.ratio}} 倍しかありません。
#
# 二つ目は、更新後の計算にだけ入っている `+ 0.1` です。講義ノートの本文は、これに一言も触れていませんでした。
#
# 確率が上がったのは、どちらのせいでしょうか。眺めていても分かりません。分かるのは、**一度に一つだけ変えて**測ったときです。
# その対照実験を書くのが、練習の「犯人さがし」です。答えは誤解カード M0-2 にあります。先に自分で測ってみてください。

# %% [markdown] lang="en" id="l0-break-suspects" of="e7dba3a9"
# The first suspect is the gradient. $(y - t)\, y\, (1 - y)$ belongs to the **squared error**, but the loss was a cross
# entropy. It is $y(1 - y)$ times the right gradient $y - t$, only {{num-culprit.ratio}} of it.
#
# The second is the `+ 0.1`, which only the computation after the update has. The text of the notes says not a word
# about it.
#
# Which of them raised the probability? Looking will not tell. Measuring will, if **one thing is changed at a time**. The
# exercise "Find the culprit" is to write that control experiment. The answer is on misconception card M0-2; measure for
# yourself first.

# %% [markdown] lang="ja" id="l0-break-rate"
# **二つ目：学習率を上げる。** 学習率を 0 から 10 まで変えて、一回更新したあとの損失を調べます。
# 例が一つだけの場合と、**同じ入力に正解 0 の例**を加えた場合を比べます。
# 入力は $x = (\alpha_1, \alpha_2, 1)$、動かす数は $w = (v_1, v_2, b)$ です。

# %% [markdown] lang="en" id="l0-break-rate" of="03ab1697"
# **Second: raise the learning rate.** For learning rates from 0 to 10, find the loss after one update: for the single
# example, and with **an example of the same input whose right answer is 0** added. The input is
# $x = (\alpha_1, \alpha_2, 1)$, and the numbers that move are $w = (v_1, v_2, b)$.

# %% id="l0-break-rate-code"
rates = [step / 10 for step in range(101)]
x, w_start = (*weights, 1.0), (*VALUES, BIAS)
alone = [minibatch([x], [1], w_start, rate)[3] for rate in rates]
conflict = [minibatch([x, x], [1, 0], w_start, rate)[3] for rate in rates]

best_rate, limit_rate = number("num-conflict", "best_rate"), number("num-conflict", "limit_rate")
show(
    loss_against_rate(
        rates,
        {
            L("例が一つ（正解 1）", "one example (answer 1)"): alone,
            L("正解 0 の例も加える", "and one with answer 0"): conflict,
        },
        {L("最小", "least"): best_rate, L("はじめと同じ", "as at first"): limit_rate},
    ),
    ja="学習率に対する、一回更新したあとの損失。例が一つだけなら下がりつづける。正解 0 の例を加えると、"
    "学習率 2.66 で最小になり、5.32 を超えるともとの損失より大きくなる",
    en="The loss after one update against the learning rate. With one example it keeps falling; with an example of "
    "answer 0 added it is least at 2.66 and larger than at the start beyond 5.32",
)

# %% [markdown] lang="ja" id="l0-break-rate-read"
# 例が一つだけなら、損失は学習率をいくら上げても下がりつづけます。確率を 1 に近づければ近づけるほど良いからです。
# この例では、学習率が大きすぎても気づけません。
#
# 正反対の例を加えると、平均の損失がいちばん小さいのは $y$ が 1/2、つまり $z = 0$ のときです。
# 学習率 {{num-conflict.best_rate:.2f}} なら一回でそこに着きます。それより大きいと行き過ぎます。
# ちょうど二倍の {{num-conflict.limit_rate:.2f}} で反対側の同じ高さに登り、それを超えると、損失ははじめより大きくなります。

# %% [markdown] lang="en" id="l0-break-rate-read" of="1bdf721a"
# With a single example the loss keeps falling however high the learning rate: the nearer the probability comes to 1, the
# better. This example cannot show that a learning rate is too large.
#
# With the opposite example added, the mean loss is least where $y$ is 1/2, that is at $z = 0$. A learning rate of
# {{num-conflict.best_rate:.2f}} gets there in one update; a larger one goes too far. At twice that,
# {{num-conflict.limit_rate:.2f}}, it has climbed to the same height on the other side, and beyond it the loss is larger than
# it was at first.

# %% [markdown] lang="ja" id="l0-exercises"
# ## 練習
#
# ここからは自分で書きます。`henkan learn init` でできたフォルダーの中で `henkan watch` を動かしておくと、
# 保存するたびに検査されます。このノートブックの中でも、`from henkan.course import check` のあとで
# `check("lesson0/gradient_step", my_function)` と書けば、同じ検査ができます。

# %% [markdown] lang="en" id="l0-exercises" of="0b6b977a"
# ## Exercises
#
# Now it is your turn to write. In the folder that `henkan learn init` makes, leave `henkan watch` running, and your file
# is checked each time you save it. In this notebook, too, `from henkan.course import check` and then
# `check("lesson0/gradient_step", my_function)` runs the same checks.

# %% id="l0-exercise-cards"
exercise_card("lesson0/attention_weights")
exercise_card("lesson0/output_and_loss")
exercise_card("lesson0/gradient_step")
exercise_card("lesson0/find_the_culprit")
exercise_card("lesson0/l2_two_ways")
exercise_card("lesson0/minibatch")
exercise_card("lesson0/through_softmax")

# %% [markdown] lang="ja" id="l0-cards"
# ## 誤解カード
#
# よくある思い違いを集めました。検査で「誤解カード M0-…」と出たら、ここを読んでください。
#
# ### M0-1　「スコアが 0 のキーは、重みも 0 になる」
#
# $e^0 = 1$ なので、0 のスコアも分母に 1 を加え、重みを受け取ります。この例で数え忘れると、重みは 1 と 0 になり、
# 出力は $v_1$ そのものになってしまいます。あるキーを本当に見せたくないときは、スコアを $-\infty$ にします。
# これがフェーズ 2 のマスクです。

# %% [markdown] lang="en" id="l0-cards" of="46a47813"
# ## Misconceptions
#
# Ideas that many people hold at first. If a check refers to a "misconception card M0-…", this is the place to read.
#
# ### M0-1: "A key whose score is 0 gets weight 0"
#
# As $e^0 = 1$, a score of 0 adds 1 to the denominator and gets its weight. Leave it out in this example, and the weights
# become 1 and 0, the output $v_1$ itself. To hide a key for good, its score is set to $-\infty$. That is what a mask does in
# phase 2.

# %% [markdown] lang="ja" id="l0-m0-2"
# ### M0-2　「正解の確率が上がったのだから、学習している」
#
# 犯人さがしの答えです。「更新する・しない」と「0.1 を足す・足さない」を組み合わせて、確率を四通り測ります。
#
# | | 足さない | $z$ に 0.1 を足す |
# | --- | --- | --- |
# | 更新しない | {{num-culprit.before}} | {{num-culprit.extra_alone}} |
# | 更新する | {{num-culprit.update_alone}} | {{num-culprit.both}} |
#
# 0.1 を足すのをやめると、確率の伸びの {{num-culprit.share:.1f}} % が消えます。更新しなくても、0.1 を足すだけで
# {{num-culprit.extra_alone}} に上がります。犯人は `+ 0.1` でした。正しい勾配で一回更新すれば、何も足さなくても
# {{eq-sgd.y}} になります。
#
# 数が良くなったときこそ、変えたものを一つずつ元にもどして確かめましょう。

# %% [markdown] lang="en" id="l0-m0-2" of="cc48bb18"
# ### M0-2: "The probability of the right answer rose, so it is learning"
#
# This is the answer to the exercise. Update or none, 0.1 added or not: that makes four probabilities to measure.
#
# | | not added | 0.1 added to $z$ |
# | --- | --- | --- |
# | no update | {{num-culprit.before}} | {{num-culprit.extra_alone}} |
# | update | {{num-culprit.update_alone}} | {{num-culprit.both}} |
#
# Leave the 0.1 out, and {{num-culprit.share:.1f}} % of the rise is gone. Without any update, the 0.1 alone takes the
# probability to {{num-culprit.extra_alone}}. The culprit was the `+ 0.1`. One update with the right gradient reaches
# {{eq-sgd.y}} with nothing added.
#
# When numbers improve, that is the time to take each change back, one by one, and measure.

# %% id="l0-m0-2-code"
before, both, update_alone, extra_alone, share = find_the_culprit(weights, VALUES, BIAS, TARGET, RATE, 0.1)
print(f"{before:.6f}  {both:.6f}  {update_alone:.6f}  {extra_alone:.6f}  {share:.1%}")

# %% [markdown] lang="ja" id="l0-m0-3"
# ### M0-3　「L2 正則化を加えると、データの損失が変わる」
#
# データの損失は、バリューとバイアスだけで決まります。報告に $R$ を足しても、モデルもデータの損失も変わりません。
# 勾配に $R$ を入れたときは、バリューの動きかたが変わり、それを通してデータの損失も変わります。
# 上のセルでは、わずかに大きくなりました。損失を比べるときは、$R$ が入っているかどうかを先に確かめましょう。
#
# ### M0-4　「バッチの勾配は、いつも和である」
#
# 和のことも、平均のこともあります。大切なのは、損失と勾配で同じ流儀を使い、どちらなのかを書いておくことです。
# このレッスンでは**平均**です。平均なら、行の数を変えても学習率の意味が変わりません。
# 和だと、同じ行を二度並べるだけで一歩の大きさが二倍になります。
#
# ### M0-5　「損失が下がったのだから、学習率は適切である」
#
# 例が一つだけなら、どんな学習率でも損失は下がりました。正反対の例を一つ加えるだけで、
# {{num-conflict.limit_rate:.2f}} を超える学習率では損失がはじめより大きくなります。
# 失敗するはずのない実験からは、何も分かりません。
#
# ### M0-6　「シグモイド関数があれば、勾配に y (1 − y) が付く」
#
# それは損失しだいです。二乗誤差なら付きます。交差エントロピーでは $\partial L / \partial y$ の分母に $y(1 - y)$ があって、
# シグモイド関数の微分と約分され、$y - t$ だけが残ります。自信を持って間違えたとき、
# $y(1 - y)$ は 0 に近いので、二乗誤差の勾配はほとんど消えます。交差エントロピーの勾配は消えません。
#
# ### M0-7　「スコアの勾配は、そのキーの重みだけで決まる」
#
# 一つのスコアを上げると、分母を通して、ほかのすべての重みが下がります。だから勾配には、混ぜた値 $\bar{v}$ が入ります。
# $v_i$ が大きいかどうかではなく、$\bar{v}$ より大きいかどうかが符号を決めます。

# %% [markdown] lang="en" id="l0-m0-3" of="5543d1c8"
# ### M0-3: "Adding L2 regularization changes the loss of the data"
#
# The loss of the data depends on values and bias alone. Adding $R$ to the report changes neither the model nor that loss.
# With $R$ in the gradient the values move differently, and through them the loss of the data changes, too; in the cell
# above it became slightly larger. Before comparing losses, find out whether $R$ is in them.
#
# ### M0-4: "The gradient of a batch is always a sum"
#
# It may be a sum or a mean. What matters is that loss and gradient follow the same convention, and that you say which. In
# this lesson it is the **mean**: then a learning rate means the same for any number of rows. With sums, listing every row
# twice would double the step.
#
# ### M0-5: "The loss fell, so the learning rate is right"
#
# With a single example the loss fell for any learning rate. One opposite example is enough, and beyond a rate of
# {{num-conflict.limit_rate:.2f}} the loss is larger than at first. An experiment that cannot fail tells nothing.
#
# ### M0-6: "Where there is a sigmoid, the gradient has a factor y (1 − y)"
#
# That depends on the loss. With the squared error it has. With the cross entropy, $\partial L / \partial y$ has $y(1 - y)$ in its
# denominator; the derivative of the sigmoid cancels it, and $y - t$ is left. Where the model is confident and wrong,
# $y(1 - y)$ is near 0, so the gradient of the squared error all but vanishes. That of the cross entropy does not.
#
# ### M0-7: "The gradient of a score depends on the weight of its own key alone"
#
# Raising one score lowers all other weights through the denominator. That is why the mixture $\bar{v}$ is in the gradient.
# What decides its sign is not whether $v_i$ is large, but whether it is larger than $\bar{v}$.

# %% [markdown] lang="ja" id="l0-summary"
# ## まとめ
#
# - アテンションの重みは、内積を $\sqrt{D}$ で割ったスコアの softmax です。出力は、重みで混ぜたバリューです。
# - シグモイド関数と交差エントロピーを組み合わせると、$z$ の勾配は $y - t$ です。
# - 勾配は引きます。正しいかどうかは、数値微分で確かめられます。
# - L2 正則化は、勾配に入れるか、報告に入れるかを区別します。ミニバッチの勾配は、このレッスンでは平均です。
# - 良くなった理由は、一度に一つだけ変える対照実験で確かめます。
#
# 予想の答え合わせです。一つ目：0 にはなりません。$e^0 = 1$ なので、重みは {{eq-softmax.alpha2:.3f}} でした。
# 二つ目：そうは言えません。伸びの {{num-culprit.share:.1f}} % は、黙って足した 0.1 のせいでした。
# 三つ目：例が一つだけなら、大きくなりません。正反対の例があると、{{num-conflict.best_rate:.2f}} を境に大きくなりはじめ、
# {{num-conflict.limit_rate:.2f}} を超えると、はじめの損失より大きくなります。
#
# 最後に、このレッスンの数字から作った問いを三つ解きましょう。

# %% [markdown] lang="en" id="l0-summary" of="56ee7f71"
# ## Summary
#
# - The weights of attention are the softmax of the scores, which are dot products divided by $\sqrt{D}$. The output is the
#   values, mixed by the weights.
# - Sigmoid and cross entropy together make the gradient of $z$ simply $y - t$.
# - Gradients are subtracted. Whether they are right, finite differences will tell.
# - L2 regularization in the gradient is one thing, in the report another. The gradient of a mini-batch is a mean in this
#   lesson.
# - What an improvement is owed to shows in a control experiment, which changes one thing at a time.
#
# And your predictions? First: it does not become 0. As $e^0 = 1$, the weight was {{eq-softmax.alpha2:.3f}}. Second: it does
# not follow. {{num-culprit.share:.1f}} % of the rise was due to the 0.1 that was added in silence. Third: with a single
# example it does not. With an opposite one it begins to grow at {{num-conflict.best_rate:.2f}}, and beyond
# {{num-conflict.limit_rate:.2f}} it is larger than at first.
#
# To finish, three questions made from the numbers of this lesson.

# %% id="l0-quiz"
quiz("eq-dot", "eq-bce", "eq-sgd")

# %% id="l0-assert"
assert math.isclose(z_by_hand, output)
assert math.isclose(sum(weights), 1)
assert new_loss < loss
assert new_y > y
assert new_z - z > new_values[0] - 0.3 > new_values[1] - 0.9 > 0  # as the number line shows
assert abs(measured - derived) < 1e-9
assert abs(sum(by_score)) < 1e-12
assert by_score[0] > 0 > by_score[1]
assert all(small < plain for small, plain in zip(decayed, new_values, strict=True))
assert decayed_bias == new_bias
assert math.isclose(reported, new_loss + l2_penalty(new_values, STRENGTH))
assert decayed_loss > new_loss
assert mean_after < mean_before
assert math.isclose(lecture_y, both)
assert f"{share:.1%}" == "88.0%"
assert alone == sorted(alone, reverse=True)  # it falls at every learning rate
assert abs(rates[conflict.index(min(conflict))] - best_rate) < 0.05  # the nearest of the rates that were tried
assert [value > conflict[0] for value in conflict] == [rate > limit_rate for rate in rates]
