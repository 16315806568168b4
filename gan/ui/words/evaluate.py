"""Words of the evaluation: key to (English, Chinese)."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "gan_evaluate_data": ("Real images", "对照真图"),
    "gan_evaluate_count": ("Samples", "样本数"),
    "gan_evaluate_count_help": (
        "More samples take longer and give narrower bounds",
        "样本越多耗时越长，误差范围越窄",
    ),
    "gan_evaluate_start": ("Measure", "测量"),
    "gan_evaluate_stop": ("Cancel", "取消"),
    "gan_evaluate_progress": ("Progress of the evaluation", "评估进度"),
    "gan_evaluate_left": ("about {time} left", "约剩 {time}"),
    "gan_evaluate_busy": (
        "Drawing samples and comparing them with real images.",
        "正在生成样本并与真图比较。",
    ),
    "gan_evaluate_empty": (
        "Measure how real, how varied and how original this model's pictures are.",
        "测一测这个模型的图有多真、多丰富、多原创。",
    ),
    "gan_evaluate_about": (
        "against {data}, {count} samples, {features}, after {images} images.",
        "对照 {data}，{count} 个样本，{features}，训练 {images} 张后。",
    ),
    "gan_evaluate_classes": ("What it makes", "生成了哪些类"),
    "gan_evaluate_covered": (
        "{covered} of {classes} classes have 1 % of the samples or more; the tick is an even share",
        "{classes} 类中有 {covered} 类至少占 1 %；刻度为均匀份额",
    ),
    # the distance that a model's card states
    "gan_card_how": (
        "{count} samples against as many real images of {data}, on {features}",
        "{count} 个样本对照 {data} 中同样多的真图，特征 {features}",
    ),
    "gan_card_how_unknown": (
        "it does not say with how many samples or against which real images",
        "未说明样本数和对照的真图",
    ),
    "gan_card_says": (
        "Its card states a Fréchet distance of {fd}: {how}.",
        "模型卡给出的弗雷歇距离为 {fd}：{how}。",
    ),
    "gan_card_only_fd": (
        "Press Measure for the other six numbers.",
        "点“测量”可得到另外六项。",
    ),
    "gan_card_from": ("from its card", "来自模型卡"),
    "gan_card_hint": ("From its card: {how}", "来自模型卡：{how}"),
    "gan_differs": (
        "Measured {here} here, where its card states {there}.",
        "这里测得 {here}，模型卡给出 {there}。",
    ),
    "gan_differs_unknown": (
        "The card does not say with how many samples, or against which real images.",
        "模型卡没有说明样本数和对照的真图。",
    ),
    "gan_differs_features": (
        "The features are other ones ({here}, there {there}), so the two cannot be compared.",
        "所用特征不同（这里 {here}，卡中 {there}），两者不能比较。",
    ),
    "gan_differs_fewer": (
        "Here are fewer samples, {here} instead of {there}, and fewer read higher, of real images "
        "too: these read {floor} here and {stated} there.",
        "这里的样本更少（{here}，卡中 {there}），样本越少数值越高，真图也如此：这里真图为 {floor}，"
        "卡中为 {stated}。",
    ),
    "gan_differs_more": (
        "Here are more samples, {here} instead of {there}, and more read lower, of real images "
        "too: these read {floor} here and {stated} there.",
        "这里的样本更多（{here}，卡中 {there}），样本越多数值越低，真图也如此：这里真图为 {floor}，"
        "卡中为 {stated}。",
    ),
    "gan_differs_data": (
        "The real images are other ones: {here} instead of {there}.",
        "对照的真图不同：这里是 {here}，卡中是 {there}。",
    ),
    "gan_differs_seed": (
        "The samples are other ones: from seed {here} instead of {there}.",
        "样本不同：这里从种子 {here} 起，卡中从 {there} 起。",
    ),
    "gan_differs_code": (
        "The settings are the same; weights, images or code have changed since.",
        "设置相同，但权重、图片或代码在此之后有变动。",
    ),
    "gan_differs_within": (
        "The card's value lies within the bounds of this measurement.",
        "模型卡的值在这次测量的误差范围之内。",
    ),
    "gan_evaluate_shown": ("It was trained on this set.", "它就是用这个数据集训练的。"),
    "gan_evaluate_nearest": ("Nearest to real images", "最接近真图的样本"),
    "gan_unseen_own-split": (
        "Copying is judged beside images of this set that its training held out.",
        "是否照搬，以该数据集中训练时留出的图为参照。",
    ),
    "gan_unseen_test-split": (
        "Copying is judged beside images of the test split, which no training here uses.",
        "是否照搬，以测试集的图为参照；这里的训练都不使用测试集。",
    ),
    "gan_unseen_unknown": (
        "It is not known which of these images the model saw in training, so nothing is said of "
        "copying.",
        "不清楚模型训练时见过其中哪些图，因此无法判断是否照搬。",
    ),
    "gan_unseen_other-data": (
        "It was not trained on these images, so nothing is said of copying; choose its own data "
        "for that.",
        "它不是用这些图训练的，因此无法判断是否照搬；要判断请选它自己的数据。",
    ),
    "gan_unseen_too-few": (
        "Fewer than 20 of these images were held out of its training, too few to judge copying.",
        "其中训练时留出的图不足 20 张，无法判断是否照搬。",
    ),
    "gan_evaluate_nearest_help": (
        "Left the sample, right its nearest real image. 1 is the usual distance between two real "
        "images, 0 a copy.",
        "左为样本，右为最接近的真图。1 是真图之间的通常距离，0 为复制。",
    ),
    "gan_evaluate_sample": ("Sample of seed {seed}", "种子 {seed} 的样本"),
    "gan_evaluate_real": ("Its nearest real image", "与之最接近的真图"),
    "gan_evaluate_ratio": ("distance {ratio}", "距离 {ratio}"),
    "gan_metric_bounds": ("{low} to {high}", "{low} 至 {high}"),
    "gan_metric_floor": ("real images: {floor} · {count} each", "真图：{floor} · 各 {count} 张"),
    # what the grade of each metric says; names are in gan.quantities
    "gan_metric_fd_like-real": ("Not to be told from real images.", "与真图难以区分。"),
    "gan_metric_fd_close": ("Close: good at a glance.", "接近真图，乍看不错。"),
    "gan_metric_fd_apart": ("Clearly apart from real images.", "与真图有明显差距。"),
    "gan_metric_fd_far": ("Far from real images.", "离真图还很远。"),
    "gan_metric_kd_like-real": (
        "Its bounds hold 0, as real images' do.",
        "误差范围包含 0，与真图一致。",
    ),
    "gan_metric_kd_close": ("Small, but above real images.", "很小，但仍高于真图。"),
    "gan_metric_kd_apart": ("Clearly above real images.", "明显高于真图。"),
    "gan_metric_kd_far": ("Far above real images.", "远高于真图。"),
    "gan_metric_precision_like-real": ("Samples look as real as real ones.", "样本几乎都像真图。"),
    "gan_metric_precision_close": ("Most samples look real.", "多数样本像真图。"),
    "gan_metric_precision_apart": ("Many samples look unlike anything real.", "不少样本不像真图。"),
    "gan_metric_precision_far": ("Few samples look real.", "很少样本像真图。"),
    "gan_metric_recall_like-real": ("Nothing is missing.", "几乎没有缺失。"),
    "gan_metric_recall_close": ("Rare images are missing.", "缺少一些少见的图。"),
    "gan_metric_recall_apart": ("Much of the variety is missing.", "缺失了不少种类。"),
    "gan_metric_recall_far": ("Most of the variety is missing.", "大部分种类都缺失。"),
    "gan_metric_density_like-real": ("As dense as real images.", "与真图一样密集。"),
    "gan_metric_density_close": ("Nearly as dense as real images.", "接近真图的密度。"),
    "gan_metric_density_apart": ("Many samples lie off the real ones.", "不少样本偏离真图。"),
    "gan_metric_density_far": ("Most samples lie off the real ones.", "多数样本偏离真图。"),
    "gan_metric_coverage_like-real": ("All kinds of images are made.", "各类图都能生成。"),
    "gan_metric_coverage_close": ("Most kinds of images are made.", "多数类型能生成。"),
    "gan_metric_coverage_apart": ("Some kinds of images are never made.", "有些类型从不出现。"),
    "gan_metric_coverage_far": ("Many kinds of images are never made.", "很多类型从不出现。"),
    "gan_metric_memorised_like-real": ("No sign of copying.", "没有复制迹象。"),
    "gan_metric_memorised_close": (
        "A little nearer than unseen images.",
        "略比没见过的图更接近训练图。",
    ),
    "gan_metric_memorised_apart": ("Suspiciously near: it may copy.", "可疑地接近，可能在复制。"),
    "gan_metric_memorised_far": ("It copies training images.", "在复制训练图。"),
    # the verdict above the cards
    "gan_verdict_fd_like-real": (
        "By its distance this model cannot be told from real images.",
        "从距离看，此模型与真图无法区分。",
    ),
    "gan_verdict_fd_close": (
        "Close to real images: what sets it apart is {share} of how much real images vary.",
        "接近真图：差距为真图自身差异的 {share}。",
    ),
    "gan_verdict_fd_apart": (
        "Clearly apart from real images, by {share} of how much these vary.",
        "与真图有明显差距：为真图自身差异的 {share}。",
    ),
    "gan_verdict_fd_far": (
        "Far from real images, by {share} of how much these vary.",
        "离真图很远：差距为真图自身差异的 {share}。",
    ),
    "gan_verdict_precision_like-real": ("Single pictures look real.", "单张图看起来真实。"),
    "gan_verdict_precision_close": ("Most single pictures look real.", "多数单张图看起来真实。"),
    "gan_verdict_precision_apart": ("Many single pictures look wrong.", "不少单张图看起来不对。"),
    "gan_verdict_precision_far": ("Few single pictures look real.", "很少单张图看起来真实。"),
    "gan_verdict_recall_like-real": ("Nothing of the variety is missing.", "种类齐全。"),
    "gan_verdict_recall_close": ("Rare kinds are missing.", "缺少少见的种类。"),
    "gan_verdict_recall_apart": ("Much of the variety is missing.", "缺失了不少种类。"),
    "gan_verdict_recall_far": (
        "Most of the variety is missing: the model repeats itself.",
        "大部分种类缺失：模型在重复自己。",
    ),
    "gan_verdict_memorised_like-real": ("It does not copy.", "没有复制训练图。"),
    "gan_verdict_memorised_close": ("It hardly copies.", "几乎没有复制训练图。"),
    "gan_verdict_memorised_apart": ("It may copy training images.", "可能在复制训练图。"),
    "gan_verdict_memorised_far": ("It copies training images.", "它在复制训练图。"),
    # leaderboard
    "gan_leaders": ("All models", "所有模型"),
    "gan_leaders_help": (
        "Distance to real images against training time; the tick below a point is what real "
        "images read",
        "与真图的距离和训练时间；点下的短线为真图之间的距离",
    ),
    "gan_leaders_plot": ("FD against training time", "FD 与训练时间"),
    "gan_leaders_none": ("No model has been measured yet.", "还没有测量过模型。"),
    "gan_leaders_x": ("training time", "训练时间"),
    "gan_leaders_y": ("FD", "FD"),
    "gan_leaders_model": ("Model", "模型"),
    "gan_leaders_model_help": ("And the real images it was compared with", "以及对照的真图"),
    "gan_leaders_fd": ("FD", "FD"),
    "gan_leaders_fd_help": (
        "Fréchet distance to real images; comparable on the same real images and count only",
        "与真图的弗雷歇距离；只能在相同真图和样本数下比较",
    ),
    "gan_leaders_precision": ("Precision", "精确率"),
    "gan_leaders_precision_help": ("Quality: samples that look real", "质量：像真图的样本比例"),
    "gan_leaders_recall": ("Recall", "召回率"),
    "gan_leaders_recall_help": (
        "Variety: real images within reach",
        "多样性：能生成的真图比例",
    ),
    "gan_leaders_trained": ("Images", "训练图数"),
    "gan_leaders_trained_help": ("Real images shown in training", "训练中看过的真图"),
    "gan_leaders_kimg": ("{count} k", "{count} 万"),
    "gan_leaders_time": ("Time", "用时"),
    "gan_leaders_time_help": ("Training time", "训练时间"),
    "gan_leaders_measure": ("Measure {name}", "测量 {name}"),
}
