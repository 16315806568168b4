"""Every visible word of the interface, in English and Chinese, under keys that begin with `gan_`.

One dictionary serves both Gradio (tab names, through gr.I18n) and our own boards (which get it as
JSON). `{name}` in a text is filled in by the board. Chinese follows Chinese usage, not the English
sentence.
"""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    # frame
    "gan_tab_explore": ("Explore", "探索"),
    "gan_tab_train": ("Train", "训练"),
    "gan_tab_gallery": ("Gallery", "图库"),
    "gan_model": ("Model", "模型"),
    "gan_models_bundled": ("Bundled models", "自带模型"),
    "gan_models_runs": ("Trainings", "训练记录"),
    "gan_model_running": ("{name} · training", "{name} · 训练中"),
    "gan_model_facts": ("{size} px · {dims} dimensions{fd}", "{size} 像素 · {dims} 维{fd}"),
    "gan_model_fd": (" · FD {fd}", " · FD {fd}"),
    "gan_model_fd_help": (
        "FD: how far the pictures are from real ones, on our own features; lower is closer",
        "FD：生成图与真图的距离（用本项目自己的特征计算），越小越接近",
    ),
    "gan_no_models": ("no model yet", "还没有模型"),
    "gan_language": ("Language", "语言"),
    "gan_theme": ("Light or dark", "切换明暗"),
    "gan_chip_help": ("A training is running; go to it", "有训练正在进行，点击查看"),
    "gan_offline": (
        "The server does not answer. This page goes on by itself as soon as it does.",
        "服务器没有响应，恢复后页面会自动继续。",
    ),
    # explore
    "gan_seed": ("Seed", "种子"),
    "gan_randomise": ("Randomise", "换一张"),
    "gan_psi": ("Truncation psi", "截断 psi"),
    "gan_psi_help": (
        "Below 1, pictures are pulled towards the average: tidier, less varied",
        "小于 1 时向平均图靠拢：更工整，但变化更少",
    ),
    "gan_class": ("Class", "类别"),
    "gan_class_by_seed_is": ("By seed: {name}", "随种子：{name}"),
    "gan_undo": ("Undo", "撤销"),
    "gan_redo": ("Redo", "重做"),
    "gan_reset": ("Reset", "复位"),
    "gan_reset_help": ("Put every slider back where the seed has it", "所有滑块回到种子给出的位置"),
    "gan_copy_link": ("Copy link", "复制链接"),
    "gan_copied": ("Copied", "已复制"),
    "gan_dimensions": ("{count} dimensions", "{count} 个维度"),
    "gan_dimensions_help": (
        "Move a slider and watch the picture. Double-click sets it to zero.",
        "拖动滑块，看图如何变化；双击归零。",
    ),
    "gan_dimension": ("Dimension {index}", "第 {index} 维"),
    "gan_moved": ("{count} moved", "已改动 {count} 个"),
    "gan_picture_alt": ("Generated picture, {what}", "生成的图：{what}"),
    "gan_what_seed": ("seed {seed}", "种子 {seed}"),
    "gan_latency": (
        "server {server} ms · on screen after {total} ms",
        "服务器 {server} 毫秒 · {total} 毫秒后显示",
    ),
    "gan_at_images": ("after {count} images", "训练了 {count} 张图"),
    # train
    "gan_preset": ("Preset", "方案"),
    "gan_data": ("Data", "数据"),
    "gan_data_fashion": ("Fashion, 10,000", "服饰，1 万张"),
    "gan_data_fashion-full": ("Fashion, 60,000", "服饰，6 万张"),
    "gan_data_emoji": ("Emoji, colour", "彩色表情符号"),
    "gan_data_digits": ("Digits, 8 px", "手写数字，8 像素"),
    "gan_data_own": ("Your own images", "自己的图片"),
    "gan_data_path": ("Folder or data set", "文件夹或数据集"),
    "gan_data_path_hint": ("folder:PATH or hub:owner/name", "folder:路径 或 hub:作者/名称"),
    "gan_data_path_needed": (
        "Enter folder:PATH for images on this computer, or hub:owner/name for a data set.",
        "本机图片请填 folder:路径，Hub 上的数据集请填 hub:作者/名称。",
    ),
    "gan_duration": ("Duration, s", "时长（秒）"),
    "gan_duration_help": (
        "Seconds of training; empty goes on until you stop it",
        "训练的秒数；留空则一直训练到你停止",
    ),
    "gan_duration_public": ("Seconds of training, at most {limit}", "训练的秒数，最多 {limit}"),
    "gan_settings": ("Settings", "设置"),
    "gan_start": ("Start", "开始"),
    "gan_pause": ("Pause", "暂停"),
    "gan_resume": ("Resume", "继续"),
    "gan_stop": ("Stop", "停止"),
    "gan_set_g_lr": ("Rate of G", "G 的学习率"),
    "gan_set_g_lr_help": ("Learning rate of the generator", "生成器的学习率"),
    "gan_set_d_lr": ("Rate of D", "D 的学习率"),
    "gan_set_d_lr_help": ("Learning rate of the discriminator", "判别器的学习率"),
    "gan_set_batch_size": ("Batch size", "批大小"),
    "gan_set_batch_size_help": ("Images a step", "每一步用多少张图"),
    "gan_set_loss": ("Loss", "损失函数"),
    "gan_set_loss_help": ("What G and D are scored by", "衡量 G 与 D 好坏的函数"),
    "gan_set_optimizer": ("Optimiser", "优化器"),
    "gan_set_optimizer_help": ("How gradients become steps", "梯度怎样变成参数更新"),
    "gan_set_clip_norm": ("Clip gradients at", "梯度裁剪"),
    "gan_set_clip_norm_help": (
        "Longest gradient allowed; 0 is off",
        "允许的最大梯度范数；0 为不裁剪",
    ),
    "gan_set_r1": ("R1", "R1"),
    "gan_set_r1_help": ("Weight of the gradient penalty on real images", "真图梯度惩罚的权重"),
    "gan_set_r2": ("R2", "R2"),
    "gan_set_r2_help": (
        "Weight of the gradient penalty on generated images",
        "生成图梯度惩罚的权重",
    ),
    "gan_set_ema_half_life_kimg": ("EMA half-life, kimg", "EMA 半衰期（千张）"),
    "gan_set_ema_half_life_kimg_help": (
        "How slowly the averaged generator follows, in thousand images",
        "平均生成器跟随的快慢，以千张图计",
    ),
    "gan_set_seed": ("Seed", "种子"),
    "gan_set_seed_help": ("Same seed, same training", "种子相同，训练过程相同"),
    "gan_settings_reset": ("As the preset has them", "恢复方案默认值"),
    "gan_run": ("Training", "训练"),
    "gan_no_runs": ("no training yet", "还没有训练"),
    "gan_state_starting": ("Starting", "正在启动"),
    "gan_state_running": ("Running", "训练中"),
    "gan_state_paused": ("Paused", "已暂停"),
    "gan_state_finished": ("Finished", "已完成"),
    "gan_state_stopped": ("Stopped", "已停止"),
    "gan_state_interrupted": ("Interrupted", "已中断"),
    "gan_state_failed": ("Failed", "失败"),
    "gan_state_none": ("Idle", "空闲"),
    "gan_watch_only": (
        "Not started in this window: you can watch it, not steer it",
        "不是在此处启动的训练：只能观看，不能操控",
    ),
    "gan_interrupted_help": (
        "Its process ended early. Resume goes on from the last checkpoint.",
        "进程提前结束；点“继续”可从最近的检查点接着训练。",
    ),
    "gan_nimg": ("images", "已训练图数"),
    "gan_nimg_help": ("Real images shown so far", "到目前为止看过的真图数"),
    "gan_rate": ("images/s", "张/秒"),
    "gan_elapsed": ("elapsed", "用时"),
    "gan_left": ("left", "剩余"),
    "gan_grid": ("Fixed noise", "固定噪声"),
    "gan_grid_help": (
        "The same 64 noise vectors, drawn again as it learns",
        "同一组 64 个噪声，随训练反复绘制",
    ),
    "gan_grid_alt": (
        "64 generated pictures after {count} images",
        "训练 {count} 张图后生成的 64 张图",
    ),
    "gan_grid_empty": (
        "Press Start. Within a few seconds the first pictures appear here and begin to take shape.",
        "点击“开始”，几秒后这里就会出现第一批图，并逐渐成形。",
    ),
    "gan_grid_wait": ("The first pictures are on their way.", "第一批图马上就来。"),
    "gan_losses": ("Losses", "损失"),
    "gan_scores": ("Scores of D", "D 的打分"),
    "gan_scores_help": (
        "What D gives to real, held-out real and generated images; "
        "close together means D can hardly tell them apart",
        "D 给训练真图、留出真图和生成图的打分；越接近，说明 D 越难分辨",
    ),
    "gan_line_loss_g": ("G", "G"),
    "gan_line_loss_d": ("D", "D"),
    "gan_line_score_real": ("real", "真图"),
    "gan_line_score_held_out": ("held out", "留出真图"),
    "gan_line_score_fake": ("generated", "生成图"),
    "gan_chart_empty": ("Curves appear once it runs", "开始训练后显示曲线"),
    "gan_chart_alt": ("{title} over {count} images", "{title}随训练图数（{count}）的变化"),
    "gan_moment": ("Time machine", "回看"),
    "gan_moment_back": ("One snapshot back", "上一个快照"),
    "gan_moment_on": ("One snapshot on", "下一个快照"),
    "gan_moment_now": ("Newest", "最新"),
    "gan_moment_at": ("at {count}", "第 {count} 张"),
    "gan_moment_live": ("following, {count}", "跟随中，{count}"),
    "gan_open_explore": ("Open in Explore", "在“探索”中打开"),
    "gan_open_explore_help": (
        "Walk through the latent space of this moment",
        "用这一刻的权重浏览潜空间",
    ),
    "gan_command": ("The same from a terminal", "在终端中做同样的事"),
    "gan_copy": ("Copy", "复制"),
    # gallery
    "gan_first_seed": ("First seed", "起始种子"),
    "gan_per_page": ("Per page", "每页"),
    "gan_any_class": ("all classes", "全部类别"),
    "gan_tile_size": ("Size", "大小"),
    "gan_page_back": ("Previous page", "上一页"),
    "gan_page_on": ("Next page", "下一页"),
    "gan_page_range": ("seeds {first} to {last}", "种子 {first} 到 {last}"),
    "gan_gallery": ("Samples; each opens in Explore", "样本，点击可在“探索”中打开"),
    "gan_tile": ("{what}; open in Explore", "{what}；在“探索”中打开"),
    # presets, one line each
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
    # what went wrong (the server sends the key, so that the page says it in its language)
    "gan_error_busy": (
        "Another training is running here; wait until it has finished, or watch it.",
        "这里已有训练在进行，请等它结束，或先观看它。",
    ),
    "gan_error_unknown_run": (
        "There is no such training that you can steer; start one with Start.",
        "没有你可以操控的这个训练；请点“开始”新建一个。",
    ),
    "gan_error_no_run": (
        "There is no such training; choose another from the list.",
        "没有这个训练，请从列表中另选。",
    ),
    "gan_error_request": (
        "The request could not be read; reload the page.",
        "无法识别这个请求，请刷新页面。",
    ),
    "gan_error_local_data": (
        "This server trains on its own data only; "
        "run the app on your computer to use your own images.",
        "此服务器只用自带数据训练；要用自己的图片，请在本机运行。",
    ),
    "gan_error_duration": (
        "Duration must be from 1 to {limit} seconds here; correct it.",
        "这里的时长须在 1 到 {limit} 秒之间，请修改。",
    ),
    "gan_error_server": (
        "Something failed on the server; try again, and look at its log if it stays.",
        "服务器出错了，请重试；若仍不行，请查看服务器日志。",
    ),
}


def catalogue() -> dict[str, dict[str, str]]:
    """`{"en": {key: text}, "zh": {key: text}}`, for the boards."""
    return {
        "en": {key: english for key, (english, _) in TEXTS.items()},
        "zh": {key: chinese for key, (_, chinese) in TEXTS.items()},
    }


def gradio_locales() -> dict[str, dict[str, str]]:
    """Keyword arguments for gr.I18n; a bare `zh` alone would miss browsers that say zh-CN."""
    texts = catalogue()
    return {"en": texts["en"], "zh": texts["zh"], "zh-CN": texts["zh"], "zh-TW": texts["zh"]}
