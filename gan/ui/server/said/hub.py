"""Sentences of gan.hub: English template to Chinese."""

from __future__ import annotations

SENTENCES: dict[str, str] = {
    # choice
    "{} holds no model file ({}), it has {}; choose another": (
        "{0} 中没有模型文件（{1}），其文件：{2}；请另选。"
    ),
    "{} holds {} models, name one with its file: {}": (
        "{0} 中有 {1} 个模型，请用文件名指定一个：{2}。"
    ),
    "{} has no file {}; {}": "{0} 中没有文件 {1}；{2}",
    "it holds no model": "其中没有模型。",
    "nothing": "无",
    "a model is one of {}, got {}; name another": (
        "模型文件须为 {0} 之一，而所选的是 {1}；请另选。"
    ),
    # client: of a child that did not come to its end; a search has no repo
    "asking the Hub about {} ended without a word; try again": (
        "向 Hub 查询 {0} 时意外中断，请重试。"
    ),
    "asking the Hub about search ended without a word; try again": (
        "在 Hub 上搜索时意外中断，请重试。"
    ),
    # convert
    "converting {} took too long and was ended; nothing was kept, choose another": (
        "转换 {0} 用时过长，已中止，没有留下文件；请另选。"
    ),
    "converting {} ended without a word ({}); nothing was kept, choose another": (
        "转换 {0} 时进程意外结束（{1}），没有留下文件；请另选。"
    ),
    "the tensors of {} make no model that is known here ({}); choose another": (
        "{0} 中的张量不构成本应用认识的模型（{1}）；请另选。"
    ),
    "{} has other bytes than the Hub states; pull it again": (
        "{0} 的内容与 Hub 所记不符，请重新拉取。"
    ),
    "the pictures of {} must be finite and within -1 and 1, they are not; choose another "
    "checkpoint": ("{0} 生成的图片，像素值须为 -1 到 1 之间的有限数，实际并非如此；请另选检查点。"),
    "{} may only be read within limits on memory, which this system does not have; convert it on "
    "Linux, or take a safetensors file": (
        "{0} 只能在有内存上限时读取，而本系统没有这种上限；"
        "请在 Linux 上转换，或改用 safetensors 文件。"
    ),
    "every value of {} must be finite, {} holds NaN or infinity; choose another checkpoint": (
        "{0} 的值须全部有限，但 {1} 含有 NaN 或无穷大；请另选检查点。"
    ),
    "the tensors must be exactly those of the layout, they differ: {}; choose another file": (
        "张量须与该结构完全一致，实际不同：{0}；请另选文件。"
    ),
    "converting {} was cancelled; nothing was kept": "已取消转换 {0}，没有留下文件。",
    # deploy
    "a Space is owner/name, got {}; correct it": (
        "Space 的名称应为 owner/name，而输入的是 {0}；请修改。"
    ),
    "--hardware must be one of the Hub's, got {}; {}": (
        "--hardware 须为 Hub 提供的硬件，而输入的是 {0}；{1}"
    ),
    "--model must be owner/name or owner/name@ and a whole commit, got {}; correct it": (
        "--model 须为 owner/name，或 owner/name@ 加完整的提交号，而输入的是 {0}；请修改。"
    ),
    # failures
    "try again later": "请稍后重试。",
    "the Hub was too slow with {}; nothing was kept, {}": "Hub 响应 {0} 太慢，没有留下文件；{1}",
    "the Hub was too slow with search; nothing was kept, {}": "Hub 的搜索响应太慢；{0}",
    "the Hub's answer about {} made no sense ({}); {}": "Hub 对 {0} 的答复无法识别（{1}）；{2}",
    "what came of {} has {}; nothing was kept, pull it again": (
        "收到的 {0} 已损坏：{1}；没有留下文件，请重新拉取。"
    ),
    "fewer or more bytes than the Hub states": "字节数与 Hub 所记不符",
    "{} is gated: its owner asks who takes it; ask for access on its page, then sign in or "
    "pull it with your token": ("{0} 需申请访问：请先在其页面申请，获准后登录，或用你的令牌拉取。"),
    "{} was disabled on the Hub; choose another": "{0} 已被 Hub 停用，请另选。",
    "{} has no revision {}; choose a branch, tag or commit": (
        "{0} 没有版本 {1}；请指定分支、标签或提交号。"
    ),
    "{} has no file {}; choose one that its page lists": (
        "{0} 中没有文件 {1}；请从其页面所列的文件中选择。"
    ),
    "{} is not on the Hub, or it is private (401); check its name, or sign in as who may see it": (
        "Hub 上没有 {0}，或它是私有的（401）；请检查名称，或用有权查看的账号登录。"
    ),
    "the Hub forbids this with {} (403); sign in as who may": (
        "Hub 不允许对 {0} 这样操作（403）；请用有权限的账号登录。"
    ),
    "there is no {} on the Hub (404); check its name": "Hub 上没有 {0}（404）；请检查名称。",
    "the Hub has had too many requests from here (429); {}": (
        "从这里发往 Hub 的请求过多（429）；{0}"
    ),
    "the Hub itself is in trouble ({}); {}": "Hub 自身出现故障（{0}）；{1}",
    "the Hub refused what was asked about {} ({})": "Hub 拒绝了有关 {0} 的请求（{1}）。",
    "HF_HUB_OFFLINE is set and {} was not pulled before; unset it, or take a bundled model": (
        "已设置 HF_HUB_OFFLINE，而 {0} 尚未拉取过；请取消该设置，或改用自带模型。"
    ),
    "HF_HUB_OFFLINE is set, so that whether there is a newer one was not asked": (
        "已设置 HF_HUB_OFFLINE，因此没有查询是否有更新的版本"
    ),
    "a proxy must be an address such as http://host:8080, HTTP_PROXY, HTTPS_PROXY, ALL_PROXY or "
    "NO_PROXY holds none ({}); correct or unset it": (
        "代理应写成 http://host:8080 这样的地址，而 HTTP_PROXY、HTTPS_PROXY、ALL_PROXY 或 NO_PROXY "
        "的写法有误（{0}）；请更正或取消。"
    ),
    "the Hub cannot be reached; check the connection and try again": (
        "无法连接 Hub；请检查网络后重试。"
    ),
    "the connection broke off amid {}; check it and try again": (
        "处理 {0} 时连接中断；请检查网络后重试。"
    ),
    "the connection broke off amid search; check it and try again": (
        "搜索时连接中断；请检查网络后重试。"
    ),
    "what answered for {} is not the Hub, or sent us on in circles; check the connection "
    "and HF_ENDPOINT": (
        "请求 {0} 时，应答的不是 Hub，或重定向陷入循环；请检查网络和 HF_ENDPOINT。"
    ),
    "{} could not be written ({}); free space or check rights": (
        "无法写入 {0}（{1}）；请清理磁盘空间，或检查写入权限。"
    ),
    # fetch
    "{} of {} has {} MB, here a model may have {} MB; choose another": (
        "{1} 的 {0} 有 {2} MB，而这里的模型最大为 {3} MB；请另选。"
    ),
    "{} of {} has {} MB, here a model may have {} MB; choose another, or pull it at home "
    "with python -m gan pull": (
        "{1} 的 {0} 有 {2} MB，而这里的模型最大为 {3} MB；请另选，或在自己的电脑上用 python "
        "-m gan pull 拉取。"
    ),
    "{} is not in GAN Atelier's own format, which alone is taken in public; convert it at "
    "home with python -m gan pull {}, then push it": (
        "{0} 不是 GAN Atelier 自己的格式，而公共服务器只接受这种格式；请在自己的电脑上用 "
        "python -m gan pull {1} 转换，然后推送。"
    ),
    "the Hub sent us to another host for {}, which is not asked; check the connection and "
    "HF_ENDPOINT": (
        "请求 {0} 时，Hub 把我们转到了别的主机，因此没有继续；请检查网络和 HF_ENDPOINT。"
    ),
    "{} bytes instead of {}": "实有 {0} 字节，应有 {1} 字节",
    "other bytes than the Hub states": "内容与 Hub 所记不符",
    # foreign
    "{} asks for more memory than a file of {} may; it was not opened, choose another": (
        "{0}（{1}）要求的内存超出了这种大小的文件所需，因此没有打开；请另选。"
    ),
    "{} bytes": "{0} 字节",
    "{} must be a PyTorch or safetensors file, it is torn or something else; nothing was "
    "kept, pull it again or choose another": (
        "{0} 须为 PyTorch 或 safetensors 文件，而它不完整，或是别的文件；没有留下文件，请重新"
        "拉取或另选。"
    ),
    "{} must hold tensors alone, it is a pickle that would run code ({}): a whole module, "
    "or worse; it was not opened, ask its author for a state dict or safetensors": (
        "{0} 应只含张量，而它是会运行代码（{1}）的 pickle：整个模块，甚至更糟；因此没有打开，"
        "请向作者索取 state dict 或 safetensors 文件。"
    ),
    "{} must hold tensors alone, it is a TorchScript program; it was not opened, ask its "
    "author for a state dict or safetensors": (
        "{0} 应只含张量，而它是 TorchScript 程序；因此没有打开，请向作者索取 state dict 或 "
        "safetensors 文件。"
    ),
    "{} may hold {} tensors, it holds more; choose another": (
        "{0} 最多可含 {1} 个张量，实际超出；请另选。"
    ),
    "{} is empty (0 bytes); fetch it again, or choose another": (
        "{0} 是空文件（0 字节）；请重新获取或另选。"
    ),
    "{} is a Git LFS pointer, not the file{} itself; run git lfs pull in its repository, or "
    "download it from the repository's page": (
        "{0} 是 Git LFS 指针，不是文件本身{1}；请在其仓库中运行 git lfs pull，或从仓库页面下载。"
    ),
    " of {} MB": "（大小 {0} MB）",
    "{} is an HDF5 file, as Keras saves: TensorFlow's weights, not PyTorch's; choose a .pth or "
    ".safetensors file": (
        "{0} 是 Keras 保存的 HDF5 文件，属于 TensorFlow 而不是 PyTorch；"
        "请选择 .pth 或 .safetensors 文件。"
    ),
    "{} is a tar archive: a plain one, or PyTorch's format from before 0.1.10, which is not read; "
    "unpack it, or load and save it again with an older PyTorch": (
        "{0} 是 tar 归档：普通归档，或 PyTorch 0.1.10 之前的格式，无法读取；"
        "请解包，或用旧版 PyTorch 加载后重新保存。"
    ),
    # graph
    "{} must be a whole ONNX file, it is torn or something else; fetch it again, or choose "
    "another": "{0} 应为完整的 ONNX 文件，实际已损坏或是其他内容；请重新获取或另选。",
    "{} keeps its weights in a second file, which is not read; save it again as one file "
    "(onnx.save with save_as_external_data=False)": (
        "{0} 把权重放在另一个文件里，那个文件不会被读取；请重新存成一个文件"
        "（onnx.save，save_as_external_data=False）。"
    ),
    "{} cannot be run ({}); choose the .pth or .safetensors file that it was made from": (
        "{0} 无法运行（{1}）；请选择导出它的 .pth 或 .safetensors 文件。"
    ),
    "an ONNX generator must be one line of layers from noise to a picture, {} is not: {}; choose "
    "the .pth or .safetensors file that it was made from": (
        "ONNX 生成器应是从噪声到图像的一条直线的层，而 {0} 不是：{1}；"
        "请选择导出它的 .pth 或 .safetensors 文件。"
    ),
    "it has {} inputs and {} outputs": "它有 {0} 个输入和 {1} 个输出",
    "it takes {}, not noise of N x z or N x z x 1 x 1": (
        "它接收 {0}，而不是 N x z 或 N x z x 1 x 1 的噪声"
    ),
    "it takes numbers of another type than float32": "它接收的数不是 float32 类型",
    "it was saved in training mode": "它是在训练模式下保存的",
    "it gives values from {} to {}, not -1 to 1": "它给出 {0} 到 {1} 的值，而不是 -1 到 1",
    "it has {} ways at {}": "它在 {1} 处分成 {0} 路",
    "its {} is of a kind that is not read": "其中的 {0} 属于无法读取的类型",
    "it gives {}, no square picture": "它给出 {0}，不是方形图像",
    "it makes no model ({})": "它构不成模型（{0}）",
    "it gives other pictures than its layers do here": "它给出的图像与这里由这些层得到的不同",
    "{} is a web page, not weights: a download that asked for a sign-in or a click; download it in "
    "a browser": "{0} 是网页而不是权重：下载时需要登录或点击确认；请用浏览器下载。",
    # own, readings
    "{} was removed at once; take it again": "{0} 刚放入就被删除了；请重新放入。",
    "{} is no file; give the file of the weights": "{0} 不是文件；请给出权重文件。",
    "{} holds {} bytes, no weights; choose another": "{0} 只有 {1} 字节，不含权重；请另选。",
    "{} has {} MB, here a model may have {} MB; choose another": (
        "{0} 有 {1} MB，而这里的模型最大为 {2} MB；请另选。"
    ),
    "{} was converted before, with other answers; delete it with python -m gan models --delete {}, "
    "then pull it again": (
        "{0} 此前已按其他选择转换过；请先用 python -m gan models --delete {1} 删除，再重新拉取。"
    ),
    "this model has no such reading; see the list": "这个模型没有这种解读；请查看列表。",
    # index
    "{} must hold a list, it does not; fetch it anew": (
        "{0} 的内容须为列表，实际不是；请重新获取。"
    ),
    "{} is not bundled here and {} is not published on the Hub yet; take weights/{} from "
    "the project's repository, or one of: {}": (
        "{0} 不是这里的自带模型，{1} 也尚未发布到 Hub；请从项目仓库获取 weights/{2}，或改用其"
        "中之一：{3}。"
    ),
    "another SHA-256 than {} states": "SHA-256 与 {0} 所记不符",
    # library
    "{} is not among the pulled models; see the list": "{0} 不在已拉取的模型中；请查看列表。",
    "{} must hold {} and {}; pull it again": "{0} 须含有 {1} 和 {2}；请重新拉取。",
    # loading
    "there is no folder {} here, and on the Hub: {}": (
        "本机没有文件夹 {0}；在 Hub 上查找的结果：{1}"
    ),
    # mixin
    "{} must hold {} and {}, it does not; nothing else is read": (
        "{0} 须含有 {1} 和 {2}，实际没有；其他文件一概不读取。"
    ),
    # names
    "a model on the Hub is owner/name[@revision], got {}; correct it": (
        "Hub 上的模型应写作 owner/name[@版本]，而输入的是 {0}；请修改。"
    ),
    "a repo is owner/name, got {} letters; shorten it": (
        "仓库名应为 owner/name，而输入长达 {0} 个字符；请缩短。"
    ),
    "a revision is a branch, a tag or a commit, got {}; for example {}@main": (
        "版本应为分支、标签或提交号，而输入的是 {0}；例如 {1}@main。"
    ),
    "a model is taken from huggingface.co alone, got {}; give owner/name": (
        "模型只从 huggingface.co 获取，而输入的是 {0}；请填写 owner/name。"
    ),
    # pull
    "{} was removed at once; pull it again": "{0} 刚拉取完就被删除了；请重新拉取。",
    "pulling {} was cancelled; nothing was kept": "已取消拉取 {0}，没有留下文件。",
    # push
    "a model is pushed to owner/name, got {}; correct it": (
        "模型须推送到 owner/name，而输入的是 {0}；请修改。"
    ),
    "a licence is its short name as in mit, got {}; correct it": (
        "许可证须填短名，如 mit，而输入的是 {0}；请修改。"
    ),
    "nobody stated a licence for this model; without one others may not use it": (
        "这个模型没有注明许可证；没有许可证，他人无权使用。"
    ),
    "the token is {}'s, the repo would be {}'s; the Hub may refuse it": (
        "令牌属于 {0}，仓库却在 {1} 名下；Hub 可能会拒绝。"
    ),
    # search
    "the Hub said nothing about {}; try again later": "Hub 没有返回 {0} 的任何信息，请稍后重试。",
    "a search may have {} letters, got more; shorten it": (
        "搜索词最多 {0} 个字符，实际超出；请缩短。"
    ),
    # sending
    "the Hub was not asked what is there; plan with ask=True": (
        "尚未向 Hub 查询仓库的现有内容；请用 ask=True 制定计划。"
    ),
    "{} holds {} already, which would be overwritten; say so, or take another name": (
        "{0} 中已有 {1}，将被覆盖；请明确同意覆盖，或换一个名称。"
    ),
    "{} and {} more files": "{0} 以及另外 {1} 个文件",
    "it was cancelled; what had not arrived was not written": "已取消；尚未送达的内容没有写入。",
    "the Hub must answer within {} s, it did not; try again later": (
        "Hub 未在 {0} 秒内答复，请稍后重试。"
    ),
    "the Hub's client ended without a word; try again later": "Hub 客户端意外结束，请稍后重试。",
    "the Hub must take the files of {}, it does not ({}); correct them": (
        "Hub 不接受 {0} 的文件（{1}）；请修改。"
    ),
    "the Hub must know the token, it does not take it; sign in again": (
        "Hub 不认识这个令牌；请重新登录。"
    ),
    "the Hub asks for payment for {} ({}); choose other hardware": (
        "Hub 要求为 {0} 付费（{1}）；请选择其他硬件。"
    ),
    "the token may not write {}; take a name of your own, or a token with write access": (
        "令牌无权写入 {0}；请改用自己名下的仓库名，或有写权限的令牌。"
    ),
    "there is no {} that the token may write; check the name": (
        "没有令牌可写入的 {0}；请检查名称。"
    ),
    "{} has just been made or written by another; plan again": (
        "有人刚刚新建或修改了 {0}；请重新查看后再推送。"
    ),
    "{} was written by another since it was looked at; plan again": (
        "查看之后，有人修改了 {0}；请重新查看后再推送。"
    ),
    "the files are too large for {}; send fewer": "文件过大，{0} 无法接收；请减少文件。",
    "the Hub takes no more requests for now; wait a few minutes and try again": (
        "Hub 暂时不再接受请求；请过几分钟再试。"
    ),
    "HF_HUB_OFFLINE is set, so nothing can be sent; unset it and try again": (
        "已设置 HF_HUB_OFFLINE，无法发送；请取消该设置后重试。"
    ),
    "the Hub has a problem of its own ({}); try again later": (
        "Hub 自身出现故障（{0}），请稍后重试。"
    ),
    "what answered is not the Hub; check the connection, or HF_ENDPOINT": (
        "应答的不是 Hub；请检查网络或 HF_ENDPOINT。"
    ),
    "the Hub does not take {} ({}); correct it": "Hub 不接受 {0}（{1}）；请修改。",
    # space
    "requirements.txt must pin {}, it does not; write {}==VERSION": (
        "requirements.txt 须固定 {0} 的版本，实际没有；请写成 {1}==VERSION。"
    ),
    "README.md must begin with front matter in YAML between two lines of ---, it does not; "
    "put it back": (
        "README.md 开头须有 YAML 格式的 front matter（在两行 --- 之间），实际没有；请恢复。"
    ),
    "hf_oauth_scopes must hold {}, to push": "要推送，hf_oauth_scopes 须含有 {0}。",
    "sdk_version must be {}, as in requirements.txt": (
        "sdk_version 须与 requirements.txt 一致，为 {0}。"
    ),
    "app_file must be there, {} is not": "app_file 所指的文件须存在，而 {0} 不存在。",
    "thumbnail must be https://… or a file, {} is neither": (
        "thumbnail 须为 https://… 网址或文件，{0} 两者都不是。"
    ),
    # stage
    "deploy needs a checkout of GAN Atelier, {} has no {}; clone the repository and deploy "
    "from there": ("部署需要 GAN Atelier 的完整仓库，而 {0} 中没有 {1}；请克隆仓库，在其中部署。"),
    "the front matter of README.md does not fit: {}": "README.md 的 front matter 不合要求：{0}",
    "the front matter of the Space does not fit: {}": "Space 的 front matter 不合要求：{0}",
    "{} must hold no secret, line {} holds what looks like one; take it out, and revoke it "
    "if it is one": ("{0} 不得含有密钥，而第 {1} 行疑似含有；请删去，若确是密钥，请将其吊销。"),
}
