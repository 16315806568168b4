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
    "_out); StyleGAN of genforce (mapping, truncation, synthesis); nateraw/cryptopunks-gan "
    "(24 px with transparency); a well-known course's MNIST GAN; DCGAN as in "
    "pytorch/examples and huggan/dcgan-mnist; xyfJASON/GANs-Implementations; StudioGAN's "
    "DCGAN; beat-interpolator's MNIST; a plain chain of ConvTranspose2d and BatchNorm2d "
    "layers under any names; a plain chain of Linear layers under any names": (
        "lightweight-gan（initial_conv、layers、out_conv）；FastGAN（_init、_upsample_8 等、"
        "_out）；genforce 的 StyleGAN（mapping、truncation、synthesis）；"
        "nateraw/cryptopunks-gan（24 像素，透明背景）；一门知名课程的 MNIST GAN；"
        "pytorch/examples 和 huggan/dcgan-mnist 的 DCGAN；xyfJASON/GANs-Implementations；"
        "StudioGAN 的 DCGAN；beat-interpolator 的 MNIST；由 ConvTranspose2d 和 BatchNorm2d 层"
        "组成的普通链（名称不限）；由 Linear 层组成的普通链（名称不限）。"
    ),
    # hub.layouts.base
    "{} must have its spectral norm's u and v beside it, they are missing; choose another file": (
        "{0} 须附有谱归一化的 u 和 v，实际没有；请另选文件。"
    ),
    "the spectral norm of {} must fit its weight, it does not; choose another file": (
        "{0} 的谱归一化须与其权重相符，实际不符；请另选文件。"
    ),
    # hub.layouts.chains
    "the generator's ConvTranspose2d and BatchNorm2d must follow from one another, they do "
    "not; choose another file": (
        "生成器的 ConvTranspose2d 和 BatchNorm2d 须前后衔接，实际不能；请另选文件。"
    ),
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
    # hub.layouts.plain
    "the last of the Linear layers must give a square picture of 1 or 3 channels, it gives "
    "{} units; choose another file": (
        "最后一个 Linear 层须给出 1 或 3 通道的正方形图片，而它给出 {0} 个单元；请另选文件。"
    ),
    "a picture must be square, of {} to {} px and of 1, 3 or 4 channels; these layers give "
    "{}; choose another file": (
        "图片须为正方形，边长 {0} 到 {1} 像素，1、3 或 4 通道，而这些层给出 {2}；请另选文件。"
    ),
    "a plain chain of ConvTranspose2d must have widths that follow from one another, they "
    "do not; choose another file": (
        "由 ConvTranspose2d 组成的普通链，各层宽度须前后衔接，实际不能；请另选文件。"
    ),
    "a plain chain of Linear layers must have widths that follow from one another, they do "
    "not; choose another file": (
        "由 Linear 层组成的普通链，各层宽度须前后衔接，实际不能；请另选文件。"
    ),
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
