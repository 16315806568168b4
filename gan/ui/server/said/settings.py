"""What is said of settings, presets, models, sampling and training: English to Chinese."""

from __future__ import annotations

SENTENCES: dict[str, str] = {
    # gan.errors.suggest
    "did you mean {}?": "你是否想要 {0}？",
    "did you mean {} or {}?": "你是否想要 {0} 或 {1}？",
    "did you mean {} or {} or {}?": "你是否想要 {0}、{1} 或 {2}？",
    "choose one of: {}": "可选：{0}。",
    # gan
    "module 'gan' has no attribute {}": "模块 gan 没有属性 {0}。",
    # gan.config
    "the names of all classes may take {} KB, these {} take {}; shorten them, or train without "
    "classes: --set classes=0": (
        "所有类别的名称合计最多 {0} KB，这 {1} 个占 {2} KB；"
        "请缩短名称，或不用类别训练：--set classes=0。"
    ),
    "a setting must be key=value, got {}; for example g_lr=0.001": (
        "设置须写成 key=value，现为 {0}；例如 g_lr=0.001。"
    ),
    "there is no setting {}; {}": "没有 {0} 这项设置；{1}",
    "resolution must be a multiple of 4 from {} to {}, got {}; choose {}": (
        "resolution 须为 {0} 到 {1} 之间 4 的倍数，现为 {2}；请选 {3}。"
    ),
    "aux_classes needs a model with classes, got one without; start a new run with classes, on "
    "data that has them": (
        "aux_classes 需要带类别的模型，而这个模型没有类别；请用带类别的数据新建训练。"
    ),
    "d_scales must leave at least {} px of {}, {} leave {}; use fewer": (
        "d_scales 须让 {1} 像素至少剩下 {0} 像素，{2} 个尺度只剩 {3} 像素；请减少尺度数。"
    ),
    "{} must be {}, got {}; correct it": "{0} 须为 {1}，现为 {2}；请改正。",
    "{} must be true or false, got {}; correct it": "{0} 须为 true 或 false，现为 {1}；请改正。",
    "{} must be a whole number, got {}; correct it": "{0} 须为整数，现为 {1}；请改正。",
    "{} must be a number, got {}; correct it": "{0} 须为数字，现为 {1}；请改正。",
    "{} must hold at most {} widths from 1 to 4096, got {}; leave it out for the family's own": (
        "{0} 最多 {1} 个宽度，每个 1 到 4096，现为 {2}；省略它即用该系列的默认宽度。"
    ),
    "{} may hold {} layers of {} letters, got more; check that config.json is whole": (
        "{0} 最多 {1} 层，每层不超过 {2} 个字母，现已超出；请检查 config.json 是否完整。"
    ),
    "{} may hold {} numbers from 1 to 4096, got others or more; check that config.json is whole": (
        "{0} 最多 {1} 个数，每个 1 到 4096，现有其他内容或数量超出；请检查 config.json 是否完整。"
    ),
    # gan.schema
    "{} must be {}, got {}; correct its type": "{0} 的类型须为 {1}，现为 {2}；请改正类型。",
    "{} must be a JSON object, got {}; check the file": (
        "{0} 须为 JSON 对象，现为 {1}；请检查文件。"
    ),
    "{} must be {}, got {}; it is: {}": "{0}（{3}）须为 {1}，现为 {2}；请改正。",
    "{} must be from {} to {}, got {}; it is: {}": (
        "{0}（{4}）须在 {1} 到 {2} 之间，现为 {3}；请改正。"
    ),
    "{} must be {} or more, got {}; it is: {}": "{0}（{3}）不能小于 {1}，现为 {2}；请改正。",
    "{} must be finite, got {}; it is: {}": "{0}（{2}）须为有限数，现为 {1}；请改正。",
    "{} has no setting {}; {}": "{0} 没有 {1} 这项设置；{2}",
    "{} cannot be {}; {}": "{0} 不能为 {1}；{2}",
    "{} must be a list, got {}; write it as [a, b]": "{0} 须为列表，现为 {1}；请写成 [a,b]。",
    "{} must be finite, got a number too large; lower it": "{0} 须为有限数，现在太大；请调小。",
    # what settings are, in brackets behind their names
    "a number": "一个数",
    "height and width of an image, px": "图片的高和宽，像素",
    "height and width of a picture, px": "图片的高和宽，像素",
    "1 grey, 3 colour": "1 为灰度，3 为彩色",
    "1 grey, 3 colour, 4 with transparency": "1 为灰度，3 为彩色，4 为带透明度",
    "number of class labels, 0 for none": "类别数，0 为没有类别",
    "number of classes, 0 for none": "类别数，0 为没有类别",
    "none: no such model has class labels yet": "须为 0：这种模型还没有类别",
    "length of the noise vector": "噪声向量的长度",
    "length of a class embedding": "类别嵌入的长度",
    "times the family's own widths": "相对该系列默认宽度的倍数",
    "layers more a resolution (mlp: in all), or fewer": "每个分辨率增减的层数（mlp：总共增减）",
    "several discriminators": "判别器个数",
    "resolutions that are judged, each half the last": "打分的分辨率个数，每个是上一个的一半",
    "images that D judges together, as one": "D 合在一起评判的图片数",
    "learning rate of the generator": "生成器的学习率",
    "learning rate of the discriminator": "判别器的学习率",
    "Adam's first-moment decay; momentum of SGD": "Adam 的一阶矩衰减，或 SGD 的动量",
    "Adam's second-moment decay": "Adam 的二阶矩衰减",
    "images a step": "每一步用的图片数",
    "discriminator updates a generator update": "生成器每更新一次，判别器更新的次数",
    "weight of the gradient penalty on real images": "真实图片上梯度惩罚的权重",
    "weight of the gradient penalty on fake images": "生成图片上梯度惩罚的权重",
    "weight of the penalty of wasserstein-gp": "wasserstein-gp 损失自带惩罚的权重",
    "apply R1 and R2 every so many steps": "每隔多少步施加一次 R1 和 R2",
    "clip gradients to this norm, 0 for off": "梯度裁剪的范数，0 为不裁剪",
    "half-life of the averaged generator": "平均生成器的半衰期",
    "shift real and fake at random by up to this": "真实与生成图片随机平移的最大像素数",
    "how often augment changes an image; ada starts": "改动图片的概率，也是 ada 的起点",
    "ada keeps D's surety on real images here": "ada 让 D 对真实图片的确信程度保持在此",
    "weight of naming the class (aux_classes)": "识别类别的权重（aux_classes）",
    "seed of weights, noise and batches": "权重、噪声和批次的种子",
    "stop after so many thousand images": "训练多少千张图后停止",
    "room for the run's past, in MB": "训练过程留存的空间，单位 MB",
    "stop after so many seconds of training": "训练多少秒后停止",
    "lightweight-gan: places that D judges one by one": "lightweight-gan：D 逐一评判的位置数",
    "stylegan: length of w": "stylegan：w 的长度",
    "stylegan: layers from z to w": "stylegan：从 z 到 w 的层数",
    "stylegan: units of those layers": "stylegan：这些层的单元数",
    "real images shown in training": "训练中看过的真实图片数",
    "generated pictures shown in training": "训练中看过的生成图片数",
    "seconds of training": "训练的秒数",
    "Fréchet distance on our features": "用本项目特征计算的弗雷歇距离",
    "the same, real against real": "真实图片之间的弗雷歇距离",
    "of weights and pictures": "权重和图片的种子",
    # gan.presets
    "there is no preset {}; {}": "没有方案 {0}；{1}",
    # gan.models
    "the models must have at most {} parameters, these widths make {}; use smaller g_widths and "
    "d_widths": (
        "两个模型合计最多 {0} 个参数，按这些宽度会有 {1} 个；请减小 g_widths 和 d_widths。"
    ),
    "g_widths and d_widths must hold at least one width each, got none; "
    "gan.presets.resolve_widths fills in the family's own": (
        "g_widths 和 d_widths 至少各要一个宽度，现在没有；"
        "gan.presets.resolve_widths 会填入该系列的默认宽度。"
    ),
    "this {} model has no discriminator, its file holds one; fetch the model anew": (
        "{0} 模型不应有判别器，文件里却有一个；请重新获取模型。"
    ),
    "{} of family {} at {} px must hold {} widths, got {}; leave it out for the family's own": (
        "{1} 系列在 {2} 像素时，{0} 须有 {3} 个宽度，现有 {4} 个；省略它即用该系列的默认宽度。"
    ),
    "{} or {} or {} or {} or {}": "{0}、{1}、{2}、{3} 或 {4}",  # counts of widths
    # gan.sampling
    "a seed must be from 0 to {}, got {}; choose another": (
        "种子须在 0 到 {0} 之间，现为 {1}；请换一个。"
    ),
    "a class must be from 0 to {}, got {}; choose one of them": (
        "类别须在 0 到 {0} 之间，现为 {1}；请从中选一个。"
    ),
    "this model has no classes, got class {}; leave the class out": (
        "这个模型没有类别，却指定了类别 {0}；请不要指定类别。"
    ),
    # gan.training
    "the training reached {} after {} images; resume the last checkpoint with a lower learning "
    "rate": "训练到第 {1} 张图时损失变成了 {0}；请调低学习率，从最近的检查点继续。",
    "several processes that train one model need the package accelerate, it is not installed; pip "
    "install accelerate": (
        "多个进程训练同一模型需要 accelerate 包，尚未安装；请运行 pip install accelerate。"
    ),
    "a change must name at least one setting, got none; name one": (
        "修改时至少要给出一项设置，现在没有；请给出一项。"
    ),
    "{} cannot change while training; start a new run with it": (
        "训练中不能修改 {0}；请用它新建训练。"
    ),
    "D was rebuilt, {} of {} tensors were kept; its optimiser is new": (
        "D 已重建，{1} 个张量中保留了 {0} 个；它的优化器从头开始。"
    ),
    "the optimisers are new": "优化器已更换，从头开始。",
}
