"""Sentences of others' layouts and of models.ported: English template to Chinese."""

from __future__ import annotations

SENTENCES: dict[str, str] = {
    # hub.layouts: no layout fits
    "the file must hold a generator of a known layout, it holds {}; supported: {}": (
        "文件须含有结构已知的生成器，而它含有：{0}；支持的结构：{1}"
    ),
    "the file must hold a generator of a known layout, it holds {} and {} more; supported: {}": (
        "文件须含有结构已知的生成器，而它含有：{0}，以及另外 {1} 个张量；支持的结构：{2}"
    ),
    "the file must hold a generator of a known layout, it holds no tensors; supported: {}": (
        "文件须含有结构已知的生成器，而它不含任何张量；支持的结构：{0}"
    ),
    "lightweight-gan (initial_conv, layers, out_conv); FastGAN (_init, _upsample_8 and on, "
    "_out); StyleGAN of genforce (mapping, truncation, synthesis); DCGAN as in pytorch/examples "
    "and huggan/dcgan-mnist; xyfJASON/GANs-Implementations; StudioGAN's DCGAN; "
    "beat-interpolator's MNIST; a plain chain of Linear layers under any names; a plain chain of "
    "Linear, Conv2d and ConvTranspose2d layers with norms under any names": (
        "lightweight-gan（initial_conv、layers、out_conv）；FastGAN（_init、_upsample_8 等、"
        "_out）；genforce 的 StyleGAN（mapping、truncation、synthesis）；"
        "pytorch/examples 和 huggan/dcgan-mnist 的 DCGAN；xyfJASON/GANs-Implementations；"
        "StudioGAN 的 DCGAN；beat-interpolator 的 MNIST；由 Linear 层组成的普通链（名称不限）；"
        "由 Linear、Conv2d、ConvTranspose2d 层及归一化层组成的普通链（名称不限）。"
    ),
    # hub.layouts.base
    "{} must have its spectral norm's u and v beside it, they are missing; choose another file": (
        "{0} 须附有谱归一化的 u 和 v，实际没有；请另选文件。"
    ),
    "the spectral norm of {} must fit its weight, it does not; choose another file": (
        "{0} 的谱归一化须与其权重相符，实际不符；请另选文件。"
    ),
    # hub.layouts.chains
    "a StudioGAN DCGAN must have linear0, deconv0 and bn0 in each block, and conv4; some "
    "are missing or of another shape; choose a file of an unconditional model": (
        "StudioGAN 的 DCGAN 须有 linear0、每块中的 deconv0 和 bn0，以及 conv4；有些缺失或形状"
        "不符；请选择无条件模型的文件。"
    ),
    # hub.layouts.fastgan
    "a FastGAN must hold _init, _upsample_8 and on, and _out; parts of it are missing": (
        "FastGAN 须含有 _init、_upsample_8 及之后各层和 _out，其中有缺失。"
    ),
    "{} is no part of a FastGAN that is known; choose another file": (
        "{0} 不属于任何已知的 FastGAN；请另选文件。"
    ),
    # hub.layouts.lightweight
    "a lightweight-gan must hold {}, it does not; choose another file": (
        "lightweight-gan 须含有 {0}，实际没有；请另选文件。"
    ),
    "layers.{}.0.2.weight or layers.{}.0.2.1.weight": (
        "layers.{0}.0.2.weight 或 layers.{1}.0.2.1.weight"
    ),
    "a lightweight-gan of {} is too large; at most {} fits": (
        "lightweight-gan 的 {0} 过大，最多为 {1}。"
    ),
    "{} must be the blur [1, 2, 1], it is another; choose another file": (
        "{0} 须为 [1,2,1] 模糊核，实际不是；请另选文件。"
    ),
    # hub.layouts.payload
    "the file must hold a generator, it holds a discriminator alone; choose the file of "
    "the generator": ("文件须含有生成器，而它只有判别器；请选择生成器的文件。"),
    "{} must be a plain tensor of numbers, it is {} {}; choose another file": (
        "{0} 须为普通的数值张量，而它是 {1} {2}；请另选文件。"
    ),
    "the file must hold a state dict, it holds no tensors, only numbers or text; choose the file "
    "of the weights": "文件须含有 state dict，而它没有张量，只有数字或文字；请选择权重文件。",
    "a list of state dicts must hold one generator, of its {} parts {} end in a picture; save the "
    "generator's state dict alone": (
        "state dict 列表中须恰有一个生成器，而它的 {0} 个部分中有 {1} 个以图片结尾；"
        "请单独保存生成器的 state dict。"
    ),
    "the file must hold one generator, it holds {}: {}; save the one that is meant alone": (
        "文件须只含一个生成器，而它含有 {0} 个：{1}；请单独保存所要的那一个。"
    ),
    # hub.layouts.reader, settings, skeleton
    "size must be one of {}, got {}; choose one": "size 须为 {0} 之一，现为 {1}；请选择一个。",
    "a chain may hold Linear, Conv2d and ConvTranspose2d layers with their norms and PReLUs, this "
    "file holds others; choose another file": (
        "普通链只能含有 Linear、Conv2d、ConvTranspose2d 层及其归一化层和 PReLU，"
        "而这个文件还有别的层；请另选文件。"
    ),
    "between {} and {} stand {} layers that left no tensors, perhaps an InstanceNorm2d: what they "
    "are cannot be read off; ask the author for the code": (
        "{0} 与 {1} 之间有 {2} 个不含张量的层，可能有 InstanceNorm2d，无从得知；请向作者索取代码。"
    ),
    "a generator must have Linear or convolution layers, it has none; choose another": (
        "生成器须有 Linear 或卷积层，实际没有；请另选。"
    ),
    "these layers must grow from noise to a square picture of 1, 3 or 4 channels, they do not in "
    "any order and with any usual stride or upsampling; the last weight is {}; choose another "
    "file": (
        "这些层须能从噪声逐步生成 1、3 或 4 通道的正方形图片，但无论按什么顺序、用哪种常见的步长"
        "或上采样都不能；最后一个权重的形状为 {0}；请另选文件。"
    ),
    "labels must be none or COUNT@PLACE, as in 10@100, got {}; correct it": (
        "labels 须为 none 或“个数@位置”，例如 10@100，现为 {0}；请改正。"
    ),
    "there is no question {}; {}": "没有 {0} 这一项；{1}",
    "a generator must be one straight line of layers, {} is a branch; choose another file, or one "
    "of a repository that is known here": (
        "生成器须是一条直线排列的层，而 {0} 是分支；请另选文件，或选用本应用认识的仓库。"
    ),
    # hub.layouts.chains
    "the generator's layers must follow from one another: {}": "生成器各层须前后衔接：{0}",
    # hub.layouts.stylegan
    "a StyleGAN must make pictures from {} to 1024 px, this one has {} sizes; choose "
    "another file": ("StyleGAN 须能生成 {0} 到 1024 像素的图片，而这个有 {1} 级尺寸；请另选文件。"),
    "{} is of a StyleGAN that differs from those that are known; choose another file": (
        "{0} 所属的 StyleGAN 与已知的各种都不同；请另选文件。"
    ),
    "a StyleGAN must hold {}, it is missing; choose another file": (
        "StyleGAN 须含有 {0}，实际缺失；请另选文件。"
    ),
    # models.ported
    "architecture must be one of {}, got {}; update GAN Atelier": (
        "architecture 须为 {0} 之一，实际为 {1}；请更新 GAN Atelier。"
    ),
    # models.ported.chain
    "label_at must be within z, and a label that is multiplied with z must be as long, they are "
    "not; check that config.json is whole": (
        "label_at 须在 z 的范围内，与 z 相乘的标签须与 z 等长，实际不符；"
        "请检查 config.json 是否完整。"
    ),
    "a {} has no class labels here, got {}; check that config.json is whole": (
        "{0} 在这里没有类别标签，现为 {1}；请检查 config.json 是否完整。"
    ),
    "{} units": "{0} 个单元",
    "{} maps of {} x {}": "{0} 张 {1} × {2} 的特征图",
    "a picture may take {} multiplications and {} values, these layers take {} and {}; use "
    "a smaller model": (
        "生成一张图片最多可用 {0} 次乘法和 {1} 个值，而这些层需要 {2} 次和 {3} 个；请改用更小"
        "的模型。"
    ),
    "there is no layer {}; {}": "没有 {0} 这种层；{1}",
    "layer {} must be written as in 'deconv 100 256 k4 s1 p0', 'linear 128 784 bias', 'bn "
    "256', 'leaky 0.2' or 'reshape 512 4 4'; correct it": (
        "层 {0} 的写法须如 'deconv 100 256 k4 s1 p0'、'linear 128 784 bias'、'bn 256'、"
        "'leaky 0.2' 或 'reshape 512 4 4'；请修改。"
    ),
    "layer {}, {}, must take {}, it cannot; correct its numbers": (
        "第 {0} 层 {1} 须能接收 {2}，实际不能；请修改其中的数字。"
    ),
    "layer {}, {}, may give {} px and {} values an image, it gives {}; use a smaller model": (
        "第 {0} 层 {1} 对每张图片最多可给出 {2} 像素、{3} 个值，而它给出 {4}；请改用更小的模型。"
    ),
    "g_layers must end in {}, they give nothing; correct the last ones or resolution": (
        "g_layers 最后须给出 {0}，实际什么也没有给出；请修改最后几层或 resolution。"
    ),
    "g_layers must end in {}, they give {}; correct the last ones or resolution": (
        "g_layers 最后须给出 {0}，实际给出 {1}；请修改最后几层或 resolution。"
    ),
    "g_layers must end in tanh or in sigmoid and signed, so that a picture is within -1 "
    "and 1, got {}; add it": (
        "g_layers 须以 tanh，或以 sigmoid 和 signed 结尾，使图片的值在 -1 到 1 之间，实际为 "
        "{0}；请补上。"
    ),
    "d_layers must end in one number, they give {}; correct the last ones": (
        "d_layers 最后须给出一个数，实际给出 {0}；请修改最后几层。"
    ),
    # models.ported.lightweight
    "d_widths must have one number for each size from {} px to at most {} px, got {}; "
    "check that config.json is whole": (
        "d_widths 须为 {0} 像素到至多 {1} 像素的每级尺寸各给一个数，实际有 {2} 个；请检查 "
        "config.json 是否完整。"
    ),
    "attention may be at most at {} px, got {} px; choose another model": (
        "attention 最多用于 {0} 像素，实际为 {1} 像素；请另选模型。"
    ),
    # models.ported.parts
    "g_widths must have one number for each size from {} px to {} px, got {}; check that "
    "config.json is whole": (
        "g_widths 须为 {0} 像素到 {1} 像素的每级尺寸各给一个数，实际有 {2} 个；请检查 "
        "config.json 是否完整。"
    ),
    "a picture may take {} values a layer, twice that in all sizes, and about {} "
    "multiplications, these widths take {}, {} and {}; use a smaller model": (
        "生成一张图片，每层最多可用 {0} 个值，各级尺寸合计为其两倍，乘法约 {1} 次，而这些宽度"
        "分别需要 {2}、{3} 和 {4}；请改用更小的模型。"
    ),
}
