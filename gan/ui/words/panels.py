"""Words of the panels under the latent board: key to (English, Chinese)."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "gan_panels": ("More ways to explore", "更多探索方式"),
    "gan_panel_walk": ("Walk", "漫步"),
    "gan_panel_mix": ("Mix A − B + C", "混合 A − B + C"),
    "gan_panel_map": ("Map", "地图"),
    "gan_panel_picture": ("From my picture", "用我的图"),
    "gan_panel_inside": ("Inside", "看内部"),
    "gan_error_panel_busy": (
        "Others are using this right now; try again in a minute.",
        "现在使用的人太多，请一分钟后再试。",
    ),
    "gan_error_uploads": (
        "You have sent 50 MB of pictures, which is the most here; draw one instead.",
        "你上传的图片已达这里的上限 50 MB；可以改为手绘。",
    ),
    "gan_panel_loading": ("Opening …", "正在打开……"),
}
