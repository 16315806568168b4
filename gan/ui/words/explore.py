"""Words of Explore: key to (English, Chinese)."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "gan_seed": ("Seed", "种子"),
    "gan_randomise": ("Randomise", "换一张"),
    "gan_psi": ("Truncation psi", "截断 psi"),
    "gan_psi_help": (
        "Below 1, pictures are pulled towards the average: tidier, less varied",
        "小于 1 时向平均图靠拢：更工整，但变化更少",
    ),
    "gan_class": ("Class", "类别"),
    "gan_class_by_seed_is": ("By seed: {name}", "随种子：{name}"),
    "gan_undo": ("Undo", "撤销"),
    "gan_redo": ("Redo", "重做"),
    "gan_reset": ("Reset", "复位"),
    "gan_reset_help": ("Put every slider back where the seed has it", "所有滑块回到种子给出的位置"),
    "gan_copy_link": ("Copy link", "复制链接"),
    "gan_copied": ("Copied", "已复制"),
    "gan_dimensions": ("{count} dimensions", "{count} 个维度"),
    "gan_dimensions_help": (
        "Move a slider and watch the picture. Double-click sets it to zero.",
        "拖动滑块，看图如何变化；双击归零。",
    ),
    "gan_dimension": ("Dimension {index}", "第 {index} 维"),
    "gan_moved": ("{count} moved", "已改动 {count} 个"),
    "gan_picture_alt": ("Generated picture, {what}", "生成的图：{what}"),
    "gan_what_seed": ("seed {seed}", "种子 {seed}"),
    "gan_at_images": ("after {count} images", "训练了 {count} 张图"),
}
