"""What is said of runs, and by a run of itself: English to Chinese."""

from __future__ import annotations

SENTENCES: dict[str, str] = {
    # gan.runs.commands
    "settings must be names and values, got something else; send an object": (
        "设置须为名称和值，现为其他内容；请发送一个对象。"
    ),
    "a step must be of d, g or both, got {}; choose one": (
        "单步须为 d、g 或 both，现为 {0}；请选一个。"
    ),
    "steps_per_s must be from 0 to {}, got {}; correct it": (
        "steps_per_s 须在 0 到 {0} 之间，现为 {1}；请改正。"
    ),
    "resume goes on from here": "点“继续”可从这里接着训练。",
    "{} is starting; stop it first, then delete it": "{0} 正在启动；请先停止，再删除。",
    # gan.runs.export
    "--out must end in .png, .webp, .npz or .zip, got {}; {}": (
        "--out 须以 .png、.webp、.npz 或 .zip 结尾，现为 {0}；{1}"
    ),
    "the folder of {} must exist, it does not; make it first": (
        "{0} 所在的文件夹不存在；请先建立。"
    ),
    "--out must be a file, {} is a folder; name a file in it": (
        "--out 须为文件，{0} 却是文件夹；请写明其中的文件名。"
    ),
    "a sheet holds {} samples, got {}; use .npz or .zip": (
        "一张大图最多容纳 {0} 个样本，现有 {1} 个；请改用 .npz 或 .zip。"
    ),
    # gan.runs.folder
    "status.json of {} is damaged; the run cannot be watched": (
        "{0} 的 status.json 已损坏；无法观看这个训练。"
    ),
    "{} has {}": "{0} 现有 {1}",
    "{} has no single step; take one": "{0} 还没有走过单步；请先走一步。",
    "{} has no grid of real images; start a new run": "{0} 没有真实图片的网格图；请新建训练。",
    "{} has no snapshot at {}; take another": "{0} 在第 {1} 张处没有快照；请换一个。",
    "its process is gone; resume goes on from the last checkpoint": (
        "进程已不在；点“继续”可从最近的检查点接着训练。"
    ),
    "its process is gone; it has weights and no checkpoint: fork it": (
        "进程已不在；只有权重，没有检查点：可以从权重分叉。"
    ),
    "its process is gone before anything was kept; start a new run": (
        "进程已不在，什么都没来得及保存；请新建训练。"
    ),
    # gan.runs.images
    "{} goes on with the images that it has learned from alone, and {}; name their place with "
    "--data, or --fork the run to learn from others": (
        "{0} 只能用它学过的图片继续，而现在不同：{1}；"
        "请用 --data 指明原来的图片在哪里，或用 --fork 分叉，改用其他图片。"
    ),
    "the classes differ (without {}, new {})": "类别不同（少了 {0}，多了 {1}）",
    "the classes differ (without {})": "类别不同（少了 {0}）",
    "the classes differ (new {})": "类别不同（多了 {0}）",
    "the classes differ (another order)": "类别的顺序不同",
    "there were {}, there are {}": "原有 {0} 张，现有 {1} 张",
    "their size was {}, is {}": "规格原为 {0}，现为 {1}",
    "{} px in {} channels": "{0} 像素、{1} 通道",
    "as many, but other pictures": "数量相同，但图片不同",
    "not bit-exact: the images look as they did, their bytes are others": (
        "结果不会逐位一致：图片看起来没变，但字节不同。"
    ),
    # gan.runs.launch, gan.runs.origin
    "--fork must name a run, {} is none; see runs/": (
        "--fork 须指定一个训练，{0} 不是；请查看 runs/。"
    ),
    "{} keeps nothing from its beginning or before; give a later moment": (
        "{0} 从一开始就没有保存任何内容；请给出更晚的时刻。"
    ),
    "{} keeps nothing from {} or before; give a later moment": (
        "{0} 在第 {1} 张及以前没有保存任何内容；请给出更晚的时刻。"
    ),
    "{} has trained {} images in {} s, which is all of its budget; give a larger --seconds or "
    "--kimg (counted from its beginning)": (
        "{0} 已在 {2} 秒内训练了 {1} 张图，用完了限额；请增大 --seconds 或 --kimg（从开头算起）。"
    ),
    "the fork of {} has trained {} images in {} s, which is all of its budget; give a larger "
    "--seconds or --kimg (counted from its beginning)": (
        "{0} 的分叉已在 {2} 秒内训练了 {1} 张图，用完了限额；"
        "请增大 --seconds 或 --kimg（从开头算起）。"
    ),
    "the training broke off: {}: {}": "训练意外中断：{0}：{1}",
    "checkpoint {} is damaged and was skipped; going on from {}": (
        "检查点 {0} 已损坏，已跳过；从 {1} 继续。"
    ),
    "the images of {} are others; their order begins anew": (
        "{0} 的图片不是原来的；图片的顺序重新开始。"
    ),
    "the seed was {}, is {}: noise and order begin anew": (
        "种子原为 {0}，现为 {1}：噪声和图片的顺序重新开始。"
    ),
    "{} has weights and no whole checkpoint; fork it instead, with --fork {}": (
        "{0} 只有权重，没有完整的检查点；请改为分叉：--fork {1}。"
    ),
    # gan.runs.lock
    "{} is written by process {} since {}; stop that first": (
        "进程 {1} 自 {2} 起正在写入 {0}；请先停止它。"
    ),
    "{} is written by process {} on {} since {}; stop that first": (
        "{2} 上的进程 {1} 自 {3} 起正在写入 {0}；请先停止它。"
    ),
    "{} is written by another process; stop that first": "另一个进程正在写入 {0}；请先停止它。",
    "{} was moved or deleted just now; see the list": "{0} 刚刚被移走或删除；请查看列表。",
    "this disk cannot lock {} ({}): see to it that no second process writes there": (
        "这个磁盘无法锁定 {0}（{1}）：请确保没有第二个进程写入。"
    ),
    "not bit-exact: {}": "结果不会逐位一致：{0}",
    "not bit-exact: threads was {}, is {}": "结果不会逐位一致：线程数原为 {0}，现为 {1}。",
    "not bit-exact: torch was {}, is {}": "结果不会逐位一致：torch 版本原为 {0}，现为 {1}。",
    "not bit-exact: {} processes, of which one keeps its noise": (
        "结果不会逐位一致：共 {0} 个进程，只有一个保留了噪声。"
    ),
    "{} has weights and no checkpoint: the average is where G begins, optimisers and noise start "
    "fresh": "{0} 只有权重，没有检查点：G 从平均权重开始，优化器和噪声从头开始。",
    # gan.runs.manage
    "there is no run {} in {}/; see the list": "{1}/ 中没有训练 {0}；请查看列表。",
    "this run is not in the trash any more; see the list": ("这个训练已不在回收站里；请查看列表。"),
    "there is no run {}; give a run folder or one of: {}": (
        "没有训练 {0}；请给出训练的文件夹，或从中选一个：{1}。"
    ),
    "there is no run {}; give a run folder or one of: none yet": (
        "没有训练 {0}，目前还没有任何训练；请给出训练的文件夹。"
    ),
    "{} is {}; stop it first, then delete it": "{0} 还没有结束；请先停止，再删除。",
    "a {} may have {} characters, got {}; shorten it": (
        "{0} 最多 {1} 个字符，现有 {2} 个；请改短。"
    ),
    "a name may have {} characters, got {}; shorten it": (
        "名称最多 {0} 个字符，现有 {1} 个；请改短。"
    ),
    "a note may have {} characters, got {}; shorten it": (
        "备注最多 {0} 个字符，现有 {1} 个；请改短。"
    ),
    "the name of {} cannot be written ({}); check the folder": (
        "无法写入 {0} 的名称（{1}）；请检查文件夹。"
    ),
    "{} cannot be moved ({}); check the folder": "无法移动 {0}（{1}）；请检查文件夹。",
    "{} cannot be moved ({}); try again": "无法移动 {0}（{1}）；请重试。",
    # gan.runs.process
    "the training did not begin within three minutes; see its log": (
        "训练在三分钟内没有开始；请查看它的日志。"
    ),
    "{} is beginning already; wait a moment": "{0} 已在启动；请稍候。",
    "{} is going on; stop it first": "{0} 还在进行；请先停止。",
    "the training takes no commands at the moment; stop it, or wait": (
        "这个训练暂时不接受指令；请停止它，或稍候。"
    ),
    "{} cannot be steered from here; it can be watched": "{0} 不能在这里操控，但可以观看。",
    "{} has just ended; resume it to go on": "{0} 刚刚结束；点“继续”可接着训练。",
    "the training ended without a word": "训练结束了，没有留下任何说明。",
    # gan.runs.session, gan.runs.space
    "{} with --resume {}": "{0}（加上 --resume {1}）",
    "the disk is full; the last checkpoint is whole: make room, then resume": (
        "磁盘已满；最近的检查点完好，请腾出空间后再继续。"
    ),
    "the disk is read-only; the last checkpoint is whole: make room, then resume": (
        "磁盘只读，无法写入；最近的检查点完好，请恢复写入后再继续。"
    ),
    "the disk is full; the last checkpoint is whole: make room, then resume with --resume {}": (
        "磁盘已满；最近的检查点完好，请腾出空间，再用 --resume {0} 继续。"
    ),
    "the disk is read-only; the last checkpoint is whole: make room, then resume with --resume "
    "{}": "磁盘只读，无法写入；最近的检查点完好，请恢复写入，再用 --resume {0} 继续。",
    "the disk is full; there are weights, no checkpoint: make room, then fork it": (
        "磁盘已满；只有权重，没有检查点：请腾出空间，再分叉。"
    ),
    "the disk is read-only; there are weights, no checkpoint: make room, then fork it": (
        "磁盘只读，无法写入；只有权重，没有检查点：请恢复写入，再分叉。"
    ),
    "the disk is full; there are weights, no checkpoint: make room, then fork it with --fork {}": (
        "磁盘已满；只有权重，没有检查点：请腾出空间，再用 --fork {0} 分叉。"
    ),
    "the disk is read-only; there are weights, no checkpoint: make room, then fork it with --fork "
    "{}": "磁盘只读，无法写入；只有权重，没有检查点：请恢复写入，再用 --fork {0} 分叉。",
    "the disk is full; nothing is kept yet: make room, then start again": (
        "磁盘已满；还没有保存任何内容：请腾出空间，再重新开始。"
    ),
    "the disk is read-only; nothing is kept yet: make room, then start again": (
        "磁盘只读，无法写入；还没有保存任何内容：请恢复写入，再重新开始。"
    ),
    "nothing can be written in {}/: the disk is full or read-only; make room, then start again": (
        "{0}/ 中无法写入：磁盘已满或只读；请腾出空间，再重新开始。"
    ),
    # gan.runs.timelapse
    "a film needs two snapshots, this run has fewer; let it train a few seconds": (
        "影片需要 2 个快照，这个训练还不够；请让它训练几秒钟。"
    ),
    "the snapshot at {} is damaged; choose other moments": (
        "第 {0} 张处的快照已损坏；请另选时刻。"
    ),
    # gan.runs.userpresets
    "a preset's name has 1 to 40 small letters, digits, dots or dashes, got {}; choose another": (
        "方案的名称须为 1 到 40 个小写字母、数字、点或短横线，现为 {0}；请换一个。"
    ),
    "{} is a built-in preset; choose another name": "{0} 是内置方案；请换一个名称。",
    "{} presets are the most that are kept; delete one first": (
        "最多保存 {0} 个方案；请先删除一个。"
    ),
    "{} is no preset of this version; delete it": "{0} 不是此版本的方案；请删除。",
    "{} must hold text only; delete it": "{0} 只能含有文本；请删除。",
    "there is no preset {} of yours; see the list": "你没有名为 {0} 的方案；请查看列表。",
    "the preset {} cannot be written ({}); check {}": "无法写入方案 {0}（{1}）；请检查 {2}。",
    # gan.runs.writer
    "{} already holds a run; choose another --run-dir, or go on with --resume {}": (
        "{0} 里已有训练；请换一个 --run-dir，或用 --resume {1} 继续。"
    ),
    "--run-dir must be a new or empty folder, {} holds other files; choose another": (
        "--run-dir 须为新的或空的文件夹，{0} 里有其他文件；请换一个。"
    ),
    "the run folder {} cannot be written ({}); choose another --run-dir": (
        "无法写入训练的文件夹 {0}（{1}）；请换一个 --run-dir。"
    ),
    # gan.cli: the last words of a training that the page started
    "there was not enough memory; use a smaller batch, model or set of images": (
        "内存不足；请减小批大小、模型或图片数量。"
    ),
    "a file could not be read or written ({}: {}); check it": (
        "有文件无法读写（{0}：{1}）；请检查。"
    ),
    "--data must have the {} classes of {}, {} has {}; choose other data": (
        "--data 须有 {1} 的 {0} 个类别，{2} 有 {3} 个；请换用其他数据。"
    ),
    "{} must be more than 0, got {}; leave it out for no limit": (
        "{0} 须大于 0，现为 {1}；不限则请省略。"
    ),
    "classes must be 0 or the {} of {}, got {}; leave it out": (
        "classes 须为 0，或 {1} 的类别数 {0}，现为 {2}；请省略它。"
    ),
    "--resume goes on with the preset {}, got --preset {}; leave it out, or start a new run with "
    "it": "--resume 沿用方案 {0}，现为 --preset {1}；请省略它，或用它新建训练。",
    "--resume goes on with seed {}, got --seed {}; leave it out, or --fork the run with it": (
        "--resume 沿用种子 {0}，现为 --seed {1}；请省略它，或用 --fork 分叉。"
    ),
    "--resume writes where the run lies, got --run-dir {}; leave it out, or --fork the run into "
    "it": "--resume 写入训练原来的文件夹，现为 --run-dir {0}；请省略它，或用 --fork 分叉到那里。",
    "a fork has its parent's preset, {}, got --preset {}; leave it out": (
        "分叉沿用原训练的方案 {0}，现为 --preset {1}；请省略它。"
    ),
    "{}, whose images {} learns from, is not where it was; name its place with --data "
    "folder:PATH": "{1} 所用的图片文件夹 {0} 已不在原处；请用 --data folder:路径 指明它在哪里。",
    "--log tensorboard needs the package tensorboard, it is not installed; pip install "
    "tensorboard, or leave --log out": (
        "--log tensorboard 需要 tensorboard 包，尚未安装；"
        "请运行 pip install tensorboard，或去掉 --log。"
    ),
    "--resume must name a run folder, {} is none; see runs/": (
        "--resume 须指定训练的文件夹，{0} 不是；请查看 runs/。"
    ),
    "{} is {} in another process; stop it first": "{0} 正在另一个进程中训练；请先停止。",
}
