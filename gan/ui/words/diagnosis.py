"""Words of the diagnosis: what goes wrong, its evidence, what helps: key to (English, Chinese)."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "gan_diagnosis": ("Diagnosis", "诊断"),
    "gan_health_healthy_said": (
        "Nothing looks wrong: the distance is {fd}, {times_floor} times the floor.",
        "看起来一切正常：距离 {fd}，是下限的 {times_floor} 倍。",
    ),
    "gan_health_early_rows": (
        "Too early to tell how it goes: it needs more steps.",
        "刚开始，还看不出好坏：训练步数还不够。",
    ),
    "gan_health_early_first": (
        "Too early to tell how it goes: the samples are not measured yet.",
        "还看不出好坏：样本尚未测量。",
    ),
    "gan_health_early_second": (
        "Too early to tell how it goes: a second measurement of the samples is needed.",
        "还看不出好坏：样本还需要再测量一次。",
    ),
    "gan_health_early_short": (
        "Too short to tell how it went: it took too few steps.",
        "训练太短，看不出好坏：步数太少。",
    ),
    "gan_health_early_never": (
        "Too short to tell how it went: past its first steps its samples were not measured twice.",
        "训练太短，看不出好坏：最初几步之后，样本没有测满两次。",
    ),
    "gan_health_unjudged_distance": (
        "Losses and variety look right; with so few images the distance cannot be measured.",
        "损失和多样性正常；图像太少，无法测量距离。",
    ),
    "gan_health_far_nearing": (
        "Still far from real images, and getting nearer: the distance is {fd}, "
        "{times_floor} times the floor.",
        "离真图还远，但在接近：距离 {fd}，是下限的 {times_floor} 倍。",
    ),
    "gan_health_far_still": (
        "Far from real images: the distance is {fd}, {times_floor} times the floor, "
        "and was no lower at the last measurement.",
        "离真图还远：距离 {fd}，是下限的 {times_floor} 倍，最近一次测量没有下降。",
    ),
    "gan_health_alike_said": (
        "The samples differ only {spread} as much as real images do.",
        "样本之间的差异只有真图的 {spread}。",
    ),
    "gan_health_alike_scores": (
        "The samples differ only {spread} as much as real images do, and D tells them apart: "
        "{score_real} for real ones, {score_fake} for generated ones.",
        "样本之间的差异只有真图的 {spread}，而且 D 能分辨：真图 {score_real} 分，"
        "生成图 {score_fake} 分。",
    ),
    "gan_checked": (
        "Looked for: collapse, D winning or losing, memorising, divergence, standing still",
        "已检查：模式崩溃、D 过强或过弱、死记、发散、停滞",
    ),
    "gan_diagnosis_empty": (
        "While it trains, what goes wrong is told here, with what would help",
        "训练中若出现问题，会在这里说明并给出办法",
    ),
    "gan_dismissed": ("What was found is put aside", "发现的问题已收起"),
    "gan_show_dismissed": ("Show it", "显示"),
    "gan_dismiss": ("Put aside", "收起"),
    "gan_why": ("Why?", "为什么？"),
    "gan_finding_mode-collapse": ("Mode collapse", "模式崩溃"),
    "gan_finding_mode-collapse_modes": (
        "The samples show {modes} of the {classes} kinds there are.",
        "数据有 {classes} 类，样本里只出现 {modes} 类。",
    ),
    "gan_finding_mode-collapse_histogram": (
        "{largest} of the samples are of one kind.",
        "{largest} 的样本属于同一类。",
    ),
    "gan_finding_mode-collapse_spread": (
        "The samples differ only {spread} as much as real images do.",
        "样本之间的差异只有真图的 {spread}。",
    ),
    "gan_finding_mode-collapse_variety": (
        "Within a kind the samples differ only {variety} as much as real images do.",
        "同类样本之间的差异只有真图的 {variety}。",
    ),
    "gan_finding_mode-collapse_why": (
        "G has found a few pictures that D believes, and makes little else.",
        "G 找到了几种能骗过 D 的图，就不再做别的。",
    ),
    "gan_finding_d-winning": ("D is winning", "D 过强"),
    "gan_finding_d-winning_scores": (
        "It scores real images {score_real} and generated ones {score_fake}, "
        "and has {saturated} of all it can gain.",
        "它给真图 {score_real} 分，给生成图 {score_fake} 分，已占尽可得优势的 {saturated}。",
    ),
    "gan_finding_d-winning_gradient": (
        "It tells all apart, and G's gradient fell from {grad_norm_g_before} to {grad_norm_g}.",
        "它全能分辨，G 的梯度从 {grad_norm_g_before} 降到了 {grad_norm_g}。",
    ),
    "gan_finding_d-winning_apart": (
        "It scores real images {score_real} and generated ones {score_fake}, "
        "and the samples are alike.",
        "它给真图 {score_real} 分，给生成图 {score_fake} 分，而样本彼此雷同。",
    ),
    "gan_finding_d-winning_why": (
        "When D is always right, its answer no longer tells G which way to go.",
        "D 总能答对时，它的答案就不再告诉 G 该往哪走。",
    ),
    "gan_finding_d-losing": ("D is losing", "D 过弱"),
    "gan_finding_d-losing_scores": (
        "It scores real images {score_real} and generated ones {score_fake}, "
        "yet the distance is {times_floor} times the floor.",
        "它给真图 {score_real} 分，给生成图 {score_fake} 分，而距离仍是下限的 {times_floor} 倍。",
    ),
    "gan_finding_d-losing_reversed": (
        "It believes generated images ({score_fake}) more than real ones ({score_real}).",
        "比起真图（{score_real}），它更相信生成图（{score_fake}）。",
    ),
    "gan_finding_d-losing_why": (
        "When D cannot tell real from generated, G learns nothing from it.",
        "D 分不出真假时，G 从它那里学不到东西。",
    ),
    "gan_finding_memorising": ("Memorising", "死记"),
    "gan_finding_memorising_held-out": (
        "D scores images it trains on {score_train}, and real ones it never saw "
        "only {score_held_out}.",
        "D 给训练过的真图 {score_train} 分，给没见过的真图只有 {score_held_out} 分。",
    ),
    "gan_finding_memorising_copies": (
        "{memorised} of the samples all but repeat a real image.",
        "{memorised} 的样本几乎照搬真图。",
    ),
    "gan_finding_memorising_why": (
        "With few images D learns them by heart instead of what they have in common.",
        "图像太少时，D 会逐张背下来，而不是学它们的共性。",
    ),
    "gan_finding_divergence": ("Divergence", "发散"),
    "gan_finding_divergence_loss": (
        "{what} went from {before} to {value}.",
        "{what}从 {before} 变成了 {value}。",
    ),
    "gan_finding_divergence_gradient": (
        "{what} grew {times}-fold, to {value}.",
        "{what}增大到 {times} 倍，达到 {value}。",
    ),
    "gan_finding_divergence_fd": (
        "The distance rose from {before} to {value}.",
        "距离从 {before} 升到了 {value}。",
    ),
    "gan_finding_divergence_no-number": (
        "The loss is no longer a number, and the training has ended.",
        "损失不再是数字，训练已中断。",
    ),
    "gan_finding_divergence_why": (
        "Steps are too long for where the networks are: each corrects the last one too far.",
        "步子太大：每一步都把上一步纠正过头。",
    ),
    "gan_what_loss_g": ("The loss of G", "G 的损失"),
    "gan_what_loss_d": ("The loss of D", "D 的损失"),
    "gan_what_grad_norm_g": ("The gradient of G", "G 的梯度"),
    "gan_what_grad_norm_d": ("The gradient of D", "D 的梯度"),
    "gan_what_score": ("The scores of D", "D 的打分"),
    "gan_what_fd": ("The distance", "距离"),
    "gan_finding_stagnation": ("Standing still", "停滞"),
    "gan_finding_stagnation_said": (
        "The distance has been no lower than {best} for {images} images; "
        "it stands at {fd}, {times_floor} times the floor.",
        "看过 {images} 张图后距离仍未低于 {best}；现为 {fd}，是下限的 {times_floor} 倍。",
    ),
    "gan_finding_stagnation_why": (
        "G and D have settled into a balance in which neither gets better.",
        "G 与 D 达成平衡，谁也不再进步。",
    ),
    "gan_remedy_sets": ("{key}: {value}", "{key}：{value}"),
    "gan_remedy_fork": ("Fork: {remedy}", "分叉：{remedy}"),
    "gan_remedy_fork-before": ("Go back to {count} images", "回到第 {count} 张图时"),
    "gan_remedy_fork-before_why": (
        "A new run begins from before it went wrong, with the settings of then or lower rates; "
        "this one ends.",
        "从出问题之前另起一次训练，用当时的设置或更低的学习率；当前训练会停止。",
    ),
    "gan_remedy_start-over": ("Start again with lower rates", "降低学习率重新开始"),
    "gan_remedy_start-over_why": (
        "Nothing is kept from before it went wrong, so a new run begins; this one ends.",
        "出问题之前没有存档，所以重新训练；当前训练会停止。",
    ),
    "gan_remedy_lower-d-rate": ("Slow D down", "放慢 D"),
    "gan_remedy_lower-d-rate_why": (
        "A slower D leaves G time to catch up.",
        "D 学慢些，G 才追得上。",
    ),
    "gan_remedy_raise-d-rate": ("Speed D up", "加快 D"),
    "gan_remedy_raise-d-rate_why": (
        "A quicker D can tell G what is wrong again.",
        "D 学快些，才能重新指出 G 的错。",
    ),
    "gan_remedy_lower-rates": ("Lower both rates", "降低两个学习率"),
    "gan_remedy_lower-rates_why": (
        "Shorter steps no longer overshoot.",
        "步子小了就不会冲过头。",
    ),
    "gan_remedy_raise-g-rate": ("Speed G up", "加快 G"),
    "gan_remedy_raise-g-rate_why": (
        "A quicker G uses what D tells it while it lasts.",
        "G 学快些，能用上 D 此刻给的提示。",
    ),
    "gan_remedy_add-r1": ("Add R1", "加 R1"),
    "gan_remedy_add-r1_why": (
        "It punishes steep slopes of D around real images, so that G gets a usable direction.",
        "惩罚 D 在真图附近的陡坡，让 G 得到可用的方向。",
    ),
    "gan_remedy_clip-gradients": ("Clip gradients", "裁剪梯度"),
    "gan_remedy_clip-gradients_why": (
        "No single batch can throw the networks off.",
        "任何一批数据都不会把网络甩出去。",
    ),
    "gan_remedy_use-sgd": ("Use SGD", "改用 SGD"),
    "gan_remedy_use-sgd_why": (
        "Without Adam's scaling, small gradients stay small: slower, and steadier.",
        "没有 Adam 的缩放，小梯度仍是小步：更慢，也更稳。",
    ),
    "gan_remedy_minibatch-std": ("Minibatch deviation", "批内标准差"),
    "gan_remedy_minibatch-std_why": (
        "D sees how much a batch differs, so that sameness gives G away.",
        "D 能看出一批图差异多大，千篇一律就会露馅。",
    ),
    "gan_remedy_packing": ("Packing", "打包"),
    "gan_remedy_packing_why": (
        "D judges several images together, so that sameness gives G away.",
        "D 一次评判几张图，千篇一律就会露馅。",
    ),
    "gan_remedy_diffaug": ("Augment (DiffAugment)", "数据增强（DiffAugment）"),
    "gan_remedy_diffaug_why": (
        "D never sees the same picture twice, so that it cannot learn them by heart.",
        "D 不会两次看到同一张图，也就背不下来。",
    ),
    "gan_remedy_ada": ("Augment as needed (ADA)", "按需增强（ADA）"),
    "gan_remedy_ada_why": (
        "Pictures are changed just as often as D begins to know them by heart.",
        "D 越开始死记，改动图像就越频繁。",
    ),
    "gan_remedy_second-discriminator": ("Second discriminator", "第二个判别器"),
    "gan_remedy_second-discriminator_why": (
        "G has to convince two that look differently.",
        "G 得同时说服两个看法不同的判别器。",
    ),
    "gan_remedy_multi-scale": ("Judge at two scales", "两个尺度打分"),
    "gan_remedy_multi-scale_why": (
        "D looks at the whole picture and at its details.",
        "D 既看整体，也看细节。",
    ),
    "gan_remedy_aux-classes": ("Name the class too", "同时识别类别"),
    "gan_remedy_aux-classes_why": (
        "G also has to make each class recognisable, so that none is left out.",
        "G 还得让每一类都认得出来，就不会漏掉。",
    ),
    "gan_remedy_more-ema": ("Average longer", "延长平均"),
    "gan_remedy_more-ema_why": (
        "A longer average smooths out what swings.",
        "平均得更久，摆动就被抹平。",
    ),
    "gan_remedy_spectral-norm": ("Spectral norm", "谱归一化"),
    "gan_remedy_spectral-norm_why": (
        "No layer of D may stretch, so that its answers stay gradual.",
        "D 的各层都不放大，答案就不会突变。",
    ),
}
