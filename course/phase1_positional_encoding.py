# ---
# jupyter:
#   henkan:
#     seconds: 10
# ---

# %% [markdown] lang="ja" id="p1-intro"
# # フェーズ 1：入力表現と位置情報の埋め込み
#
# レッスン 0 では、トークンは最初からベクトルでした。では、そのベクトルはどこから来るのでしょうか。このレッスンでは、
# トークンの番号がエンコーダーの入力になるまでの道を、一歩ずつ作ります。
#
# 読み終えると、次の四つを自分の言葉で説明できます。
#
# - 埋め込みは行列の行を取り出す操作で、one-hot ベクトルとの行列積と同じであること
# - 位置の情報を足さないかぎり、トランスフォーマーには順序が見えないこと
# - sin と cos の表の作り方と、そこに多くの周波数が並んでいる理由
# - 埋め込みに $\sqrt{d_{\mathrm{model}}}$ を掛ける理由
#
# 論文では、3.4 節と 3.5 節にあたります。

# %% [markdown] lang="en" id="p1-intro" of="f9579326"
# # Phase 1: Embeddings and positional encoding
#
# In lesson 0 every token was a vector to begin with. Where do such vectors come from? This lesson follows a token's
# number, step by step, until it has become the input of the encoder.
#
# At the end you will be able to explain four things in your own words:
#
# - that an embedding picks a row of a matrix, and that this is the same as a product with a one-hot vector
# - that a Transformer cannot see order unless positions are added
# - how the table of sines and cosines is made, and why it holds so many frequencies
# - why embeddings are multiplied by $\sqrt{d_{\mathrm{model}}}$
#
# In the paper these are sections 3.4 and 3.5.

# %% id="p1-setup"
import math

import torch
import torch.nn.functional as F

from henkan.course.notebook import L, equation_card, exercise_card, quiz, show
from henkan.course.parts import order_blind
from henkan.nn import Encoder, MultiHeadAttention, PositionalEncoding, TokenEmbedding, sinusoidal_encoding
from henkan.plotting.positions import encoding_map, frequency_curves, similarity_map, vector_lengths

_ = torch.manual_seed(0)

# %% [markdown] lang="ja" id="p1-predict"
# ## 予想：エンコーダーに順序は見えるか
#
# 「犬が猫を追う」と「猫が犬を追う」は、使っている単語が同じです。意味が違うのは、並ぶ順序が違うからです。
#
# アテンションの出力は、バリューを重みで混ぜた和でした。そして和は、足す順序を変えても変わりません。
#
# まだ位置の情報を足していないトークンの列を、並べかえてからエンコーダーに入れます。並べかえずに入れたときと比べて、
# 出力はどうなるでしょうか。一つ選んで、紙に書いてください。
#
# 1. 何も変わらない
# 2. 出力の並ぶ順序だけが、入力と同じように変わる
# 3. 一つひとつのベクトルの中身まで変わる
#
# 答え合わせは「壊す」の節でします。

# %% [markdown] lang="en" id="p1-predict" of="ae2895b3"
# ## Predict: does an encoder see order?
#
# “The dog chases the cat” and “the cat chases the dog” are made of the same words. They differ in meaning because
# they differ in order.
#
# What attention gives is a sum, the values mixed by their weights, and a sum is the same in whatever order you add.
#
# Take a sequence of tokens without any positions, reorder it, and put it into an encoder. How does the output compare
# with that of the original sequence? Choose one and write it down.
#
# 1. Nothing changes
# 2. Only the order of the output vectors changes, in the same way as that of the input
# 3. The vectors themselves change
#
# The section “Break it” has the answer.

# %% [markdown] lang="ja" id="p1-hand"
# ## 手で計算する：一つのトークンがエンコーダーに入るまで
#
# 幅 $d_{\mathrm{model}} = 4$ の小さなモデルを考えます。語彙は 3 語で、埋め込み行列 $E$ は次のとおりです。
#
# | id | $E$ の行 |
# | --- | --- |
# | 0（パディング） | 0, 0, 0, 0 |
# | 1 | 0.5, −0.25, 0, 1 |
# | 2 | 0.1, 0.2, 0.3, 0.4 |
#
# 文の 2 番目（位置は 0 から数えるので、位置 1）に、トークン 1 があります。このトークンの入力ベクトルを作りましょう。
#
# **埋め込み。** トークン 1 の one-hot ベクトルは (0, 1, 0) です。
# これを $E$ に左から掛けると、1 がある場所の行だけが残ります。
# その行に $\sqrt{4} = 2$ を掛けて、(1, −0.5, 0, 2) になります。
#
# **位置エンコーディング。** 列は二つで一組です。組 0 の角度は $1 / 10000^{0/4} = 1$、
# 組 1 の角度は $1 / 10000^{2/4} = 1 / 100 = 0.01$ です。それぞれの sin と cos を並べると、次の四つの数になります。
# 電卓をラジアンに切りかえて、確かめてください。
#
# > sin 1 = {{eq-pe.sin_fast}}、cos 1 = {{eq-pe.cos_fast}}、sin 0.01 = {{eq-pe.sin_slow}}、cos 0.01 = {{eq-pe.cos_slow}}
#
# **足す。** 二つのベクトルを要素ごとに足します。
#
# > ({{eq-in.x0}}, {{eq-in.x1}}, {{eq-in.x2}}, {{eq-in.x3}})
#
# これが、エンコーダーの最初の層が受け取るベクトルです。

# %% [markdown] lang="en" id="p1-hand" of="69112588"
# ## By hand: one token on its way into the encoder
#
# Take a small model of width $d_{\mathrm{model}} = 4$. Its vocabulary has 3 words, and its embedding matrix $E$ is
# this:
#
# | id | row of $E$ |
# | --- | --- |
# | 0 (padding) | 0, 0, 0, 0 |
# | 1 | 0.5, −0.25, 0, 1 |
# | 2 | 0.1, 0.2, 0.3, 0.4 |
#
# Token 1 is number 2 of the sentence, which is position 1, as positions count from 0. What vector goes into the
# encoder?
#
# **Embedding.** The one-hot vector of token 1 is (0, 1, 0). Multiplied by $E$ from the left, it leaves only the row
# where the 1 stands. Times $\sqrt{4} = 2$, that row becomes (1, −0.5, 0, 2).
#
# **Positional encoding.** Columns come in pairs. The angle of pair 0 is $1 / 10000^{0/4} = 1$, that of pair 1 is
# $1 / 10000^{2/4} = 1 / 100 = 0.01$. Their sines and cosines are four numbers. Check them with a calculator, set to
# radians.
#
# > sin 1 = {{eq-pe.sin_fast}}, cos 1 = {{eq-pe.cos_fast}}, sin 0.01 = {{eq-pe.sin_slow}}, cos 0.01 = {{eq-pe.cos_slow}}
#
# **Sum.** Add the two vectors entry by entry.
#
# > ({{eq-in.x0}}, {{eq-in.x1}}, {{eq-in.x2}}, {{eq-in.x3}})
#
# This is what the first layer of the encoder receives.

# %% [markdown] lang="ja" id="p1-hand-code"
# 同じ計算を、電卓の代わりに Python でします。使うのは `math` だけです。

# %% [markdown] lang="en" id="p1-hand-code" of="037489aa"
# The same sums with Python for a calculator; `math` is all it takes.

# %% id="p1-hand-python"
matrix = [[0.0, 0.0, 0.0, 0.0], [0.5, -0.25, 0.0, 1.0], [0.1, 0.2, 0.3, 0.4]]
one_hot = [0.0, 1.0, 0.0]
d_model, position = 4, 1

columns = zip(*matrix, strict=True)
row = [sum(flag * entry for flag, entry in zip(one_hot, column, strict=True)) for column in columns]
embedded = [math.sqrt(d_model) * entry for entry in row]

angles = [position / 10000 ** (2 * i / d_model) for i in range(d_model // 2)]
encoded = [wave(angle) for angle in angles for wave in (math.sin, math.cos)]

by_hand = [a + b for a, b in zip(embedded, encoded, strict=True)]


def say(name: str, vector: list[float]) -> None:
    print(" ".join(f"{number:9.6f}" for number in vector), " ", name)


say(L("埋め込み", "embedding"), embedded)
say(L("位置エンコーディング", "positional encoding"), encoded)
say(L("和", "sum"), by_hand)

# %% [markdown] lang="ja" id="p1-equations"
# ## 式
#
# いまの三つの段階が、そのまま三つの式になります。
#
# **埋め込み**は、行列 $E$ の $x$ 番目の行を取り出して $\sqrt{d_{\mathrm{model}}}$ 倍します。$E$ は学習されます。

# %% [markdown] lang="en" id="p1-equations" of="eb3e1c34"
# ## Equations
#
# Each of the three steps is an equation.
#
# The **embedding** takes row $x$ of the matrix $E$, times $\sqrt{d_{\mathrm{model}}}$. $E$ is trained.

# %% id="p1-card-emb"
equation_card("eq-emb")

# %% [markdown] lang="ja" id="p1-equation-pe"
# **位置エンコーディング**は、位置 $p$ ごとに決まったベクトルです。$i$ は列の番号ではなく、組の番号です。
# 列 $2i$ に sin、列 $2i + 1$ に**同じ角度の** cos が入ります。学習で変わる数は、一つもありません。

# %% [markdown] lang="en" id="p1-equation-pe" of="0dc442fb"
# The **positional encoding** is a fixed vector for each position $p$. The index $i$ counts pairs, not columns: column
# $2i$ holds a sine and column $2i + 1$ the cosine of **the same angle**. Nothing in it is trained.

# %% id="p1-card-pe"
equation_card("eq-pe")

# %% [markdown] lang="ja" id="p1-equation-in"
# **入力**は、この二つの和です。学習のあいだは、和にドロップアウトをかけます。

# %% [markdown] lang="en" id="p1-equation-in" of="5d7d0384"
# The **input** is their sum. During training, dropout is applied to the sum.

# %% id="p1-card-in"
equation_card("eq-in")

# %% [markdown] lang="ja" id="p1-code"
# ## コード
#
# ライブラリでは、埋め込みは `TokenEmbedding`、位置エンコーディングは `PositionalEncoding` という層です。
# 手で計算した行列を入れて、同じベクトルが出ることを確かめます。トークン 1 が位置 1 に来るように、
# 前にトークン 2 を置きます。

# %% [markdown] lang="en" id="p1-code" of="8d2d1bd7"
# ## Code
#
# In the library the two modules are `TokenEmbedding` and `PositionalEncoding`. Give them the matrix from above and the
# same vector comes out. Token 2 goes in front, so that token 1 stands at position 1.

# %% id="p1-library"
embedding = TokenEmbedding(vocab_size=3, d_model=4)
positional_encoding = PositionalEncoding(d_model=4, max_len=50, dropout=0.0)
with torch.no_grad():
    embedding.weight.copy_(torch.tensor(matrix))

ids = torch.tensor([[2, 1]])
x = positional_encoding(embedding(ids))
print(L("入力の形", "shape of the input"), tuple(x.shape))
say(L("位置 1 のベクトル", "vector at position 1"), x[0, 1].tolist())

# %% [markdown] lang="ja" id="p1-look-up"
# 実際の `TokenEmbedding` は、行列積を計算しません。行列積なら、
# トークン一つに $V \cdot d_{\mathrm{model}}$ 回の掛け算が要ります（$V$ は語彙の大きさ）。番号で行を取り出すだけなら、
# 一度も要りません。結果も勾配も同じなので、式では行列積、コードでは行の取り出し、と考えてかまいません。

# %% [markdown] lang="en" id="p1-look-up" of="4f4d5730"
# `TokenEmbedding` does no matrix product. A product takes $V \cdot d_{\mathrm{model}}$ multiplications for each token,
# where $V$ is the size of the vocabulary; looking a row up by its number takes none. The result is the same, and so is
# the gradient: read a product in the formula and a look-up in the code.

# %% id="p1-look-up-code"
product = F.one_hot(ids, num_classes=3).float() @ embedding.weight
is_same = torch.equal(product, embedding.weight[ids])
print(L("行列積と行の取り出しが一致する：", "product and look-up agree:"), is_same)

# %% [markdown] lang="ja" id="p1-see-map"
# ## 見る
#
# ### 位置エンコーディングの表
#
# 64 個の位置、64 次元の表を色で表します。一行が一つの位置のベクトルです。

# %% [markdown] lang="en" id="p1-see-map" of="2d043624"
# ## See
#
# ### The table of positional encodings
#
# Here is the table of 64 positions and 64 dimensions as colours. Each row is the vector of one position.

# %% id="p1-fig-map"
table = sinusoidal_encoding(64, 64)
show(
    encoding_map(table),
    ja="縦が位置、横が次元のヒートマップ。左の列ほど細かい縞になり、右の列はほとんど色が変わらない。",
    en="Heat map, positions by dimensions. Left columns change with every row, right columns hardly at all.",
)

# %% [markdown] lang="ja" id="p1-see-map-reading"
# 左の列は一行ごとに色が変わり、右の列は上から下までほとんど変わりません。時計の秒針と時針のように、
# 速い列は近くの位置を、遅い列は遠くの位置を見分けます。
# いちばん上の行（位置 0）には、sin 0 = 0 と cos 0 = 1 が交互に並びます。
#
# どの行も、ベクトルの長さは同じです。一つの組で $\sin^2 + \cos^2 = 1$ なので、長さの二乗は組の数、
# つまり $d_{\mathrm{model}} / 2$ になります。$d_{\mathrm{model}} = 512$ なら {{eq-pe.squared_length:.0f}} です。

# %% [markdown] lang="en" id="p1-see-map-reading" of="9cabe45a"
# Columns on the left change with every row; those on the right hardly change from top to bottom. Like the second hand
# and the hour hand of a clock, fast columns tell near positions apart and slow columns far ones. In the top row,
# position 0, sin 0 = 0 and cos 0 = 1 take turns.
#
# All rows have the same length. In each pair $\sin^2 + \cos^2 = 1$, so the squared length is the number of pairs,
# $d_{\mathrm{model}} / 2$. For $d_{\mathrm{model}} = 512$ it is {{eq-pe.squared_length:.0f}}.

# %% [markdown] lang="ja" id="p1-see-waves"
# ### 四つの波
#
# 64 次元の表から、四つの組を取り出します。点が表の数、線がその間をつなぐ波です。

# %% [markdown] lang="en" id="p1-see-waves" of="d66791dc"
# ### Four waves
#
# Four pairs out of the table of 64 dimensions: the dots are its numbers, the lines are the waves they lie on.

# %% id="p1-fig-waves"
show(
    frequency_curves(table[:50], pairs=[0, 4, 8, 16]),
    ja="組 0、4、8、16 の sin と cos を描いた四つのグラフ。波長は 6.28、19.87、62.83、628。",
    en="Four panels, sine and cosine of pairs 0, 4, 8 and 16. Their wavelengths: 6.28, 19.87, 62.83, 628.",
)

# %% [markdown] lang="ja" id="p1-see-waves-reading"
# 波長は $2\pi \cdot 10000^{2i/d_{\mathrm{model}}}$ です。$d_{\mathrm{model}} = 512$ では、
# 最初の組が $2\pi$ = {{eq-pe.shortest:.2f}}、最後の組が {{eq-pe.longest:,.2f}} になります。
# 論文には「$2\pi$ から $10000 \cdot 2\pi$ まで」とありますが、$10000 \cdot 2\pi$ = {{eq-pe.limit:,.2f}} には少し足りません。
# 最後の組の番号は 255 で、指数 $510/512$ が 1 に届かないからです。

# %% [markdown] lang="en" id="p1-see-waves-reading" of="109272ce"
# The wavelength is $2\pi \cdot 10000^{2i/d_{\mathrm{model}}}$. With $d_{\mathrm{model}} = 512$ the first pair has
# $2\pi$ = {{eq-pe.shortest:.2f}} and the last one {{eq-pe.longest:,.2f}}. The paper says “from $2\pi$ to
# $10000 \cdot 2\pi$”, but $10000 \cdot 2\pi$ = {{eq-pe.limit:,.2f}} is not quite reached: the last pair is number
# 255, and its exponent $510/512$ stays below 1.

# %% [markdown] lang="ja" id="p1-see-likeness"
# ### 位置どうしの内積
#
# アテンションは、ベクトルの内積で「どこを見るか」を決めます。では、
# 位置エンコーディングどうしの内積はどうなっているでしょうか。

# %% [markdown] lang="en" id="p1-see-likeness" of="d1f13755"
# ### Dot products between positions
#
# Attention decides where to look by dot products. What are the dot products of the encodings with one another?

# %% id="p1-fig-likeness"
show(
    similarity_map(table),
    ja="位置と位置の内積のヒートマップ。対角線がいちばん明るく、それに平行な線の上では色が同じ。",
    en="Heat map of dot products of positions. Brightest on the diagonal, one colour along each parallel to it.",
)

# %% [markdown] lang="ja" id="p1-see-likeness-reading"
# 対角線がいちばん明るく、対角線に平行な線の上では色が変わりません。内積が、
# 位置そのものではなく**二つの位置の差だけ**で決まるからです。理由は、一つの組について計算するとわかります。
#
# $$\sin a \sin b + \cos a \cos b = \cos(a - b)$$
#
# たとえば $d_{\mathrm{model}} = 4$ で 3 だけ離れた二つの位置の内積は、位置 0 と 3 でも、
# 位置 5 と 8 でも {{eq-pe.dot3:.9f}} です。

# %% [markdown] lang="en" id="p1-see-likeness-reading" of="b0a530b6"
# The diagonal is brightest, and along every line parallel to it the colour does not change: the dot product depends on
# **the distance of the two positions alone**, not on where they are. One pair of columns shows why:
#
# $$\sin a \sin b + \cos a \cos b = \cos(a - b)$$
#
# With $d_{\mathrm{model}} = 4$, for example, two positions that are 3 apart have the dot product {{eq-pe.dot3:.9f}},
# be they 0 and 3 or 5 and 8.

# %% [markdown] lang="ja" id="p1-see-lengths"
# ### 埋め込みと位置エンコーディングの長さ
#
# 論文は、埋め込みに $\sqrt{d_{\mathrm{model}}}$ を掛けますが、理由は書いていません。長さを比べると、役割が見えます。

# %% [markdown] lang="en" id="p1-see-lengths" of="540f67a9"
# ### How long embeddings and encodings are
#
# The paper multiplies embeddings by $\sqrt{d_{\mathrm{model}}}$ and does not say why. Their lengths show what it does.

# %% id="p1-fig-lengths"
words = TokenEmbedding(vocab_size=1000, d_model=512).weight[1:].detach()
places = sinusoidal_encoding(100, 512)
show(
    vector_lengths(
        {
            L("埋め込み（そのまま）", "embedding as stored"): words,
            L("埋め込み × √d_model", "embedding × √d_model"): words * math.sqrt(512),
            L("位置エンコーディング", "positional encoding"): places,
        }
    ),
    ja="三本の棒。埋め込みの長さはそのままで約 1、√d_model 倍して約 22.6、位置エンコーディングは 16。",
    en="Three bars. Embeddings are about 1 long as stored and 22.6 times √d_model; positional encodings are 16.",
)

# %% [markdown] lang="ja" id="p1-see-lengths-reading"
# このライブラリでは、埋め込み行列の要素は標準偏差 $1/\sqrt{d_{\mathrm{model}}}$ で初期化されます。
# たとえば $d_{\mathrm{model}} = 512$ なら {{eq-emb.std}} です。
# 位置エンコーディングの要素の大きさ（二乗平均の平方根）は {{eq-pe.rms}} です。
# そのまま足すと、埋め込みは位置の情報に埋もれてしまいます。
# 埋め込みに $\sqrt{d_{\mathrm{model}}}$ を掛けると標準偏差が 1 になり、二つは同じくらいの大きさで足されます。

# %% [markdown] lang="en" id="p1-see-lengths-reading" of="0c8de436"
# This library starts the entries of the embedding matrix with a standard deviation of $1/\sqrt{d_{\mathrm{model}}}$,
# which is {{eq-emb.std}} for $d_{\mathrm{model}} = 512$. The entries of the positional encoding have a root mean
# square of {{eq-pe.rms}}. Added as they are, embeddings would drown in positions. Times $\sqrt{d_{\mathrm{model}}}$
# their standard deviation is 1, and the two are added at about the same size.

# %% [markdown] lang="ja" id="p1-break"
# ## 壊す
#
# ### 位置を足さない：予想の答え合わせ
#
# 5 個のトークンを並べかえて、「並べかえてからエンコード」と「エンコードしてから並べかえ」を比べます。差が 0 なら、
# 変わったのは並び順だけです。

# %% [markdown] lang="en" id="p1-break" of="1f998975"
# ## Break it
#
# ### Without positions: the answer to your prediction
#
# Reorder 5 tokens, and compare “reorder, then encode” with “encode, then reorder”. A difference of 0 means that
# only the order has changed.

# %% id="p1-break-order"
encoder = Encoder(num_layers=2, d_model=16, num_heads=4, d_ff=32).double()
tokens = torch.randn(1, 5, 16, dtype=torch.float64)
order = torch.tensor([3, 0, 4, 2, 1])
without, with_positions = order_blind(encoder, PositionalEncoding(16).double(), tokens, order)
print(f"{without:.6f}", L("位置なしの差", "difference without positions"))
print(f"{with_positions:.6f}", L("位置ありの差", "difference with positions"))

# %% [markdown] lang="ja" id="p1-break-order-reading"
# 答えは 2 です。位置を足さないと、出力は入力と同じように並びかわるだけで、ベクトルの中身は変わりません。
# エンコーダーにとって、入力は列ではなく集合です。「犬が猫を追う」と「猫が犬を追う」は区別できません。位置を足すと、
# 並べかえた文は別の文になります。

# %% [markdown] lang="en" id="p1-break-order-reading" of="cdd0f9de"
# The answer is 2. Without positions the output is reordered like the input, and its vectors stay as they are. To the
# encoder, the input is a set and not a sequence: it cannot tell who chases whom. With positions, a reordered sentence
# is another sentence.

# %% [markdown] lang="ja" id="p1-break-scale"
# ### √d_model を掛けない
#
# 違う単語を二つ、同じ位置に置きます。コサイン類似度が 1 に近いほど、二つの入力は見分けにくくなります。

# %% [markdown] lang="en" id="p1-break-scale" of="335a2b66"
# ### Without √d_model
#
# Put two different words at the same position. The closer their cosine similarity is to 1, the harder it is to tell
# the two inputs apart.

# %% id="p1-break-scale-code"
first, second = words[17], words[23]
unscaled = F.cosine_similarity(first + places[5], second + places[5], dim=0)
factor = math.sqrt(512)
scaled = F.cosine_similarity(factor * first + places[5], factor * second + places[5], dim=0)
print(f"{unscaled:.2f}", L("そのまま", "as stored"))
print(f"{scaled:.2f}", L("√d_model を掛ける", "times √d_model"))

# %% [markdown] lang="ja" id="p1-break-scale-reading"
# そのままでは、違う単語がほとんど同じベクトルになります。掛けるのは埋め込みだけです。和の全体に掛けても、
# 二つの割合は変わらないので、意味がありません。

# %% [markdown] lang="en" id="p1-break-scale-reading" of="7677847a"
# As stored, different words become nearly the same vector. Only the embedding is scaled: scaling the whole sum would be
# pointless, as it would leave the proportion of the two as it was.

# %% [markdown] lang="ja" id="p1-break-one-wave"
# ### 波を一つだけにする
#
# 位置 0 にいちばん近いベクトルを持つ位置を探します。まず組 0 の二列だけで、次に 64 列すべてで探します。

# %% [markdown] lang="en" id="p1-break-one-wave" of="d0a0926b"
# ### With one wave only
#
# Which position has the vector closest to that of position 0? Ask the two columns of pair 0 first, then all 64
# columns.


# %% id="p1-break-one-wave-code"
def closest_to_start(encoding: torch.Tensor) -> tuple[int, float]:
    distances = torch.linalg.vector_norm(encoding[1:] - encoding[0], dim=1)
    return int(distances.argmin()) + 1, float(distances.min())


for name, encoding in ((L("組 0 だけ", "pair 0 alone"), table[:, :2]), (L("すべての組", "all pairs"), table)):
    nearest, distance = closest_to_start(encoding)
    print(f"{name}: {L('位置', 'position')} {nearest}, {L('距離', 'distance')} {distance:.2f}")

# %% [markdown] lang="ja" id="p1-break-one-wave-reading"
# 波が一つだけだと、位置 44 が位置 0 とほぼ重なります。44 が波長 $2\pi$ のほぼ 7 倍だからです。すべての組を使うと、
# いちばん近いのは隣の位置 1 で、はっきり離れています。

# %% [markdown] lang="en" id="p1-break-one-wave-reading" of="754e2cf8"
# With one wave, position 44 falls almost on position 0, for 44 is almost 7 times the wavelength $2\pi$. With all pairs
# the closest is the neighbour, position 1, and it is clearly apart.

# %% [markdown] lang="ja" id="p1-exercises"
# ## 練習
#
# ここまでに使った部品を、自分で書きます。ファイルは `henkan learn init` で作った作業フォルダーの `phase1` に
# あります。`henkan watch` を動かしておくと、保存するたびに検査されます。上から順に解いてください。
#
# 最初の練習では、one-hot の行列積に、パディングの扱いと $\sqrt{d_{\mathrm{model}}}$ 倍を加えます。

# %% [markdown] lang="en" id="p1-exercises" of="3e5c8acb"
# ## Exercises
#
# Now write these parts yourself. The files are in `phase1` of the folder that `henkan learn init` made for
# you. With `henkan watch` running they are checked whenever you save. Take them from top to bottom.
#
# The first one adds to the one-hot product what padding needs, and the factor $\sqrt{d_{\mathrm{model}}}$.

# %% id="p1-exercise-embedding"
exercise_card("phase1/embedding_as_matmul")

# %% [markdown] lang="ja" id="p1-exercise-table-text"
# 次は表です。位置を一つずつ計算する for 文は使わず、ブロードキャストで一度に作ります。

# %% [markdown] lang="en" id="p1-exercise-table-text" of="9b406f14"
# Next is the table. No loop over positions: broadcasting makes it in one go.

# %% id="p1-exercise-table"
exercise_card("phase1/sinusoidal_table")

# %% [markdown] lang="ja" id="p1-exercise-module-text"
# 表を層にします。何がパラメーターで何がバッファか、どの軸に足すか、ドロップアウトをどこに置くか。この三つが要点です。

# %% [markdown] lang="en" id="p1-exercise-module-text" of="8dece668"
# Turn the table into a module. Three things matter: what is a parameter and what a buffer, along which axis the table
# is added, and where dropout goes.

# %% id="p1-exercise-module"
exercise_card("phase1/positional_encoding")

# %% [markdown] lang="ja" id="p1-exercise-shift-text"
# 位置エンコーディングには、もう一つ性質があります。位置 $p$ のベクトルに決まった行列 $M_k$ を掛けると、
# どの $p$ でも位置 $p + k$ のベクトルになります。$M_k$ は $p$ に関係なく決まります。論文は、
# この性質があれば相対的な位置を学びやすいと考えて、sin と cos を選びました。

# %% [markdown] lang="en" id="p1-exercise-shift-text" of="093eb6ca"
# The encoding has one more property. There is a matrix $M_k$ that takes the vector of position $p$ to that of position
# $p + k$, for every $p$; $M_k$ does not depend on $p$. The paper chose sines and cosines in the belief that this makes
# relative positions easy to learn.

# %% id="p1-exercise-shift"
exercise_card("phase1/relative_shift")

# %% [markdown] lang="ja" id="p1-exercise-blind-text"
# 最後は、「壊す」の節で見た実験です。比べ方を間違えると、反対の結論が出ます。

# %% [markdown] lang="en" id="p1-exercise-blind-text" of="f40595bb"
# Last, the experiment from “Break it”. Compare the wrong things, and you will conclude the opposite.

# %% id="p1-exercise-blind"
exercise_card("phase1/order_blind")

# %% [markdown] lang="ja" id="p1-misconceptions"
# ## 誤解カード
#
# ### M1-1「位置エンコーディングは学習される」
#
# このモデルでは学習されません。表は位置と幅だけで決まるので、パラメーターではなくバッファです。
# バッファは勾配を受け取りませんが、`.to()` でモデルといっしょに移ります。論文は学習する表も試し、
# 結果はほぼ同じだったと報告しています。
#
# ### M1-2「位置エンコーディングは掛ける」
#
# 足します。掛けると、sin が 0 になる場所で埋め込みが消えます。位置 0 では、列の半分がそうなります。
#
# ### M1-3「$\sqrt{d_{\mathrm{model}}}$ は位置エンコーディングにも掛かる」
#
# 掛かるのは埋め込みだけで、足す前です。また、割るのでも、$d_{\mathrm{model}}$ を掛けるのでもありません。
#
# ### M1-4「`padding_idx` を指定すれば、パディングはアテンションから隠れる」
#
# 隠れません。`padding_idx` がするのは、その行を 0 に保つことだけです。
# ゼロベクトルにも位置エンコーディングは足されますし、スコアが 0 のキーにも softmax は重みを与えます。隠すのは、
# フェーズ 2 のマスクです。
#
# ### M1-5「周波数が一つあれば、位置は決まる」
#
# 「壊す」で見たとおり、一つの波は波長ごとに同じところへ戻ります。速い波と遅い波をそろえて、はじめて位置が決まります。
#
# ### M1-6「前半に sin、後半に cos を並べるのは間違い」
#
# 間違いではなく、別の流儀です。列の順番が違うだけなので、学習する行列がその違いを吸収できます。ただし、
# 二つの流儀を混ぜると、保存したモデルは正しく動きません。この講座は、論文の式のとおり交互に並べます。

# %% [markdown] lang="en" id="p1-misconceptions" of="b44cdcc0"
# ## Misconception cards
#
# ### M1-1 “The positional encoding is trained”
#
# Not in this model. Position and width determine the table, so it is a buffer and not a parameter. A buffer gets no
# gradient, but it moves with the model by `.to()`. The paper also tried a trained table and reports nearly the same
# results.
#
# ### M1-2 “The positional encoding is multiplied”
#
# It is added. Multiplication would wipe out the embedding wherever a sine is 0; at position 0 that is half of the
# columns.
#
# ### M1-3 “$\sqrt{d_{\mathrm{model}}}$ scales the positional encoding, too”
#
# Only the embedding is scaled, before the addition. It is not divided, and the factor is not $d_{\mathrm{model}}$.
#
# ### M1-4 “`padding_idx` hides padding from attention”
#
# It does not. All that `padding_idx` does is keep that row at 0. Even a zero vector gets a positional encoding added,
# and softmax gives weight to a key whose score is 0. What hides padding is the mask of phase 2.
#
# ### M1-5 “One frequency is enough to know the position”
#
# As “Break it” showed, one wave comes back to the same place after each wavelength. It takes fast waves and slow
# ones together to fix a position.
#
# ### M1-6 “Sines in the first half and cosines in the second is wrong”
#
# It is another convention. Only the order of the columns differs, and trained matrices can absorb that. Mix the two,
# however, and a saved model no longer works. This course interleaves them, as the paper's formula does.

# %% [markdown] lang="ja" id="p1-padding-check"
# M1-4 を確かめます。最後のトークンがパディングの列を、マスクなしの自己注意に入れます。
# パディングに向かう重みは 0 になりません。

# %% [markdown] lang="en" id="p1-padding-check" of="c8862d31"
# To check M1-4, a sequence that ends in padding goes through self-attention without a mask. The weight on the padding
# is not 0.

# %% id="p1-padding-code"
embedding = TokenEmbedding(vocab_size=10, d_model=16, pad_idx=0)
sequence = embedding(torch.tensor([[4, 7, 2, 0]]))
_, weights = MultiHeadAttention(d_model=16, num_heads=2, dropout=0.0)(sequence, sequence, sequence)
on_padding = weights[..., -1]
print(L("パディングのベクトルは 0：", "the padding vector is zero:"), not sequence[0, -1].any())
print(L("パディングへの重みの最小：", "least weight on padding:"), f"{on_padding.min():.2f}")

# %% [markdown] lang="ja" id="p1-summary"
# ## まとめ
#
# - 埋め込みは行列の行を取り出す。one-hot との行列積と同じ結果になる。パディングの行は 0 のままにする。
# - アテンションは集合を見る。順序は、位置エンコーディングを**足して**教える。
# - 表の列は二つで一組。組ごとに波長が違い、一つの組は同じ角度の sin と cos からなる。
# - 二つの位置の内積は、差だけで決まる。$k$ だけ進むことは、決まった回転である。
# - $\sqrt{d_{\mathrm{model}}}$ は埋め込みだけに掛ける。すると、位置の情報と同じくらいの大きさになる。
#
# 最後に、三つの問題で確かめましょう。

# %% [markdown] lang="en" id="p1-summary" of="631d4779"
# ## Summary
#
# - An embedding takes a row of a matrix, as a product with a one-hot vector would. The padding row stays 0.
# - Attention sees a set. It learns of order because positional encodings are **added**.
# - Columns come in pairs. Each pair has its own wavelength and holds the sine and the cosine of one angle.
# - The dot product of two positions depends on their distance alone. Moving on by $k$ is a fixed rotation.
# - Only the embedding is multiplied by $\sqrt{d_{\mathrm{model}}}$, which brings it to about the size of the positions.
#
# Three questions to finish with.

# %% id="p1-quiz"
quiz("eq-emb", "eq-pe", "eq-in")

# %% id="p1-assert"
assert torch.allclose(x[0, 1], torch.tensor(by_hand), atol=1e-6)
assert torch.equal(product, torch.tensor(matrix)[ids])
assert torch.allclose(table.square().sum(dim=1), torch.full((64,), 32.0))
assert without < 1e-5 < 0.1 < with_positions
assert unscaled > 0.99
assert scaled < 0.6
assert closest_to_start(table[:, :2])[0] == 44
assert closest_to_start(table)[0] == 1
assert on_padding.min() > 0.01
print(L("このレッスンの結果は、すべて確かめられました。", "Every result of this lesson has been checked."))
