"""Words of a training's settings, in groups: key to (English, Chinese)."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "gan_group_learning": ("Learning", "学习"),
    "gan_group_steps": ("Steps", "步"),
    "gan_group_restraint": ("Restraints", "约束"),
    "gan_group_augmentation": ("Augmentation", "数据增强"),
    "gan_group_judges": ("Judges", "判别器结构"),
    "gan_group_network": ("Networks", "网络"),
    "gan_group_rest": ("Run", "运行"),
    "gan_on": ("on", "开"),
    "gan_off": ("off", "关"),
    "gan_set_g_lr": ("Rate of G", "G 的学习率"),
    "gan_set_g_lr_help": ("Learning rate of the generator", "生成器的学习率"),
    "gan_set_d_lr": ("Rate of D", "D 的学习率"),
    "gan_set_d_lr_help": ("Learning rate of the discriminator", "判别器的学习率"),
    "gan_set_loss": ("Loss", "损失函数"),
    "gan_set_loss_help": ("What G and D are scored by", "衡量 G 与 D 好坏的函数"),
    "gan_set_optimizer": ("Optimiser", "优化器"),
    "gan_set_optimizer_help": ("How gradients become steps", "梯度怎样变成参数更新"),
    "gan_set_beta1": ("Beta 1", "Beta 1"),
    "gan_set_beta1_help": (
        "How much of the last direction is kept; momentum of SGD",
        "保留多少上一步的方向；SGD 的动量",
    ),
    "gan_set_beta2": ("Beta 2", "Beta 2"),
    "gan_set_beta2_help": (
        "How slowly Adam's idea of a gradient's usual size changes",
        "Adam 对梯度常见大小的估计变化得多慢",
    ),
    "gan_set_batch_size": ("Batch size", "批大小"),
    "gan_set_batch_size_help": ("Images a step", "每一步用多少张图"),
    "gan_set_d_steps": ("D steps a G step", "每步 G 配几步 D"),
    "gan_set_d_steps_help": (
        "How often D learns before G learns once",
        "G 学一次之前 D 学几次",
    ),
    "gan_set_ema_half_life_kimg": ("EMA half-life, kimg", "EMA 半衰期（千张）"),
    "gan_set_ema_half_life_kimg_help": (
        "How slowly the averaged generator follows, in thousand images",
        "平均生成器跟随的快慢，以千张图计",
    ),
    "gan_set_r1": ("R1", "R1"),
    "gan_set_r1_help": ("Weight of the gradient penalty on real images", "真图梯度惩罚的权重"),
    "gan_set_r2": ("R2", "R2"),
    "gan_set_r2_help": (
        "Weight of the gradient penalty on generated images",
        "生成图梯度惩罚的权重",
    ),
    "gan_set_gp": ("Gradient penalty", "梯度惩罚"),
    "gan_set_gp_help": (
        "Weight of the penalty that belongs to the loss wasserstein-gp",
        "wasserstein-gp 损失自带的惩罚权重",
    ),
    "gan_set_reg_every": ("Penalty every", "惩罚间隔"),
    "gan_set_reg_every_help": (
        "R1 and R2 are applied every so many steps, and as much stronger",
        "每隔多少步施加一次 R1、R2，并相应加强",
    ),
    "gan_set_clip_norm": ("Clip gradients at", "梯度裁剪"),
    "gan_set_clip_norm_help": (
        "Longest gradient allowed; 0 is off",
        "允许的最大梯度范数；0 为不裁剪",
    ),
    "gan_set_spectral_norm": ("Spectral norm", "谱归一化"),
    "gan_set_spectral_norm_help": (
        "No layer of D may stretch what it is given",
        "D 的每一层都不得放大输入",
    ),
    "gan_set_augment": ("Method", "方法"),
    "gan_set_augment_help": (
        "Change real and generated images alike before D sees them: "
        "always as often (diffaug), or as needed (ada)",
        "在 D 看到之前同样地改动真图与生成图：固定概率（diffaug）或按需（ada）",
    ),
    "gan_set_augment_p": ("Probability", "概率"),
    "gan_set_augment_p_help": (
        "How often an image is changed; where ada begins",
        "改动图像的概率；ada 的起点",
    ),
    "gan_set_ada_target": ("ADA target", "ADA 目标"),
    "gan_set_ada_target_help": (
        "How sure of real images ada lets D be",
        "ada 允许 D 对真图有多确信",
    ),
    "gan_set_flip": ("Mirror", "左右翻转"),
    "gan_set_flip_help": ("Mirror images at random", "随机左右翻转图像"),
    "gan_set_shift_px": ("Shift, px", "平移（像素）"),
    "gan_set_shift_px_help": (
        "Shift real and generated images by up to so many pixels",
        "真图与生成图随机平移，最多这么多像素",
    ),
    "gan_set_d_count": ("Discriminators", "判别器个数"),
    "gan_set_d_count_help": ("So many judge, each with its own eyes", "几个判别器各自打分"),
    "gan_set_d_reduce": ("G meets", "G 面对"),
    "gan_set_d_reduce_help": (
        "Of several discriminators, the mean of their scores or the worst",
        "多个判别器时，取平均分还是最低分",
    ),
    "gan_set_d_scales": ("Scales", "尺度数"),
    "gan_set_d_scales_help": (
        "Judge images at so many resolutions, each half the last",
        "在几个分辨率上打分，每个是上一个的一半",
    ),
    "gan_set_packing": ("Packing", "打包"),
    "gan_set_packing_help": (
        "D sees so many images at a time, so that it notices when all look alike",
        "D 一次看几张图，能发现千篇一律",
    ),
    "gan_set_minibatch_std": ("Minibatch deviation", "批内标准差"),
    "gan_set_minibatch_std_help": (
        "D is told how much the images of a batch differ",
        "告诉 D 同一批图之间差异多大",
    ),
    "gan_set_aux_classes": ("Names the class", "识别类别"),
    "gan_set_aux_classes_help": (
        "D also learns to name the class; needs data with classes",
        "D 同时学习识别类别；数据须有类别",
    ),
    "gan_set_aux_weight": ("Weight of naming", "识别权重"),
    "gan_set_aux_weight_help": (
        "How much naming the class counts beside telling real from generated",
        "识别类别相对于辨别真假的分量",
    ),
    "gan_set_resolution": ("Size, px", "尺寸（像素）"),
    "gan_set_resolution_help": (
        "Height and width of the images; twice the size takes about four times as long",
        "图片的高和宽；边长加倍，耗时约为四倍",
    ),
    "gan_set_width": ("Width", "宽度"),
    "gan_set_width_help": (
        "Channels of every layer, times the usual; 0.5 is half",
        "每层通道数相对常规的倍数；0.5 即一半",
    ),
    "gan_set_depth": ("Layers more", "增加层数"),
    "gan_set_depth_help": (
        "Layers more at each resolution; −1 is one fewer",
        "每个分辨率增加几层；−1 为减一层",
    ),
    "gan_set_seed": ("Seed", "种子"),
    "gan_set_seed_help": ("Same seed, same training", "种子相同，训练过程相同"),
    "gan_set_kimg": ("Stop after, kimg", "总量（千张）"),
    "gan_set_kimg_help": (
        "Thousand images of training; empty for no such limit",
        "训练多少千张图后停止；留空不限",
    ),
    "gan_set_keep_mb": ("Room on disk, MB", "磁盘用量（MB）"),
    "gan_set_keep_mb_help": (
        "Above it older snapshots, weights and checkpoints are thinned: the first, the newest and "
        "those that forks began from stay",
        "超出后逐步删减较早的快照、权重和检查点；最早、最新以及被分叉引用的会保留",
    ),
    "gan_set_log": ("Event files", "事件文件"),
    "gan_set_log_help": (
        "Also write the curves for TensorBoard, into the run's folder",
        "同时把曲线写成 TensorBoard 文件，放在训练目录里",
    ),
    "gan_set_other": ("Other settings", "其他设置"),
    "gan_set_other_help": (
        "Any setting of --set without a field here, as key=value, with spaces between",
        "此处没有的 --set 设置，写作 键=值，以空格分隔",
    ),
}
