"""Words of the Hub tab: key to (English, Chinese)."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "gan_tab_hub": ("Hub", "Hub"),
    "gan_hub_in": ("Pull a model", "拉取模型"),
    "gan_hub_repo": ("Model on the Hugging Face Hub", "Hugging Face Hub 上的模型"),
    "gan_hub_repo_example": ("owner/name, or its address", "owner/name，或粘贴网址"),
    "gan_hub_repo_help": (
        "A revision may follow: owner/name@revision. Weights are converted once into a safe "
        "format; nothing in them is run.",
        "可加版本：owner/name@版本。权重只转换一次，存为安全格式；其中的代码不会运行。",
    ),
    "gan_hub_repo_help_public": (
        "A revision may follow: owner/name@revision. This server takes models in this app's own "
        "safetensors format; pull others at home, and push them from there.",
        "可加版本：owner/name@版本。此服务器只接受本应用的 safetensors 格式；"
        "其他格式请在本机拉取后再推送。",
    ),
    "gan_hub_pull": ("Pull", "拉取"),
    # a file of one's own, and what its weights do not tell
    "gan_hub_own": ("Open a file of weights", "打开权重文件"),
    "gan_hub_own_help": (
        "or drop it here: .pth .pt .bin .ckpt .pkl .onnx .safetensors or any other ending; it is "
        "told by its content, and nothing in it is run.",
        "或拖放到这里：.pth .pt .bin .ckpt .pkl .onnx .safetensors，或任何扩展名；按内容识别，"
        "其中的代码不会运行。",
    ),
    "gan_hub_own_public": (
        "This server takes no files of weights; run the app on your computer for that.",
        "此服务器不接受权重文件；请在自己的电脑上运行本应用。",
    ),
    "gan_hub_own_large": (
        "A file of weights may have {most} MB; choose a smaller one.",
        "权重文件不得超过 {most} MB；请选择更小的文件。",
    ),
    "gan_hub_readings": (
        "The file does not tell how {name} is to be read. Which pictures look right?",
        "文件没有说明 {name} 该如何解读。哪一组图片看起来正确？",
    ),
    "gan_hub_readings_first": ("used now", "当前采用"),
    "gan_hub_readings_pick": ("Use this reading: {answers}", "采用这种解读：{answers}"),
    "gan_hub_unsure": ("assumed: {answers}", "假定：{answers}"),
    "gan_hub_unsure_do": ("Compare", "对比"),
    "gan_hub_reading_activation": ("activation {value}", "激活函数 {value}"),
    "gan_hub_reading_size": ("{value} px", "{value} 像素"),
    "gan_hub_reading_labels": ("labels {value}", "标签 {value}"),
    "gan_hub_reading_eps": ("epsilon {value}", "epsilon {value}"),
    "gan_hub_reading_upsample": ("upsampling {value}", "上采样 {value}"),
    "gan_hub_reading_noise": ("noise {value}", "噪声 {value}"),
    "gan_hub_reading_output": ("output {value}", "输出 {value}"),
    "gan_hub_cancel": ("Cancel", "取消"),
    "gan_hub_again": ("Try again", "重试"),
    "gan_hub_with_login": ("Try with my Hub login", "用我的 Hub 登录重试"),
    "gan_hub_dismiss": ("Close", "关闭"),
    "gan_hub_details": ("Details", "详情"),
    "gan_hub_progress": ("Progress", "进度"),
    "gan_hub_far": ("{done} of {of}", "{done} / {of}"),
    "gan_hub_left": ("about {time} left", "约剩 {time}"),
    "gan_hub_stage_asking": ("Asking the Hub about {repo}", "正在向 Hub 查询 {repo}"),
    "gan_hub_stage_downloading": ("Downloading {repo}", "正在下载 {repo}"),
    "gan_hub_stage_converting": (
        "Converting {repo} into the safe format",
        "正在把 {repo} 转换为安全格式",
    ),
    "gan_hub_stage_checking": ("Checking {repo}", "正在检查 {repo}"),
    "gan_hub_cancelled": (
        "Pulling {repo} was cancelled; nothing was kept.",
        "已取消拉取 {repo}，没有留下文件。",
    ),
    "gan_hub_choose": (
        "{repo} holds {count} models. Which one?",
        "{repo} 中有 {count} 个模型，要哪一个？",
    ),
    "gan_hub_here": ("{name} is here.", "{name} 已就绪。"),
    "gan_hub_ready": (
        "It is in the list of models above, for every tab.",
        "已加入上方的模型列表，各个标签页都能用。",
    ),
    "gan_hub_cached": (
        "It was on this machine already; nothing was downloaded.",
        "本机已有此模型，没有重新下载。",
    ),
    "gan_hub_unasked": (
        "It was on this machine already. The Hub could not be asked whether there is a newer one.",
        "本机已有此模型；无法向 Hub 查询是否有更新。",
    ),
    "gan_hub_gated": ("gated: ask for access on its page", "需在其页面申请访问"),
    "gan_hub_no_weights": ("no weights", "无权重"),
    "gan_hub_open": ("Open in Explore", "在探索中打开"),
    "gan_hub_open_short": ("Open", "打开"),
    "gan_hub_copy": ("Copy command", "复制命令"),
    "gan_hub_loading": ("Loading", "正在加载"),
    "gan_hub_px": ("{size} px", "{size} 像素"),
    # on this machine
    "gan_hub_shelf": ("On this machine", "本机模型"),
    "gan_hub_shelf_empty": (
        "Nothing pulled yet. Choose a model below; a small one takes seconds.",
        "还没有拉取过模型。从下方选一个，小模型只需几秒。",
    ),
    "gan_hub_shelf_empty_public": (
        "Nothing pulled yet. Search below, or type a repository above.",
        "还没有拉取过模型。在下方搜索，或在上方输入仓库名。",
    ),
    "gan_hub_room": ("{count} pulled, {bytes}", "共 {count} 个，{bytes}"),
    "gan_hub_thumb": ("A sample of {name}", "{name} 的样本"),
    "gan_hub_no_licence": ("no licence stated", "未注明许可证"),
    "gan_hub_card": ("Card", "卡片"),
    "gan_hub_front": ("Tags", "标签"),
    "gan_hub_delete": ("Delete {name} from this machine", "从本机删除 {name}"),
    "gan_hub_delete_sure": ("It can be pulled again.", "以后可以重新拉取。"),
    "gan_hub_delete_yes": ("Delete", "删除"),
    "gan_hub_delete_no": ("Keep", "保留"),
    # on the Hub
    "gan_hub_list": ("On the Hub", "Hub 上的模型"),
    "gan_hub_views": ("Which models are shown", "显示哪些模型"),
    "gan_hub_view_count": ("Models in this list", "此列表中的模型数"),
    "gan_hub_view_known": ("Known layouts", "已知结构"),
    "gan_hub_view_found": ("Found", "搜索结果"),
    "gan_hub_view_favourites": ("Favourites", "收藏"),
    "gan_hub_view_recent": ("Recent", "最近"),
    "gan_hub_search": ("Search", "搜索"),
    "gan_hub_search_example": ("Search the Hub", "搜索 Hub"),
    "gan_hub_searching": ("Searching the Hub for “{text}”", "正在 Hub 上搜索“{text}”"),
    "gan_hub_known_instead": (
        "Below are models whose layout is known.",
        "下面列出结构已知的模型。",
    ),
    "gan_hub_says_known": (
        "GANs whose layout this app reads. Their weights are checked when they come.",
        "本应用能读取其结构的 GAN；拉取时会检查权重。",
    ),
    "gan_hub_says_known_public": (
        "GANs that this app reads at home: copy a command, and run it on your computer.",
        "在本机可读取的 GAN：复制命令，在自己的电脑上运行。",
    ),
    "gan_hub_says_found": (
        "Not every repository is a GAN that this app reads; a pull tells.",
        "搜到的仓库不一定是本应用能读取的 GAN，拉取时便知。",
    ),
    "gan_hub_says_favourites": ("Kept in this browser only.", "只保存在此浏览器中。"),
    "gan_hub_says_recent": (
        "Pulled lately, as this browser remembers.",
        "此浏览器记得的最近拉取。",
    ),
    "gan_hub_none_known": ("There is no list of known models.", "没有已知模型列表。"),
    "gan_hub_none_found": (
        "The Hub has nothing for “{text}”; try fewer or other words.",
        "Hub 上没有“{text}”的结果；请减少或更换关键词。",
    ),
    "gan_hub_none_favourites": (
        "No favourites yet; the star in a row keeps it here.",
        "还没有收藏；点行首的星标即可收藏。",
    ),
    "gan_hub_none_recent": (
        "Nothing pulled from this browser yet.",
        "此浏览器还没有拉取过模型。",
    ),
    "gan_hub_all": ("Show all {count}", "显示全部 {count} 个"),
    "gan_hub_star": ("Add {repo} to the favourites", "收藏 {repo}"),
    "gan_hub_unstar": ("Remove {repo} from the favourites", "取消收藏 {repo}"),
    "gan_hub_col_star": ("Favourite", "收藏"),
    "gan_hub_col_repo": ("Repository", "仓库"),
    "gan_hub_col_kind": ("Layout", "结构"),
    "gan_hub_col_note": ("What it draws", "内容"),
    "gan_hub_col_size": ("Size", "大小"),
    "gan_hub_col_licence": ("Licence", "许可证"),
    "gan_hub_col_likes": ("Likes", "点赞"),
    "gan_hub_col_downloads": ("Downloads", "下载"),
    "gan_hub_col_updated": ("Updated", "更新"),
    "gan_hub_col_do": ("Action", "操作"),
    # publish
    "gan_push": ("Publish", "发布"),
    "gan_push_about": (
        "Put a model on the Hub, with a card that says what it is.",
        "把模型连同说明卡片放到 Hub 上。",
    ),
    "gan_push_model": ("Model", "模型"),
    "gan_push_repo": ("Repository", "仓库"),
    "gan_push_repo_example": ("your-name/model", "你的用户名/模型名"),
    "gan_push_token": ("Token", "令牌"),
    "gan_push_token_example": ("for this time only", "仅用这一次"),
    "gan_push_token_help": (
        "A Hub token with write access. It is used for this publication and kept nowhere.",
        "有写权限的 Hub 令牌，只用于这一次发布，不会保存。",
    ),
    "gan_push_licence": ("Licence", "许可证"),
    "gan_push_licence_help": (
        "Where nobody has stated one for this model. Another's model keeps its own.",
        "仅用于尚未注明许可证的模型；他人的模型保留其原有许可证。",
    ),
    "gan_push_private": ("Private", "私有"),
    "gan_push_plan": ("Show what would be sent", "查看将发送的内容"),
    "gan_push_planning": ("Preparing the files and the card", "正在准备文件和卡片"),
    "gan_push_stage_sending": ("Sending to {repo}", "正在发送到 {repo}"),
    "gan_push_stage_writing": ("Completing {repo}", "正在完成 {repo}"),
    "gan_push_cancelled": (
        "Publishing was cancelled. What was already sent is not part of the repository.",
        "已取消发布。已发送的部分不会进入仓库。",
    ),
    "gan_push_files": ("{count} files, {bytes}", "{count} 个文件，{bytes}"),
    "gan_push_new": ("{repo} will be new and public.", "将新建公开仓库 {repo}。"),
    "gan_push_new_private": ("{repo} will be new and private.", "将新建私有仓库 {repo}。"),
    "gan_push_exists": (
        "{repo} exists; its other files and its visibility stay as they are.",
        "{repo} 已存在；其他文件和可见性保持不变。",
    ),
    "gan_push_warning_licence": (
        "Nobody stated a licence for this model; without one others may not use it.",
        "这个模型没有注明许可证；没有许可证，他人无权使用。",
    ),
    "gan_push_warning_account": (
        "The token is {account}’s, the repository would be {owner}’s; the Hub may refuse it.",
        "令牌属于 {account}，仓库却在 {owner} 名下；Hub 可能会拒绝。",
    ),
    "gan_push_replaces": ("replaces", "将替换"),
    "gan_push_overwrite": (
        "Replace {count} files that are there",
        "替换已有的 {count} 个文件",
    ),
    "gan_push_go": ("Push to {repo}", "推送到 {repo}"),
    "gan_push_card": ("The card", "卡片"),
    "gan_push_done": ("{repo} is published.", "{repo} 已发布。"),
    "gan_push_login": (
        "As {name}, by the Hub login saved on this machine; a token typed here goes first.",
        "以 {name} 的身份（本机保存的 Hub 登录）；若填写令牌则优先使用令牌。",
    ),
    "gan_push_login_unnamed": (
        "By the Hub login saved on this machine; a token typed here goes first.",
        "使用本机保存的 Hub 登录；若填写令牌则优先使用令牌。",
    ),
    "gan_push_no_login": (
        "No Hub login is saved on this machine: give a token with write access, or run "
        "“hf auth login” once.",
        "本机没有保存 Hub 登录：请填写有写权限的令牌，或先运行一次 hf auth login。",
    ),
    "gan_push_as": ("As {name}, signed in here.", "以 {name} 的身份（已登录）。"),
    "gan_push_sign_in": ("Sign in with Hugging Face", "用 Hugging Face 登录"),
    "gan_push_sign_out": ("Sign out", "退出登录"),
    "gan_push_sign_in_why": (
        "Sign in to publish under your own name; your sign-in is used for nothing else.",
        "登录后以自己的名义发布，登录信息不作他用。",
    ),
    "gan_push_closed": (
        "This server has no sign-in, so nothing can be published from here; "
        "run the app on your computer to publish.",
        "此服务器没有登录功能，不能从这里发布；请在本机运行应用后发布。",
    ),
    "gan_push_no_token": (
        "Publishing needs your own Hub login; sign in, or give a token with write access.",
        "发布需要你自己的 Hub 登录；请登录，或填写有写权限的令牌。",
    ),
    "gan_push_gone": (
        "What was shown is no longer here; look at what would be sent again.",
        "先前的预览已失效；请重新查看将发送的内容。",
    ),
    "gan_push_foreign": (
        "This training is another visitor's; choose one of yours, or a pulled or bundled model.",
        "这个训练属于其他访客；请选自己的训练、自带模型或拉取的模型。",
    ),
    "gan_hub_gone": (
        "This model is not on this machine any more; pull it again.",
        "本机已没有这个模型，请重新拉取。",
    ),
    "gan_hub_shared": (
        "Pulled models are shared by all visitors here; they cannot be deleted from the page.",
        "这里拉取的模型由所有访客共用，不能在页面上删除。",
    ),
    # what models that are known to work draw: their notes in gan.hub.known, as keys
    "gan_hub_note_pixel-faces-rgba": ("pixel faces, transparent", "像素头像，透明背景"),
    "gan_hub_note_handwritten-digits": ("handwritten digits", "手写数字"),
    "gan_hub_note_cifar-10-one-generator-under-many-losses-with-discriminators": (
        "CIFAR-10: one generator under many losses, with discriminators",
        "CIFAR-10：同一生成器、多种损失，附判别器",
    ),
    "gan_hub_note_cifar-10-choose-a-dcgan-s-g-best-weights-among-its-many-files": (
        "CIFAR-10: choose a DCGAN’s G-best-weights among its many files",
        "CIFAR-10：从众多文件中选 DCGAN 的 G-best-weights",
    ),
    "gan_hub_note_handwritten-digits-fully-connected": (
        "handwritten digits, fully connected",
        "手写数字，全连接",
    ),
    "gan_hub_note_butterflies": ("butterflies", "蝴蝶"),
    "gan_hub_note_pixel-faces": ("pixel faces", "像素头像"),
    "gan_hub_note_pixel-apes": ("pixel apes", "像素猿"),
    "gan_hub_note_apes": ("apes", "猿"),
    "gan_hub_note_bears": ("bears", "熊"),
    "gan_hub_note_mutants": ("mutants", "变种人"),
    "gan_hub_note_apes-in-fashion": ("apes in fashion", "时装猿"),
    "gan_hub_note_paintings": ("paintings", "绘画"),
    "gan_hub_note_drawn-faces": ("drawn faces", "动漫头像"),
    "gan_hub_note_northern-lights": ("northern lights", "极光"),
    "gan_hub_note_shells": ("shells", "贝壳"),
    "gan_hub_note_still-lifes": ("still lifes", "静物画"),
    "gan_hub_note_galaxies": ("galaxies", "星系"),
    "gan_hub_note_one-cat": ("one cat", "一只猫"),
    "gan_hub_note_cars": ("cars", "汽车"),
    "gan_hub_note_cats": ("cats", "猫"),
}
