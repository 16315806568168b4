"""Words of what went wrong: key to (English, Chinese).

The server sends the key, so that the page says it in its language.
"""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "gan_error_busy": (
        "Another training is running here; wait until it has finished, or watch it.",
        "这里已有训练在进行，请等它结束，或先观看它。",
    ),
    "gan_error_unknown_run": (
        "There is no such training that you can steer; start one with Start.",
        "没有你可以操控的这个训练；请点“开始”新建一个。",
    ),
    "gan_error_no_run": (
        "There is no such training; choose another from the list.",
        "没有这个训练，请从列表中另选。",
    ),
    "gan_error_no_download": (
        "This file is not kept any more; save it again.",
        "这个文件已不再保留，请重新保存。",
    ),
    "gan_error_download_long": (
        "Drawing {count} pictures of this model takes about {seconds} s, more than the {most} s "
        "of one download; ask for at most {fits}.",
        "用这个模型画 {count} 张图约需 {seconds} 秒，超过一次下载的上限 {most} 秒；"
        "最多可要 {fits} 张。",
    ),
    "gan_error_download_large": (
        "{count} pictures of this model are {size} MB before they are compressed, more than the "
        "{most} MB of one download; ask for at most {fits}.",
        "这个模型的 {count} 张图压缩前共 {size} MB，超过一次下载的上限 {most} MB；"
        "最多可要 {fits} 张。",
    ),
    "gan_error_request": (
        "The request could not be read; reload the page.",
        "无法识别这个请求，请刷新页面。",
    ),
    "gan_error_public_data": (
        "Folders and data sets by name are for your own computer; "
        "here, send the images under “Your own images”.",
        "文件夹路径和数据集名称只能在本机使用；在这里请到“自己的图片”上传图片。",
    ),
    "gan_error_foreign_data": (
        "This training used another visitor's images; "
        "fork one on the server's own data, or send images of your own.",
        "这个训练用的是其他访客的图片；请从使用自带数据的训练分叉，或上传自己的图片。",
    ),
    "gan_error_local_data": (
        "This server trains on its own data only; "
        "run the app on your computer to use your own images.",
        "此服务器只用自带数据训练；要用自己的图片，请在本机运行。",
    ),
    "gan_error_duration": (
        "Duration must be from 1 to {limit} seconds here; correct it.",
        "这里的时长须在 1 到 {limit} 秒之间，请修改。",
    ),
    "gan_error_public_other": (
        "This server takes settings that have a field; run the app on your computer for others.",
        "此服务器只接受有输入框的设置；其他设置请在本机运行。",
    ),
    "gan_error_direction": (
        "There is no such direction of yours; reload the page.",
        "没有这个方向，请刷新页面。",
    ),
    "gan_error_direction_name": (
        "A direction's name must be 1 to {count} characters in one line; choose another.",
        "方向的名字须为一行 1 到 {count} 个字符，请换一个。",
    ),
    "gan_error_directions_full": (
        "A model can have {count} drawn directions at most; delete one first.",
        "每个模型最多保存 {count} 个自画方向，请先删去一个。",
    ),
    "gan_error_directions_file": (
        "The file must be a directions JSON of at most 64 KB; choose one that was saved here.",
        "请选择在这里保存的方向文件（JSON，不超过 64 KB）。",
    ),
    "gan_error_directions_other": (
        "These directions belong to another model; choose the model that they were drawn with.",
        "这些方向属于另一个模型，请先选择画它们时用的模型。",
    ),
    "gan_error_local_directions": (
        "This server keeps no directions; yours stay in your browser.",
        "此服务器不保存方向；你的方向只留在你的浏览器里。",
    ),
    "gan_error_server": (
        "Something failed on the server; try again, and look at its log if it stays.",
        "服务器出错了，请重试；若仍不行，请查看服务器日志。",
    ),
}
