"""What is said of data, pictures, films and metrics: English to Chinese."""

from __future__ import annotations

# Why files were skipped, each after its count; a list of them comes apart at its commas.
_REASONS = {
    "unreadable": "张无法读取",
    "not an image": "个不是图片",
    "hidden or of the system": "个是隐藏文件或系统文件",
    "of a format that is not read here": "张的格式此处不支持",
    "too many pixels": "张像素过多",
    "too large": "个文件太大",
    "too long and thin": "张过于细长",
    "a JPEG of too many scans": "张 JPEG 的扫描次数过多",
    "a symbolic link": "个是符号链接",
    "a folder that is linked again": "个文件夹被重复链接",
    "a folder that cannot be read": "个文件夹无法读取",
    "damaged or encrypted": "个已损坏或加密",
    "a damaged zip": "个 zip 压缩包已损坏",
    "beyond the limits of bytes or time": "个超出字节或时间上限，未读取",
}

SENTENCES: dict[str, str] = {
    **{f"{{}} {reason}": f"{{0}} {chinese}" for reason, chinese in _REASONS.items()},
    **{f"{{}} {reason}, {{}}": f"{{0}} {chinese}，{{1}}" for reason, chinese in _REASONS.items()},
    # gan.data
    "there is no data {}; {}": "没有数据 {0}；{1}",
    "data must be printable text, got other characters; type it anew": (
        "data 须为可显示的文字，现有其他字符；请重新输入。"
    ),
    # gan.data.batches
    "a training needs images, got none; choose other data": (
        "训练需要图片，现在一张也没有；请换用其他数据。"
    ),
    # gan.data.bundled
    "{} must be an idx file of bytes, got other content; fetch it anew": (
        "{0} 须为字节型 idx 文件，内容却不是；请重新获取。"
    ),
    # gan.data.folder
    "{} must be a folder or a zip of images, got another file; pack it": (
        "{0} 须为装有图片的文件夹或 zip 压缩包，现为其他文件；请先打包。"
    ),
    "{} must hold at least {} {} images, got {} readable of {} files; choose another folder": (
        "{0} 里至少要有 {1} 张图片（{2}），{4} 个文件中只有 {3} 个可读；请换一个文件夹。"
    ),
    "{} must hold at least {} {} images, got {} readable of {} files ({}); choose another folder": (
        "{0} 里至少要有 {1} 张图片（{2}），{4} 个文件中只有 {3} 个可读（{5}）；请换一个文件夹。"
    ),
    "there is no folder or zip {}; check the path after folder:": (
        "没有文件夹或 zip 压缩包 {0}；请检查 folder: 后面的路径。"
    ),
    "{} must be a readable folder or zip, it cannot be read ({}); check its name and rights": (
        "{0} 须为可读的文件夹或 zip 压缩包，但无法读取（{1}）；请检查名称和权限。"
    ),
    # gan.data.members
    "a zip may list {} files, this one lists more; split it": (
        "一个 zip 压缩包最多列出 {0} 个文件，这个超出了；请分成几个。"
    ),
    # gan.data.hub
    "a dataset on the Hub is owner/name, got {}; for example hub:mnist/mnist": (
        "Hub 上的数据集须写成 owner/name，现为 {0}；例如 hub:mnist/mnist。"
    ),
    "{} must hold at least 2 readable images, got {}; choose another": (
        "{0} 里至少要有 2 张可读的图片，现有 {1} 张；请换一个。"
    ),
    "{} must have an image column, got {}; choose another": (
        "{0} 须有图片列，现有的列是 {1}；请换一个。"
    ),
    "the dataset {} could not be had from the Hub ({}: no reason given); check its name and your "
    "connection, or use folder:PATH": (
        "无法从 Hub 获取数据集 {0}（{1}：未说明原因）；请检查名称和网络，或改用 folder:路径。"
    ),
    "the dataset {} could not be had from the Hub ({}: {}); check its name and your connection, "
    "or use folder:PATH": (
        "无法从 Hub 获取数据集 {0}（{1}：{2}）；请检查名称和网络，或改用 folder:路径。"
    ),
    # gan.data.own
    "this set of images is not there any more; choose or upload another": (
        "这组图片已不存在；请另选或重新上传。"
    ),
    "a set needs {} or more {} images, got {} that can be read ({}); choose others": (
        "一组图片至少要有 {0} 张（{1}），能读取的只有 {2} 张（{3}）；请另选图片。"
    ),
    "a set needs {} or more {} images, got {} that can be read; choose others": (
        "一组图片至少要有 {0} 张（{1}），能读取的只有 {2} 张；请另选图片。"
    ),
    "size must be a multiple of 4 from {} to {} and channels 1 or 3; choose again": (
        "尺寸须为 {0} 到 {1} 之间 4 的倍数，通道数须为 1 或 3；请重新选择。"
    ),
    "the upload broke off; send it again": "上传中断；请重新上传。",
    # gan.data.pictures
    "a picture may have {} MB, this one has more; shrink it": (
        "一张图片最大 {0} MB，这张超出了；请缩小。"
    ),
    "a picture of this kind may have {} million pixels, got {} x {}; shrink it": (
        "这种图片最多 {0} 百万像素，这张为 {1} × {2}；请缩小。"
    ),
    "a picture must be one of {}, this one is HEIC, JPEG XL or of another format that is "
    "not read here; save it as JPEG": (
        "图片格式须为 {0} 之一；这张是 HEIC、JPEG XL 或其他此处不支持的格式，请另存为 JPEG。"
    ),
    "a JPEG may have {} scans, this one has more; save it anew": (
        "一张 JPEG 最多 {0} 次扫描，这张超出了；请重新保存。"
    ),
    "a progressive JPEG may need {} MB to be decoded, this one needs {}; save it as a baseline "
    "JPEG": ("解码一张渐进式 JPEG 最多占用 {0} MB 内存，这张需要 {1} MB；请另存为基线 JPEG。"),
    "a picture may be 20 times as long as wide, got {} x {}; crop it": (
        "图片的长边最多为短边的 20 倍，这张为 {0} × {1}；请裁剪。"
    ),
    "a picture must be one of {}, this one cannot be read ({}); save it anew": (
        "图片格式须为 {0} 之一；这张无法读取（{1}），请重新保存。"
    ),
    # gan.film
    "there is no film format {}; {}": "没有影片格式 {0}；{1}",
    "a film has 1 to {} frames, got {}; take fewer": (
        "影片须有 1 到 {0} 帧，现为 {1} 帧；请调整帧数。"
    ),
    "frames must be grey, RGB or RGBA and of one size, got others; resize": (
        "各帧须为灰度、RGB 或 RGBA，且尺寸相同，现在不符；请调整。"
    ),
    "a frame lasts {} to {} s, got {}; change it": (
        "每帧须显示 {0} 到 {1} 秒，现为 {2} 秒；请修改。"
    ),
    "scale must be from 1 to {} for {} frames of {} x {}, got {}; take a smaller one or fewer "
    "frames": (
        "{1} 帧 {2} × {3} 的影片，放大倍数须在 1 到 {0} 之间，现为 {4}；请缩小倍数或减少帧数。"
    ),
    "there must be a caption a frame, got {} for {}; give all": (
        "每帧须有一条字幕，现在 {1} 帧只有 {0} 条；请全部给出。"
    ),
    # gan.metrics.card
    "scores are saved into a weights folder, {} is none; leave --save out": (
        "分数只能存入权重文件夹，{0} 不是；请去掉 --save。"
    ),
    "the scores must be written into {}, it cannot be ({}); copy the folder to a place of your "
    "own": "分数要写入 {0}，但无法写入（{1}）；请把文件夹复制到你自己的位置。",
    # gan.metrics.evaluate
    "an evaluation needs {} real images and samples or more, got {} and {}; raise the count": (
        "评估至少需要真实图片和样本各 {0} 张，现有 {1} 张和 {2} 张；请增大样本数。"
    ),
    "an evaluation needs {} real images and samples or more, got {} and {}; add images": (
        "评估至少需要真实图片和样本各 {0} 张，现有 {1} 张和 {2} 张；请添加图片。"
    ),
    "the generator's weights must be finite, got NaN or infinity: its training diverged; take "
    "weights from before": (
        "生成器的权重须全为有限数，现有 NaN 或无穷大：训练已发散；请用发散之前的权重。"
    ),
    # gan.metrics.features
    "images must be float (N, 1 or 3 or 4, H, W) in [-1, 1], got {} {}; convert them with "
    "gan.images.from_pixels": (
        "图片须为 [-1,1] 内的浮点张量，形状 (N,C,H,W)，C 为 1、3 或 4，现为 {0} {1}；"
        "请用 gan.images.from_pixels 转换。"
    ),
    "there is no feature network {}; {}": "没有特征网络 {0}；{1}",
    "features need images in batches of 1 or more, got {} images in batches of {}; give some": (
        "提取特征需要图片，且每批至少 1 张，现有 {0} 张、每批 {1} 张；请给出图片。"
    ),
    "features must be finite numbers, got NaN or infinity; the images hold some too, so take "
    "weights from before the training diverged": (
        "特征须全为有限数，现有 NaN 或无穷大，图片里也有；请用训练发散之前的权重。"
    ),
    "{} knows no classes, got a question about them; use features-fashion": (
        "{0} 不认识类别，却被问到类别；请使用 features-fashion。"
    ),
    "this network knows no classes, got a question about them; use features-fashion": (
        "这个网络不认识类别，却被问到类别；请使用 features-fashion。"
    ),
    "{} must hold a feature network (config.json, model.safetensors), got: {}; reinstall gan or "
    "run benchmarks/train_features.py": (
        "{0} 里须有特征网络（config.json、model.safetensors）；"
        "请重新安装 gan，或运行 benchmarks/train_features.py。现为：{1}"
    ),
    # gan.metrics.frechet, gan.metrics.neighbours
    "features must be (N, {}) of 2 images or more, got {}; take both sets from one network": (
        "特征的形状须为 (N,{0})，至少 2 张图片，现为 {1}；两组须出自同一网络。"
    ),
    "features must be finite, got NaN or infinity; the images hold some too": (
        "特征须全为有限数，现有 NaN 或无穷大；图片里也有，请检查。"
    ),
    "a floor needs 4 real images and a count of 2, got {} and {}; add images": (
        "计算下限至少需要 4 张真实图片、样本数 2，现为 {0} 和 {1}；请添加图片。"
    ),
    # gan.metrics.inception
    "FID on InceptionV3 needs the packages torchmetrics and torch-fidelity, one is not installed; "
    "pip install 'torchmetrics[image]', or leave --inception out and use our own FD": (
        "在 InceptionV3 上计算 FID 需要 torchmetrics 和 torch-fidelity 包，尚未装全；"
        "请运行 pip install 'torchmetrics[image]'，或去掉 --inception，使用本项目的 FD。"
    ),
    "the InceptionV3 weights (95 MB) could not be fetched ({}); connect, or leave --inception out "
    "and use our own FD": (
        "无法获取 InceptionV3 权重（95 MB）（{0}）；请联网，或去掉 --inception，使用本项目的 FD。"
    ),
    # gan.metrics.intervals, kernel, manifold, memorisation
    "an interval needs {} images on either side, got {} and {}; add images": (
        "计算误差范围两侧各需 {0} 张图片，现有 {1} 张和 {2} 张；请添加图片。"
    ),
    "a kernel distance needs {} images on either side, got {}; add images": (
        "计算核距离两侧各需 {0} 张图片，现有 {1} 张；请添加图片。"
    ),
    "precision and recall need more than {} images on either side, of one network, got {} and {}; "
    "add images": (
        "计算精确率和召回率，两侧各需超过 {0} 张图片，且特征出自同一网络，现为 {1} 和 {2}；"
        "请添加图片。"
    ),
    "memorising shows only beside {} images that were held out, got {}; use a set of 400 images "
    "or more": ("判断是否死记至少需要 {0} 张留出图片，现有 {1} 张；请使用 400 张以上图片的数据。"),
    # gan.metrics.neighbours
    "features must be (N, F) of one network, got {} and {}; take both from one network": (
        "特征的形状须为 (N,F)，且出自同一网络，现为 {0} 和 {1}；两组请用同一网络提取。"
    ),
    "k must be from 1 to the {} real images, got {} for {} samples; ask for fewer": (
        "k 须在 1 到真实图片数 {0} 之间，现为 {1}（{2} 个样本）；请减小 k。"
    ),
    # gan.metrics.results
    "an evaluation is an object, not {}": "评估结果须为对象，而不是 {0}。",
}
