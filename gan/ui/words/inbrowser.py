"""Words of the generator in the browser: key to (English, Chinese)."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "gan_engine_switch": ("Run in browser", "在浏览器中运行"),
    "gan_engine_switch_help": (
        "The generator runs in this browser: no network, no waiting for others. Switched on by "
        "hand, it does so even where the server is faster",
        "生成器就在这个浏览器里运行，不走网络，也不用等别人。手动打开后，即使服务器更快也这样做",
    ),
    "gan_engine_browser": ("in browser {ms} ms", "浏览器内 {ms} 毫秒"),
    "gan_engine_server": ("server {ms} ms", "服务器 {ms} 毫秒"),
    "gan_engine_loading": ("loading", "载入中"),
    "gan_engine_training": ("once its training stops", "等训练停下后"),
    "gan_engine_too_big": ("this model is too big for it", "这个模型太大"),
    "gan_engine_slow": ("the server is faster here", "在这里服务器更快"),
    "gan_engine_failed": ("not possible here", "此处无法运行"),
    "gan_error_other_weights": (
        "The model has newer weights by now; reload the page.",
        "模型已有更新的权重，请刷新页面。",
    ),
    "gan_error_too_big": (
        "A model for the browser may have {limit} MB, this one has more; it runs on the server.",
        "浏览器中的模型最多 {limit} MB，这个更大，只能在服务器上运行。",
    ),
}
