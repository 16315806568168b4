"""Words of the presets, one line each: key to (English, Chinese)."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "gan_preset_fashion": (
        "Garments, class by class. Recognisable within seconds.",
        "按类别生成服饰，几秒就能认出来。",
    ),
    "gan_preset_fashion-mlp": (
        "The article's fully connected network, with a loss that keeps it from collapsing.",
        "文章中的全连接网络，换上不易崩溃的损失。",
    ),
    "gan_preset_article": (
        "The article as written: fully connected, Adam at 2e-4. "
        "Collapses easily, which is worth seeing.",
        "照文章原样：全连接，Adam 2e-4。容易模式崩溃，正好观察。",
    ),
    "gan_preset_emoji": (
        "Colour emoji at 32 px. Takes minutes.",
        "32 像素的彩色表情符号，需要几分钟。",
    ),
    "gan_preset_digits": (
        "Handwritten digits at 8 px. The quickest of all.",
        "8 像素手写数字，最快见效。",
    ),
    "gan_preset_own": ("A start for your own images.", "用自己的图片训练，从这里开始。"),
    "gan_preset_dcgan": (
        "The textbook DCGAN at 64 px. Slow without a GPU.",
        "教科书式 DCGAN，64 像素；没有显卡会很慢。",
    ),
    "gan_preset_dcgan-small": ("The textbook shape made small.", "缩小了的教科书式 DCGAN。"),
}
