"""Words of the panels under the latent board: key to (English, Chinese)."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "gan_panels": ("More ways to explore", "更多探索方式"),
    "gan_panel_walk": ("Walk", "漫步"),
    "gan_panel_mix": ("Mix A − B + C", "混合 A − B + C"),
    "gan_panel_map": ("Map", "地图"),
    "gan_panel_picture": ("From my picture", "用我的图"),
    "gan_panel_inside": ("Inside", "看内部"),
    "gan_panel_loading": ("Opening …", "正在打开……"),
}
