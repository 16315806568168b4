"""The numbers that card, command line and page show: one name, unit and sentence for each.

Whoever shows one of them takes its words from here, so that they are the same everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Better = Literal["lower", "higher", ""]
ARROWS: dict[Better, str] = {"lower": " ↓", "higher": " ↑", "": ""}


@dataclass(frozen=True)
class Quantity:
    """A number that is shown somewhere; texts are (English, Chinese)."""

    name: tuple[str, str]
    unit: tuple[str, str]  # ("", "") of a pure number, where `help` says so or how to read it
    help: tuple[str, str]  # one sentence or two
    better: Better = ""

    @property
    def title(self) -> str:
        """The English name with an arrow to the better side, as tables have it."""
        return self.name[0] + ARROWS[self.better]

    def text(self, value: float) -> str:
        """A value as a terminal and a card show it: a share in percent, as on the page."""
        return f"{100 * value:.1f} %" if self.unit == SHARE else f"{value:.3f}"

    def bounds(self, low: float | None, high: float | None) -> str:
        """From the lower to the upper bound; empty where there are none."""
        return "" if low is None or high is None else f"{self.text(low)} to {self.text(high)}"


NONE = ("", "")
SHARE = ("%", "%")

QUANTITIES: dict[str, Quantity] = {
    "fd": Quantity(
        ("Fréchet distance", "弗雷歇距离 FD"), NONE,
        ("FD: how far the samples are from real images as a whole, on our own features; no unit, "
         "lower is closer. Not comparable with published FID.",
         "FD：样本整体与真图的距离，用本项目自己的特征计算；没有单位，越低越近；"
         "不能与论文里的 FID 相比。"),
        "lower",
    ),
    "kd": Quantity(
        ("Kernel distance", "核距离 KD"), NONE,
        ("As the Fréchet distance, but fair to small samples: real images read 0 on average; no "
         "unit, lower is closer.",
         "与 FD 相似，但对小样本公平：真图平均为 0；没有单位，越低越近。"),
        "lower",
    ),
    "precision": Quantity(
        ("Precision", "精确率"), SHARE,
        ("How many samples look like some real image: quality.", "有多少样本像真图：反映质量。"),
        "higher",
    ),
    "recall": Quantity(
        ("Recall", "召回率"), SHARE,
        ("How many real images the model could have made: variety.",
         "有多少真图是模型能生成的：反映多样性。"),
        "higher",
    ),
    "density": Quantity(
        ("Density", "密度"), NONE,
        ("How crowded real images' surroundings are with samples: quality that single odd real "
         "images cannot lift. A ratio, about 1 for real images; it may pass 1.",
         "真图周围样本的密集程度：不受个别异常真图影响的质量指标。"
         "是一个比值，真图约为 1，可超过 1。"),
        "higher",
    ),
    "coverage": Quantity(
        ("Coverage", "覆盖率"), SHARE,
        ("How many real images have a sample close by: variety that single odd samples cannot "
         "lift.", "有多少真图附近有样本：不受个别异常样本影响的多样性指标。"),
        "higher",
    ),
    "memorised": Quantity(
        ("Near a training image", "接近训练图的样本"), SHARE,
        ("How many samples stand nearer to a training image than 95 % of real images do that the "
         "model has not seen: far more than 5 % means copying.",
         "比 95 % 的（模型没见过的）真图更接近某张训练图的样本比例：远超 5 % 说明在复制。"),
        "lower",
    ),
    "psi": Quantity(
        ("Truncation psi", "截断 psi"), NONE,
        ("A factor: 1 leaves pictures as they are, below 1 they are pulled towards the average "
         "(tidier, less varied), 0 is the average itself.",
         "一个系数：1 为原样；小于 1 时向平均图靠拢（更工整，但变化更少）；0 即平均图。"),
    ),
    "sigma": Quantity(
        ("Standard deviations", "标准差"), ("σ", "σ"),
        ("How far along a direction, in standard deviations of the model's samples: beyond ±3 "
         "pictures become rare.",
         "沿某个方向走了多远，以样本的标准差为单位：超过 ±3 的图很少见。"),
    ),
    "amount": Quantity(
        ("Amount", "比例"), NONE,
        ("A factor: 1 takes all of it, 0 none, 2 twice as much.",
         "一个系数：1 为全部，0 为不用，2 为两倍。"),
    ),
    "turn": Quantity(
        ("Turn", "转角"), ("rad", "弧度"),
        ("How far the neighbours are turned away from the picture, in radians: 0 is the picture "
         "itself, at 1.57 nothing is left of it.",
         "邻居偏离当前图的角度，以弧度计：0 为原图，到 1.57 就毫无关系。"),
    ),
    "seed": Quantity(
        ("Seed", "种子"), NONE,
        ("A name, not an amount: the same seed gives the same picture everywhere.",
         "只是编号，不表示大小：同一种子在各处都得到同一张图。"),
    ),
    "distance": Quantity(
        ("Distance in features", "特征距离"), NONE,
        ("How far two pictures are apart, on our own features; no unit, 0 is a copy.",
         "两张图的距离，用本项目自己的特征计算；没有单位，0 即完全相同。"),
    ),
    "ratio": Quantity(
        ("Distance to a real image", "与真图的距离"), NONE,
        ("In usual distances between two real images: 1 is usual, 0 a copy.",
         "以真图之间的通常距离为 1；0 为复制。"),
    ),
    "score": Quantity(
        ("D's score", "D 的打分"), NONE,
        ("No unit and no zero of its own: it says something only beside D's other scores.",
         "没有单位，也没有绝对的零点，只有与其他分数相比才有意义。"),
    ),
    "images": Quantity(
        ("Images shown", "已训练图数"), ("images", "张"),
        ("Real images shown in training so far, each as often as it was shown.",
         "训练中看过的真图张数，重复的也计入。"),
    ),
    "rate": Quantity(
        ("Speed", "速度"), ("images/s", "张/秒"),
        ("Real images shown a second.", "每秒训练的图数。"), "higher",
    ),
    "time": Quantity(
        ("Time", "用时"), ("h:min:s", "时:分:秒"),
        ("Hours, minutes and seconds of training.", "训练所用的时、分、秒。"),
    ),
    "settings": Quantity(
        ("Setting", "设置"), NONE, ("A plain number, as --set takes it.", "纯数值，与 --set 相同。")
    ),
}  # fmt: skip
