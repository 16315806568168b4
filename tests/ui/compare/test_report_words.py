"""A race's report in the page's language: nothing of it stays English."""

from __future__ import annotations

import json
import re
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from gan.files import write_atomic
from gan.messages import Message
from gan.quantities import OF_POINTS, QUANTITIES
from gan.races import write_report
from gan.races.measure import summary_of
from gan.races.report import TEXTS
from gan.races.table import IMAGE_METRICS, POINT_METRICS
from gan.races.verdict import verdict
from gan.ui.compare.races import races_root
from gan.ui.compare.wording import Report, named_in, wording_in
from gan.ui.server.i18n import catalogues, words, written
from gan.ui.server.routes import Context
from tests.races.test_races import Balanced, found_of
from tests.ui.compare.test_compare_routes import home, root, visitor

__all__ = ["home", "root"]
# what stays as it is in every language: names and units of the field, and what a command takes
NAMES = {
    "GAN", "VAE", "RNN", "FD", "JS", "KL", "G", "D", "MB", "s", "PyTorch", "SGD", "R1",
    "hinge", "loss", "preset", "flip", "ring", "p", "a", "b", "FID", "NaN",
    "Kullback", "Leibler", "Jensen", "Shannon",
}  # fmt: skip
DIVERGED = Message(
    "the training reached {item} after {nimg} images; resume the last checkpoint with a lower "
    "learning rate",
    item="NaN",
    nimg="640",
)


def webp() -> bytes:
    stream = BytesIO()
    Image.new("L", (8, 8)).save(stream, "WEBP")
    return stream.getvalue()


def everything(family: str, names: tuple[str, ...]) -> dict[str, Any]:
    """A race in which each sentence of a report has its cause."""
    found = found_of(**{name: (1.0 + i, 2.5 + i) for i, name in enumerate(names)})
    points = family != "vae"
    for side in found["contestants"]:
        side["family"] = family
        for run in side["runs"]:
            run["metrics"] = {
                name: {"value": 0.5, "floor": 0.25 + len(side["name"]) / 99}
                for name in (POINT_METRICS if points else IMAGE_METRICS)
                if name != "fd_floor"
            } | {"fd": run["metrics"]["fd"] | {"floor": len(side["name"]) / 9}}
            run["modes"] = {"caught": 5, "of": 8}
            run["grids"] = [{"due": d, "seconds": d, "nimg": 100 * d} for d in (1, 2)]
    _, second, third = found["contestants"]
    second["runs"][0] |= {"state": "failed", "reason": "", "reason_data": DIVERGED.to_json()}
    second["runs"][1] |= {"state": "waiting", "grids": []}
    third["runs"][0] |= {"state": "interrupted"}
    third["runs"][1] |= {"state": "stopped", "unmeasured": "x", "unmeasured_data": Message(
        "not measured: the race was interrupted").to_json()}  # fmt: skip
    for side in found["contestants"]:
        side["summary"] = summary_of(side["runs"])
    third["parameters"] = {"g": None, "second": None, "second_name": None}
    return found | {
        "state": "stopped", "same": [list(names[:2])], "data": "ring" if points else "fashion",
        "differences": {
            "preset": dict.fromkeys(names, "ring"),
            "loss": dict.fromkeys(names, "hinge"),
            "flip": dict.fromkeys(names, True) | {names[0]: False, names[1]: None},
        },
    }  # fmt: skip


def english_in(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z][A-Za-z_]*", text)) - NAMES


@pytest.mark.parametrize(
    ("family", "names"),
    [("points", ("ring", "ring · hinge", "ring · packing 2")), ("vae", ("GAN", "as it is", "VAE"))],
)
def test_the_chinese_report_has_no_english_left(
    home: Context, family: str, names: tuple[str, ...], tmp_path: Path
):
    found = everything(family, names)
    runs = tmp_path / "trained"
    for side in found["contestants"]:  # the folder is the same for all: so are its pictures
        for run in side["runs"]:
            for grid in run["grids"]:
                picture = runs / run["folder"] / "snapshots" / f"{grid['nimg']:010d}.webp"
                picture.parent.mkdir(parents=True, exist_ok=True)
                write_atomic(picture, webp())
            write_atomic(runs / run["folder"] / "reals.webp", webp())
    write_report(races_root() / "race-1", found, runs=runs)
    client = visitor(home)
    page = client.get("/_gan/race/report?id=race-1&as=html&language=zh")
    told = Balanced(re.sub(r"<style>.*?</style>", "", page.text, flags=re.DOTALL))
    assert told.open == []
    assert ("html", {"lang": "zh-CN"}) in told.seen
    attributes = [
        value or ""
        for _, attrs in told.seen
        for key, value in attrs.items()
        if key in ("alt", "title", "aria-label")
    ]
    assert english_in(" ".join(told.parts).partition("再来一次")[0]) == set()
    assert english_in(" ".join(attributes)) == set()

    packed = zipfile.ZipFile(
        BytesIO(client.get("/_gan/race/report?id=race-1&as=md&language=zh").content)
    )
    text = packed.read("race-1/report.md").decode()
    plain = re.sub(r"\]\([^)]*\)|gan 0|2026-01-01T00:00:00", "", text.replace("\\", ""))
    assert english_in(plain.partition("## 再来一次")[0]) == set()
    curves = packed.read("race-1/pictures/curves.svg").decode()
    assert english_in("".join(re.findall(r">([^<>{]+)<", curves))) == set()
    assert "处理器秒" in curves


def test_the_english_report_is_the_file_that_was_written_with_the_names_of_the_page(home: Context):
    found = found_of(**{"ring": (1.0,), "ring · hinge": (2.0,)})
    write_report(races_root() / "race-1", found)
    client = visitor(home)
    written = (races_root() / "race-1" / "report.html").read_text()
    texts = words("en")
    for query in ("", "&language=en"):
        page = client.get(f"/_gan/race/report?id=race-1{query}").text
        assert f"{texts['gan_card_ring']} + {texts['gan_loss_hinge']}" in page
        assert "ring · hinge" not in page
        assert len(page) == pytest.approx(len(written), rel=0.05)
    assert client.get("/_gan/race/report?id=race-1&language=xx").status_code == 400


def test_every_text_of_a_report_is_in_every_language():
    for language, texts in catalogues().items():
        if language == "en":
            continue
        lacking = [m.key for m in TEXTS.values() if m.key not in texts]
        assert lacking == []
        assert [m.key for m in OF_POINTS.values() if m.key not in texts] == []
        say = wording_in(language).say
        assert all(say(Message(q.name)) != q.name for q in QUANTITIES.values() if " " in q.name)


@pytest.mark.parametrize(
    ("fds", "end"),
    [
        ({"a": (1.0,), "b": (2.0,)}, "a 最接近真实数据：FD 1，其次是 b 2。只有一个种子"),
        ({"a": (1.0, 1.5), "b": (2.0, 3.0)}, "在全部 2 个种子上都领先于第二名。"),
        ({"a": (1.0, 2.5), "b": (2.0, 3.0)}, "各种子之间，前两名有重叠。"),
        ({"a": (1.0, 1.0), "b": (1.0, 1.0)}, "a、b 与真实数据同样接近：FD 1。这些是各种子的均值。"),
    ],
)
def test_the_verdict_in_chinese(fds: dict[str, tuple[float, ...]], end: str):
    assert end in wording_in("zh").say(verdict(found_of(**fds)))


def test_names_of_ready_made_races_and_of_presets_are_the_pages():
    found = {"data": "ring", "contestants": [{"name": n} for n in ("as it is", "ring · hinge 2")]}
    named = named_in("zh", found)
    assert named["data"] == words("zh")["gan_data_ring"]
    assert [c["name"] for c in named["contestants"]] == ["原样", "圆环 + hinge 2"]


def test_a_message_is_written_as_the_page_writes_it():
    """The cases of tests/scripts for page/kit/messages.js, in Python."""
    texts = {"{field} must be {range}": "{field} 须为 {range}", "gan_set_g_lr": "学习率",
             "from 0": "从零", ", ": "、", "{names} are": "有 {names} 吗"}  # fmt: skip
    wrong = Message("{field} must be {range}", field="g_lr", range=Message("from 0"))
    assert written(texts, wrong) == "“学习率”须为从零"
    assert written(texts, Message("{names} are", names=["a", "b"])) == "有 a、b 吗"
    assert written({}, Message("{g_lr} and {x}", x="{g_lr}")) == "g_lr and {g_lr}"
    assert json.dumps(written(texts, Message("{text}", text="没"))) == json.dumps("没")


def test_a_report_of_another_language_needs_no_file_but_the_numbers(tmp_path: Path):
    found = found_of(a=(1.0,), b=(2.0,))
    assert "比赛：a | b" in Report(tmp_path, found, "zh").text("html").decode()


def test_a_preset_of_ones_own_is_called_by_its_name_whatever_words_the_page_has():
    from gan.ui.compare.wording import side_name

    for language in catalogues():
        texts = words(language)
        for name in ("mine", "how", "seconds", "put-right", "constructor"):
            assert side_name(texts, name) == name
            assert side_name(texts, f"{name} · hinge").startswith(f"{name} + ")
    assert side_name(words("zh"), "packing") != "packing"  # of a ready-made race
