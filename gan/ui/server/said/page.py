"""Sentences of gan.ui itself: English template to Chinese."""

from __future__ import annotations

SENTENCES: dict[str, str] = {
    # arguments
    "{} must be one of {}, got {}; choose one": "{0} 须为 {1} 之一，而收到的是 {2}；请选其一。",
    "seeds must be a list of {} to {}, got {}; correct it": (
        "seeds 须为 {0} 到 {1} 个种子的列表，而收到的是 {2}；请改正。"
    ),
    "one call may ask for {} pictures of this model, got {}; ask in parts": (
        "一次最多可要这个模型的 {0} 张图片，而要了 {1} 张；请分次索取。"
    ),
    "there is no model {} here; list_models names those that are": (
        "这里没有模型 {0}；list_models 会列出现有的模型。"
    ),
    # cache
    "{} has no weights yet; let it train a few seconds": "{0} 还没有权重，请让它再训练几秒。",
    # commands
    "a command must begin with `python -m gan train`; write that first": (
        "命令须以 `python -m gan train` 开头，请先写上。"
    ),
    "a command must be at most {} characters; shorten it": "命令最多 {0} 个字符，请缩短。",
    "--resume goes on with a run; choose it in the list and press Resume": (
        "--resume 用于继续训练；请在列表中选中该训练，再点“继续”。"
    ),
    "`gan train` has no option {} here; {}": "这里的 `gan train` 没有选项 {0}；{1}",
    "the command cannot be read ({}); close every quote": (
        "无法识别命令（{0}）；请检查引号是否成对。"
    ),
    "no closing quotation": "引号未闭合",
    "no escaped character": "反斜杠后缺少字符",
    "{} must have a value, got nothing; add one after it": "{0} 须有取值，现在没有；请在后面补上。",
    # settings
    "settings must be a JSON object of texts, got none; reload the page": (
        "无法识别所提交的设置，请刷新页面。"
    ),
    "other settings must be at most {} characters; shorten them": (
        "其他设置最多 {0} 个字符，请缩短。"
    ),
    "there is no setting {} here; reload the page": "这里没有设置 {0}，请刷新页面。",
    "{} must have a value, got nothing; enter one": "{0} 须有取值，现在是空的；请填写。",
    # train
    "{} must be at most {} here, got {}": "{0} 在这里最多为 {1}，而填的是 {2}。",
    # views
    "{} must be a whole number from {} to {}, got {}; correct it": (
        "{0} 须为 {1} 到 {2} 的整数，而填的是 {3}；请改正。"
    ),
    "{} must be a number from {} to {}, got {}; correct it": (
        "{0} 须为 {1} 到 {2} 的数，而填的是 {3}；请改正。"
    ),
}
