"""Words of the frame around all tabs: key to (English, Chinese)."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "gan_tab_explore": ("Explore", "探索"),
    "gan_tab_train": ("Train", "训练"),
    "gan_tab_gallery": ("Gallery", "图库"),
    "gan_tab_evaluate": ("Evaluate", "评估"),
    "gan_model": ("Model", "模型"),
    "gan_models_bundled": ("Bundled models", "自带模型"),
    "gan_models_pulled": ("From the Hub", "来自 Hub"),
    "gan_models_runs": ("Trainings", "训练记录"),
    "gan_model_running": ("{name} · training", "{name} · 训练中"),
    "gan_model_facts": ("{size} px · {dims} dimensions{fd}", "{size} 像素 · {dims} 维{fd}"),
    "gan_model_fd": (" · FD {fd}", " · FD {fd}"),
    "gan_no_models": ("no model yet", "还没有模型"),
    "gan_language": ("Language", "语言"),
    "gan_theme": ("Light or dark", "切换明暗"),
    "gan_chip_help": ("A training is running; go to it", "有训练正在进行，点击查看"),
    "gan_offline": (
        "The server does not answer. This page goes on by itself as soon as it does.",
        "服务器没有响应，恢复后页面会自动继续。",
    ),
    "gan_not_kept": (
        "The server cannot write its data folder: whatever is made here is gone when it restarts. "
        "Download what you want to keep.",
        "服务器无法写入数据目录：这里生成的内容会在重启后丢失，想保留的请先下载。",
    ),
}
