"""What is said of weights, checkpoints, files and directions: English to Chinese."""

from __future__ import annotations

SENTENCES: dict[str, str] = {
    # gan.checkpoint
    "there are no weights {}; {}": "没有权重 {0}；{1}",
    "{} must hold a whole checkpoint, got {}; start a new run": (
        "{0} 里须有完整的检查点，现为 {1}；请新建训练。"
    ),
    "{} must hold a whole checkpoint, got none; start a new run": (
        "{0} 里须有完整的检查点，现在一个也没有；请新建训练。"
    ),
    "{} must hold a whole checkpoint, got {} damaged; start a new run": (
        "{0} 里须有完整的检查点，现有的 {1} 个都已损坏；请新建训练。"
    ),
    "the run {} has no weights yet; let it train a few seconds": (
        "训练 {0} 还没有权重；请让它训练几秒钟。"
    ),
    "{} must hold {} and {}, or be a run with weights, it is neither; check the folder": (
        "{0} 须含有 {1} 和 {2}，或是有权重的训练，但两者都不是；请检查文件夹。"
    ),
    "{} is not among the pulled models; pull it first": "{0} 还没有拉取到本机；请先拉取。",
    "the weights of {} at {} are damaged; take another moment": (
        "{0} 在第 {1} 张处的权重已损坏；请换一个时刻。"
    ),
    "checkpoint {} was written by another version and cannot be resumed ({}); start a new run": (
        "检查点 {0} 由另一版本写成，无法继续（{1}）；请新建训练。"
    ),
    # gan.files
    "{} may have 64 KB, what was to be written has {} KB; shorten the names in it": (
        "{0} 最多 64 KB，要写入的内容有 {1} KB；请缩短其中的名称。"
    ),
    # gan.export
    "the exported file must give torch's pictures to {}, they differ by {}; export to another "
    "format and tell us of this model": (
        "导出文件生成的图片与 torch 的误差须在 {0} 以内，实际相差 {1}；"
        "请导出为其他格式，并把这个模型告诉我们。"
    ),
    "--to must be {}, got {}; {}": "--to 须为 {0}，现为 {1}；{2}",
    "onnx or torchscript": "onnx 或 torchscript",
    "exporting to ONNX needs the package {}, it is not installed; pip install -r "
    "requirements.txt": (
        "导出为 ONNX 需要 {0} 包，尚未安装；请运行 pip install -r requirements.txt。"
    ),
    # gan.files
    "{} may have 64 KB, this one is larger; check the folder": (
        "{0} 不得超过 64 KB，这个更大；请检查文件夹。"
    ),
    "{} cannot be read in {} ({}); check the folder": (
        "无法读取 {1} 中的 {0}（{2}）；请检查文件夹。"
    ),
    "{} in {} must be JSON, it is damaged; fetch it anew": (
        "{1} 中的 {0} 须为 JSON，它已损坏；请重新获取。"
    ),
    # gan.latent.drawing
    "marked samples must be of one model, got {} and {}; mark them anew": (
        "标记的样本须来自同一模型，现为 {0} 和 {1}；请重新标记。"
    ),
    "a direction needs {} samples or more on either side, got {} more and {} less; mark a few": (
        "一个方向的两侧各需至少 {0} 个样本，现有“更多” {1} 个、“更少” {2} 个；请再标几个。"
    ),
    "marked samples must be finite numbers, got others; mark them anew": (
        "标记的样本须全为有限数，现有其他数值；请重新标记。"
    ),
    # gan.latent.encoder
    "{} in {} must have the shape of its model, it differs; fetch it anew": (
        "{1} 中的 {0} 须与模型的形状一致，现在不同；请重新获取。"
    ),
    "an encoder may have {} parameters, {} in {} makes {}; fetch it anew": (
        "编码器最多 {0} 个参数，按 {2} 中的 {1} 会有 {3} 个；请重新获取。"
    ),
    "widths must hold 1 to {} widths from 1 to 512, got {}; make the encoder anew": (
        "widths 须有 1 到 {0} 个宽度，每个 1 到 512，现为 {1}；请重新制作编码器。"
    ),
    "{} in {} does not fit: {}; fetch it anew": "{1} 中的 {0} 不符合要求，请重新获取：{2}",
    # gan.latent.files
    "{} must be {} with {}, it is not; save the directions anew": (
        "{0} 须为 {1} 格式，含有 {2}，但它不是；请重新保存方向。"
    ),
    "z_dim and classes in {} must be numbers; save it anew": (
        "{0} 中的 z_dim 和 classes 须为数字；请重新保存。"
    ),
    "{} holds directions for z_dim {} and {} classes, the model has {} and {}; use the file that "
    "belongs to the model": (
        "{0} 中的方向用于 z_dim 为 {1}、有 {2} 个类别的模型，"
        "这个模型为 {3} 和 {4}；请使用属于该模型的文件。"
    ),
    "directions may take 64 KB, these {} take {} KB; save fewer": (
        "方向文件不得超过 64 KB，这 {0} 个方向共 {1} KB；请少存几个。"
    ),
    "a direction must have {} and may have {}, this one differs; save it anew": (
        "方向必须有 {0}，可以有 {1}，这一个不符；请重新保存。"
    ),
    "a direction's name may have {} characters; shorten it": (
        "方向的名字须有 1 到 {0} 个字符；请改短。"
    ),
    "a direction's name must be printable text; type it anew": (
        "方向的名字须为可显示的文字；请重新输入。"
    ),
    "a direction's kind must be one of {}; correct it": "方向的种类须为 {0} 之一；请改正。",
    "{} of a direction must be a number or null; save it anew": (
        "方向的 {0} 须为数字或 null；请重新保存。"
    ),
    "{} of a direction must hold {} finite numbers, it does not; use one that belongs to the "
    "model": "方向的 {0} 须有 {1} 个有限数，现在不是；请使用属于该模型的方向。",
    "{} cannot be written in {} ({}); check the folder": (
        "无法在 {1} 中写入 {0}（{2}）；请检查文件夹。"
    ),
    # gan.latent.inversion
    "the picture must be {} and finite, got {}; resize it": (
        "图片的形状须为 {0} 且数值有限，现为 {1}；请调整尺寸。"
    ),
    "a search takes 1 to {} restarts and 1 to {} steps, got {} and {}; correct them": (
        "搜索须有 1 到 {0} 个起点、1 到 {1} 步，现为 {2} 和 {3}；请改正。"
    ),
    # gan.latent.map
    "there is no map {}; {}": "没有地图 {0}；{1}",
    "a map takes {} to {} samples, got {}; correct it": (
        "地图须有 {0} 到 {1} 个样本，现为 {2} 个；请改正。"
    ),
    # gan.latent.walk
    "a walk needs {} to {} keyframes, got {}; add some": (
        "漫步需要 {0} 到 {1} 个关键帧，现有 {2} 个；请添加几个。"
    ),
    "a walk needs {} to {} keyframes, got {}; take some away": (
        "漫步需要 {0} 到 {1} 个关键帧，现有 {2} 个；请去掉几个。"
    ),
    "a stretch may have 1 to {} steps, got {}; correct it": (
        "关键帧之间须有 1 到 {0} 步，现为 {1}；请改正。"
    ),
    # gan.tensors
    "{} may hold {} tensors, got {}": "{0} 最多 {1} 个张量，现有 {2} 个。",
    "{} must hold exactly the tensors of its config, {} differ (first: {}); check that "
    "config.json belongs to it": (
        "{0} 中的张量须与其配置完全一致，现有 {1} 个不同（第一个：{2}）；"
        "请检查 config.json 是否与它配套。"
    ),
    "{} is not finite; the state was not saved": "{0} 含有非有限数；这一状态没有保存。",
    "{} cannot be read ({}); check the path": "无法读取 {0}（{1}）；请检查路径。",
    "{} must be a safetensors file, it is damaged; fetch it anew": (
        "{0} 须为 safetensors 文件，它已损坏；请重新获取。"
    ),
    "{} in {} must be finite {}, it is not; fetch it anew": (
        "{1} 中的 {0} 须为有限的 {2}，现在不是；请重新获取。"
    ),
    "{} in {} must be {}, got {}; check that config.json belongs to it": (
        "{1} 中的 {0} 形状须为 {2}，现为 {3}；请检查 config.json 是否与它配套。"
    ),
    "{} must be a whole safetensors file, it is damaged; fetch it anew": (
        "{0} 须为完整的 safetensors 文件，它已损坏；请重新获取。"
    ),
    "the header of {} may have 1 MB; fetch the file anew": (
        "{0} 的文件头不得超过 1 MB；请重新获取文件。"
    ),
}
