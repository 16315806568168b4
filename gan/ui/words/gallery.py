"""Words of the gallery: key to (English, Chinese)."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "gan_first_seed": ("First seed", "起始种子"),
    "gan_per_page": ("Per page", "每页"),
    "gan_any_class": ("all classes", "全部类别"),
    "gan_tile_size": ("Size", "大小"),
    "gan_page_back": ("Previous page", "上一页"),
    "gan_page_on": ("Next page", "下一页"),
    "gan_page_range": ("seeds {first} to {last}", "种子 {first} 到 {last}"),
    "gan_gallery": ("Samples; each opens in Explore", "样本，点击可在“探索”中打开"),
    "gan_tile": ("{what}; open in Explore", "{what}；在“探索”中打开"),
}
