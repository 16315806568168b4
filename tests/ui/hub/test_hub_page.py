"""The Hub tab in a real Chromium: the app's own Hub client against a stand-in Hub."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Page, expect

from tests.hub.conftest import OWNER_TOKEN
from tests.hub.references import cryptopunks
from tests.hub.server import Hub, hub_server
from tests.ui.acting import PIXELS, SEQ, open_tab, settle
from tests.ui.browser import serving

WEIGHTS = Path(__file__).parents[3] / "weights"
OURS = "someone/garments"
MARKUP = "<img src=x onerror=document.title='taken'>"
VISITOR = "hf_visitor"  # may write to the stand-in


def ours(name: str = "fashion") -> dict[str, bytes]:
    """A repo in our own format."""
    files = ("config.json", "model.safetensors", "README.md")
    return {file: (WEIGHTS / name / file).read_bytes() for file in files}


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with hub_server() as server:
        server.tokens[OWNER_TOKEN] = "owner"
        server.add(OURS, ours(), likes=7, downloads=1234, tags=("license:mit",))
        yield server


@pytest.fixture(autouse=True)
def healthy(hub: Hub) -> Iterator[None]:
    hub.requests.clear()
    yield
    hub.heal()


def environment(hub: Hub, folder: Path) -> dict[str, str]:
    return {
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(folder / "hf"),
        "HF_HUB_CACHE": str(folder / "hf" / "hub"),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_TOKEN": OWNER_TOKEN,
        "GAN_HOME": str(folder / "home"),
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hub-page")


@pytest.fixture(scope="module")
def base_url(hub: Hub, home: Path) -> Iterator[str]:
    """The app of this module, its Hub client pointed at the stand-in."""
    with serving(home / "runs", **environment(hub, home)) as url:
        yield url


@pytest.fixture
def page(open_page) -> Page:
    page = open_page()
    open_tab(page, "Hub")
    expect(page.locator("#hub-list tr:not(.is-waiting)").first).to_be_visible()
    return page


def pull(page: Page, repo: str) -> None:
    page.fill("#hub-repo", repo)
    page.click("#hub-pull")


def pulled(page: Page, repo: str) -> None:
    pull(page, repo)
    expect(page.locator("#hub-job.is-here")).to_be_visible()


def row(page: Page, repo: str):
    return page.locator("#hub-list tr").filter(has_text=repo).first


# ---- in -----------------------------------------------------------------------------------------


def test_a_pulled_model_is_in_the_header_and_one_click_from_explore(page: Page):
    pulled(page, OURS)
    ref = page.locator("#shelf-list li[data-ref^='hub:']").first.get_attribute("data-ref")
    assert ref is not None
    assert ref.startswith("hub:someone--garments--")
    expect(page.locator(f'#model-select option[value="{ref}"]')).to_have_count(1)
    width = "document.querySelector('#shelf-list img').naturalWidth"
    page.wait_for_function(f"{width} === 56")  # two by two of 28 px
    before, seq = page.evaluate(PIXELS), page.evaluate(SEQ)
    page.select_option("#model-select", "emoji")
    page.wait_for_function(f"{SEQ} > {seq}")
    settle(page)
    seq = page.evaluate(SEQ)
    page.locator("#hub-job [data-act=open]").click()
    expect(page.get_by_role("tab", name="Explore")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#model-select")).to_have_value(ref)
    page.wait_for_function(f"{SEQ} > {seq}")
    settle(page)
    assert page.evaluate(PIXELS) == before  # they are the bundled model's weights


def test_anothers_pickle_is_converted_and_walked_through(page: Page, hub: Hub):
    file = io.BytesIO()
    torch.save(cryptopunks().state_dict(), file)
    hub.add("nateraw/cryptopunks-gan", {"generator.pth": file.getvalue()})
    row(page, "nateraw/cryptopunks-gan").locator("[data-act=pull]").click()
    expect(page.locator("#hub-job.is-here")).to_be_visible()
    seq = page.evaluate(SEQ)
    page.locator("#hub-job [data-act=open]").click()
    page.wait_for_function(f"{SEQ} > {seq}")
    expect(page.locator("#model-facts")).to_contain_text("24 px · 100 dimensions")
    open_tab(page, "Hub")
    expect(row(page, "nateraw/cryptopunks-gan").locator("[data-act=open]")).to_be_visible()


def test_what_is_here_already_is_not_downloaded_again(page: Page, hub: Hub):
    pulled(page, OURS)
    hub.requests.clear()
    pulled(page, f"{hub.url}/{OURS}")
    expect(page.locator("#hub-job")).to_contain_text("already")
    assert not [path for path in hub.paths("GET") if "/resolve/" in path]


def test_a_failure_is_a_sentence_and_one_button_tries_again(page: Page, hub: Hub):
    pull(page, "someone/not-there")
    failed = page.locator("#hub-job.is-failed")
    expect(failed).to_contain_text("someone/not-there")
    assert not (set("{}<>") | {"Traceback"}) & set(failed.inner_text())
    page.click("#language-zh")
    expect(failed).to_contain_text("Hub 上没有 someone/not-there，或它是私有的（401）")
    page.click("#language-en")
    hub.add("someone/not-there", ours("fashion-mlp"))
    failed.get_by_role("button", name="Try again", exact=True).click()
    expect(page.locator("#hub-job.is-here")).to_contain_text("is here")


def test_a_pull_tells_how_far_it_is_and_can_be_cancelled(page: Page, hub: Hub, home: Path):
    hub.add("someone/slow", ours())
    hub.fail("/slow/resolve/.*safetensors", "crawl", method="GET")
    before = {p.name for p in (home / "home" / "hub").glob("[!.]*")}
    pull(page, "someone/slow")
    expect(page.locator("#hub-job")).to_contain_text(re.compile(r"KB of 1\.\d MB · about .+ left"))
    expect(page.locator("#hub-pull")).to_be_disabled()
    page.locator("#hub-job [data-act=cancel]").click()
    expect(page.locator("#hub-job")).to_contain_text("was cancelled")
    expect(page.locator("#hub-pull")).to_be_enabled()
    assert {p.name for p in (home / "home" / "hub").glob("[!.]*")} == before


def test_of_several_models_one_is_chosen(page: Page, hub: Hub):
    config, model = ours()["config.json"], ours()["model.safetensors"]
    hub.add("someone/two", {"a/model.pt": model, "b/model.pt": config, "config.json": b"{}"})
    pull(page, "someone/two")
    choices = page.locator(".ga-choices button")
    expect(choices).to_have_count(2)
    expect(choices.first).to_contain_text("a/model.pt")
    choices.nth(1).click()
    expect(page.locator("#hub-job.is-failed")).to_be_visible()  # it is no weights
    assert [p for p in hub.paths() if "b/model.pt" in p]


def test_a_model_is_deleted_after_a_second_look(page: Page, hub: Hub):
    hub.add("someone/short-lived", ours("fashion-mlp"))
    pulled(page, "someone/short-lived")
    item = page.locator("#shelf-list li").filter(has_text="someone/short-lived")
    ref = item.get_attribute("data-ref")
    item.locator("[data-act=delete]").click()
    item.locator("[data-act=keep]").click()
    item.locator("[data-act=delete]").click()
    item.locator("[data-act=sure]").click()
    expect(item).to_have_count(0)
    expect(page.locator(f'#model-select option[value="{ref}"]')).to_have_count(0)


# ---- search, favourites, recents ----------------------------------------------------------------


def test_a_search_shows_what_the_hub_has_and_pulls_it(page: Page):
    page.fill("#hub-text", "garment")
    page.press("#hub-text", "Enter")
    found = row(page, OURS)
    expect(found).to_contain_text("1,234")
    expect(found).to_contain_text("mit")
    expect(page.locator("#hub-says")).to_contain_text("Not every repository")


def test_without_the_hub_the_known_models_are_shown_instead(page: Page, hub: Hub):
    hub.fail("/api/models", "500")
    page.fill("#hub-text", "anything")
    page.press("#hub-text", "Enter")
    expect(page.locator("#hub-says")).to_contain_text("No known model fits “anything”")
    expect(page.locator("#hub-says")).to_contain_text("Without the Hub you can open")
    expect(row(page, "nateraw/cryptopunks-gan")).to_be_visible()
    page.fill("#hub-text", "MNIST digits")
    page.press("#hub-text", "Enter")
    expect(page.locator("#hub-says")).to_contain_text("that fit “MNIST digits”")
    expect(row(page, "huggan/dcgan-mnist")).to_be_visible()
    expect(row(page, "nateraw/cryptopunks-gan")).to_have_count(0)
    # what came with the app needs no Hub
    own = page.locator("#shelf-list li[data-ref=fashion]")
    expect(own).to_contain_text("comes with the app")
    own.locator("[data-act=card]").click()
    expect(own.locator(".ga-hub-card")).to_contain_text("Fashion-MNIST")
    expect(own.locator("[data-act=delete]")).to_have_count(0)
    page.wait_for_function("document.querySelector('[data-ref=emoji] img').naturalWidth > 0")
    hub.heal()
    page.click("#hub-search-again")
    expect(page.locator("#hub-empty")).to_contain_text("nothing for “MNIST digits”")


def test_favourites_and_recents_survive_a_reload(page: Page):
    pulled(page, OURS)
    row(page, "huggan/dcgan-mnist").locator("[data-act=star]").click()
    page.reload()
    open_tab(page, "Hub")
    page.locator("[data-view=favourites]").click()
    expect(page.locator("#hub-list tr")).to_have_count(1)
    expect(page.locator("#hub-list")).to_contain_text("huggan/dcgan-mnist")
    page.locator("[data-view=recent]").click()
    expect(page.locator("#hub-list")).to_contain_text(OURS)
    expect(row(page, OURS).locator("[data-act=open]")).to_be_visible()


def test_a_file_of_ones_own_is_remembered_by_its_name(page: Page):
    file = io.BytesIO()
    torch.save(cryptopunks().state_dict(), file)
    given = {"name": "netG.pth", "mimeType": "application/octet-stream", "buffer": file.getvalue()}
    page.set_input_files("#hub-own-file", given)
    expect(page.locator("#hub-job").get_by_text("netG", exact=False).first).to_be_visible()
    page.locator("[data-view=recent]").click()
    expect(row(page, "netG.pth").locator("[data-act=open]")).to_be_visible()
    expect(row(page, "netG.pth").locator("[data-act=star], a")).to_have_count(0)
    item = page.locator("#shelf-list li").filter(has_text="netG.pth")
    expect(item.locator("[title='netG.pth']").last).to_have_text("netG.pth")
    item.locator("[data-act=card]").click()
    expect(item).to_contain_text("a file states none")


# ---- what comes from outside is text ------------------------------------------------------------


def test_markup_in_names_and_cards_stays_text(page: Page, hub: Hub, home: Path):
    pulled(page, OURS)
    [folder] = (home / "home" / "hub").glob("someone--garments--*")
    config = json.loads((folder / "config.json").read_text())
    config["source"]["licence"] = config["source"]["layout"] = MARKUP
    (folder / "config.json").write_text(json.dumps(config))
    card = f"---\nx: {MARKUP}\n---\n# {MARKUP}\n\n- [a](javascript:alert(1)) ![b](http://e.vil/c)\n"
    (folder / "README.md").write_text(card + f"|{MARKUP}|\n|-|\n|`{MARKUP}`|\n")
    page.evaluate(
        "(repo) => localStorage.setItem('gan-hub-favourites', JSON.stringify([{repo}, 3, null]))",
        MARKUP,
    )
    page.reload()
    open_tab(page, "Hub")
    item = page.locator("#shelf-list li").filter(has_text=OURS)
    item.locator("[data-act=card]").click()
    expect(item.locator(".ga-card-text h2")).to_have_text(MARKUP)
    page.locator("[data-view=favourites]").click()
    expect(page.locator("#hub-list")).to_contain_text(MARKUP)
    assert page.locator("#hub-board img[src=x]").count() == 0
    assert page.locator("#hub-board a:not([href^=http])").count() == 0
    assert page.locator(".ga-card-text :is(a, img)").count() == 0
    assert page.title() != "taken"


# ---- out ----------------------------------------------------------------------------------------


def fill_push(page: Page, repo: str, token: str = VISITOR) -> None:
    page.select_option("#push-model", "fashion-mlp")
    page.fill("#push-repo", repo)
    page.fill("#push-token", token)


def test_a_dry_run_sends_nothing_and_shows_all_then_a_push_publishes(page: Page, hub: Hub):
    expect(page.locator("#push-who")).to_contain_text("As owner")
    fill_push(page, "visitor/garments")
    page.select_option("#model-select", "emoji")  # what was chosen here stays
    page.check("#push-private")
    expect(page.locator("#push-model")).to_have_value("fashion-mlp")
    page.click("#push-plan")
    shown = page.locator("#push-shown")
    expect(shown).to_contain_text("model.safetensors")
    expect(shown.locator(".ga-card-text img").first).to_be_visible()
    assert [r for r in hub.requests if r.method != "GET"] == []
    paths = {text.split("\n")[0] for text in shown.locator("td[title]").all_inner_texts()}
    page.click("#push-go")
    expect(page.locator("#push-link")).to_have_attribute("href", re.compile("visitor/garments"))
    assert hub.repo("visitor/garments").private
    assert set(hub.repo("visitor/garments").files()) >= paths
    expect(page.locator("#push-token")).to_have_value("")
    assert VISITOR not in page.content()
    # what was typed goes first; the owner's is asked for its name, at home
    assert {r.path for r in hub.sent(OWNER_TOKEN)} <= {"/api/whoami-v2"}


def test_what_is_there_is_replaced_only_when_that_was_ticked(page: Page, hub: Hub):
    hub.add("visitor/old", {"README.md": b"old", "model.safetensors": b"old"})
    fill_push(page, "visitor/old")
    page.click("#push-plan")
    expect(page.locator("#push-go")).to_be_disabled()
    page.check("#push-overwrite")
    page.click("#push-go")
    expect(page.locator("#push-link")).to_be_visible()
    assert hub.repo("visitor/old").files()["README.md"] != b"old"


def test_how_far_a_push_is_is_told_until_it_is_cancelled(page: Page, hub: Hub):
    hub.lfs.clear()  # what other tests left there is not sent again
    hub.fail("/lfs/", "crawl", method="PUT")
    fill_push(page, "visitor/slow")
    page.click("#push-plan")
    page.click("#push-go")
    job = page.locator("#push-job")
    far = r"Sending to visitor/slow\s*[1-9][\d.]* \w+ of [\d.]+ MB · about .+ left"
    expect(job).to_contain_text(re.compile(far))
    expect(job.get_by_role("progressbar")).to_have_attribute("aria-valuenow", re.compile(r"\d"))
    job.locator("[data-act=cancel]").click()
    expect(page.locator("#push-note")).to_contain_text("Publishing was cancelled")
    expect(page.locator("#push-go")).to_be_enabled()
    assert hub.repo("visitor/slow").files() == {}


def test_what_a_push_warns_of_is_said_in_the_pages_language(page: Page):
    fill_push(page, "other/garments")
    page.click("#push-plan")
    warning = page.locator("#push-shown .ga-note")
    expect(warning).to_contain_text(re.compile("token .*visitor.*repository .*other"))
    page.click("#language-zh")
    expect(warning).to_contain_text(re.compile("令牌.*visitor.*仓库.*other"))
    page.click("#language-en")
    page.fill("#push-repo", "no name")
    expect(warning).to_have_count(0)
    page.click("#push-plan")
    expect(page.locator("#push-note")).not_to_be_empty()
    page.fill("#push-repo", "visitor/garments")
    expect(page.locator("#push-note")).to_be_empty()


# ---- a public server ----------------------------------------------------------------------------


def test_a_public_server_takes_no_pickles_and_lends_nobody_its_token(
    browser, hub: Hub, tmp_path: Path
):
    hub.add("someone/pickled", {"pytorch_model.bin": b"PK\x03\x04 not ours"})
    env = environment(hub, tmp_path) | {"SPACE_ID": "me/app", "SPACE_HOST": "me-app.hf.space"}
    with serving(tmp_path / "runs", **env) as url:
        page = browser.new_context(locale="en-US").new_page()
        page.goto(url)
        open_tab(page, "Hub")
        expect(page.locator("#push-closed")).to_contain_text("no sign-in")
        expect(page.locator("#push-form")).to_be_hidden()
        pull(page, "someone/pickled")
        expect(page.locator("#hub-job.is-failed")).to_contain_text("gan pull")
        pulled(page, OURS)
        expect(page.locator("#shelf-list li[data-ref^='hub:']")).to_have_count(1)
        assert page.locator("[data-act=delete]").count() == 0
        form = {"ref": "fashion", "repo": "me/stolen", "token": VISITOR}
        refused = page.request.post(f"{url}/_gan/hub/plan", data=json.dumps(form))
        assert (refused.status, refused.json()["key"]) == (403, "gan_push_no_token")
        ref = page.locator("#shelf-list li[data-ref^='hub:']").get_attribute("data-ref")
        gone = page.request.post(f"{url}/_gan/hub/delete", data=json.dumps({"ref": ref}))
        assert gone.status == 403
        page.context.close()
    assert hub.sent(OWNER_TOKEN) == []
    assert hub.sent(VISITOR) == []
