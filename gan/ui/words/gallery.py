"""Words of the gallery: key to (English, Chinese)."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "gan_first_seed": ("First seed", "起始种子"),
    "gan_any_class": ("all classes", "全部类别"),
    "gan_tile_size": ("Size", "大小"),
    "gan_gallery": ("Samples; each opens in Explore", "样本，点击可在“探索”中打开"),
    "gan_gallery_from": (
        "Samples from seed {first} on, without end. Click one to open it in Explore.",
        "从种子 {first} 起，没有尽头。点击可在“探索”中打开。",
    ),
    "gan_tile": ("{what}; open in Explore", "{what}；在“探索”中打开"),
    "gan_view": ("View", "视图"),
    "gan_view_browse": ("By seed", "按种子"),
    "gan_view_classes": ("A row a class", "每类一行"),
    "gan_view_psis": ("A row a psi", "每个 psi 一行"),
    "gan_view_compare": ("Two models", "两个模型"),
    "gan_view_pins": ("Favourites", "收藏"),
    "gan_view_says_classes": (
        "The same seeds in every row: what stays is the latent, what changes is the class.",
        "每行种子相同：不变的是潜变量，变的是类别。",
    ),
    "gan_view_says_psis": (
        "The same seeds in every row: at 0 all are the average, past 1 they get bolder.",
        "每行种子相同：0 为平均图，大于 1 更大胆。",
    ),
    "gan_view_says_pins": (
        "Pinned in this browser. The pin of a picture takes it off the list.",
        "保存在此浏览器中。再点图钉即可移除。",
    ),
    "gan_compare_says": (
        "The same seeds: {one} on the left, {other} on the right.",
        "相同种子：左为 {one}，右为 {other}。",
    ),
    "gan_other_model": ("Beside", "对照模型"),
    "gan_pins_none": (
        "Nothing is pinned yet: point at a picture and press its pin, or P.",
        "还没有收藏：指向图片后点图钉，或按 P。",
    ),
    "gan_pin": ("Pin", "收藏"),
    "gan_unpin": ("Unpin", "取消收藏"),
    "gan_rank": ("Order", "排序"),
    "gan_rank_seed": ("seed", "种子"),
    "gan_rank_d_high": ("D finds it real", "D 认为真"),
    "gan_rank_d_low": ("D finds it fake", "D 认为假"),
    "gan_rank_nearest_low": ("nearest to a real image", "最接近真图"),
    "gan_rank_nearest_high": ("farthest from real images", "最远离真图"),
    "gan_rank_confidence_high": ("clearest class", "类别最明确"),
    "gan_rank_confidence_low": ("least clear class", "类别最模糊"),
    "gan_rank_of": ("Of the first", "取前"),
    "gan_keep": ("Show", "显示"),
    "gan_keep_100": ("all", "全部"),
    "gan_keep_50": ("first half", "前一半"),
    "gan_keep_10": ("first tenth", "前十分之一"),
    "gan_ranking": ("Scoring samples, {percent} %.", "正在打分，{percent} %。"),
    "gan_ranking_reals": (
        "Looking at the real images first, {percent} %.",
        "先看真图，{percent} %。",
    ),
    "gan_rank_says_d": (
        "Ordered by D's score within each class: 97 % means that D gives the picture more than it "
        "gives 97 of 100 samples of its class. It tells what D looks for, not how good a picture "
        "is.",
        "按 D 在同类中的打分排序：97 % 表示在同类样本中，它的分数高于 100 张里的 97 张。这反映 D "
        "看重什么，并不等于图好不好。",
    ),
    "gan_rank_says_nearest": (
        "Ordered by the distance to the nearest real image, in features; it has no unit, 0 would "
        "be a copy.",
        "按到最近真图的特征距离排序；没有单位，0 即完全相同。",
    ),
    "gan_rank_says_confidence": (
        "Ordered by how sure a classifier is of the garment, in percent.",
        "按分类器对服饰类别的把握（百分比）排序。",
    ),
    "gan_rank_none_d": (
        "This model came without its discriminator, so D has no score; choose another order.",
        "此模型没有附带判别器，无法用 D 打分，请换一种排序。",
    ),
    "gan_rank_none_nearest": (
        "The real images of this model are not here; choose another order.",
        "这里没有此模型的真图，请换一种排序。",
    ),
    "gan_rank_none_confidence": (
        "No classifier knows this model's kind of pictures; choose another order.",
        "没有认识这类图的分类器，请换一种排序。",
    ),
    "gan_save_one": ("Save as PNG", "存为 PNG"),
    "gan_save_sheet": ("Sheet", "拼图"),
    "gan_save_sheet_help": (
        "Everything down to here as one PNG; of many large pictures they are made smaller",
        "把到此为止的全部存成一张 PNG；大图很多时会缩小",
    ),
    "gan_save_zip": ("Zip", "压缩包"),
    "gan_save_zip_help": (
        "Everything down to here as PNGs with a table of seeds; each PNG opens here again",
        "把到此为止的全部存成 PNG 与种子表；每张 PNG 可再拖回打开",
    ),
    "gan_save_drawing": ("Drawing {done} of {of} pictures", "已画 {done} / {of} 张"),
    "gan_save_waiting": ("Waiting for a turn", "正在排队"),
    "gan_save_none": (
        "There is nothing to save yet; wait for the pictures.",
        "还没有可保存的图，请稍候。",
    ),
    "gan_drop_unknown": (
        "Only PNGs saved here open again: this file does not say what made it.",
        "只有从这里保存的 PNG 能重新打开；此文件没有记录来源。",
    ),
    "gan_drop_no_model": (
        "This picture was made by {name}, which is not here; get that model first.",
        "这张图出自 {name}，这里没有该模型，请先获取。",
    ),
}
