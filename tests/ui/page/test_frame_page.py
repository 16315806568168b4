"""Words, sizes, themes and names of the whole page in a real Chromium."""

from __future__ import annotations

import re
import urllib.error
import urllib.request

import pytest
from playwright.sync_api import Page, expect

from tests.ui.acting import open_tab, visit_tab

TABS = ("Home", "Explore", "Train", "Compare", "Lab", "Gallery", "Evaluate", "Hub")


@pytest.mark.parametrize("locale", ["zh-CN", "zh"])
def test_a_chinese_browser_gets_chinese(open_page, locale: str):
    page = open_page(locale=locale)
    expect(page.get_by_role("tab", name="探索")).to_be_visible()
    expect(page.locator("#randomise")).to_have_text("换一个")


def test_the_language_switch_changes_everything_and_stays(page: Page):
    page.click("#language-zh")
    expect(page.get_by_role("tab", name="训练")).to_be_visible()
    expect(page.locator("#dimensions")).to_have_text("全部 64 个维度")
    page.reload()
    expect(page.locator("#randomise")).to_have_text("换一个")
    page.click("#language-en")
    expect(page.get_by_role("tab", name="Train")).to_be_visible()


def test_the_theme_switch_stays(page: Page):
    page.click("#theme-toggle")
    expect(page.locator("body")).to_have_class(re.compile("dark"))
    page.reload()
    expect(page.locator("body")).to_have_class(re.compile("dark"))


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_no_tab_moves_when_another_is_chosen(open_page, locale: str):
    page = open_page(locale=locale)
    tabs = page.locator("[role=tablist] [role=tab]:visible")
    places = "tabs => tabs.map(tab => tab.getBoundingClientRect().x)"
    before = tabs.evaluate_all(places)
    assert len(before) == len(TABS)
    for tab in tabs.all()[-3:]:
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        assert tabs.evaluate_all(places) == before


def test_a_reload_comes_back_to_the_tab(page: Page):
    for tab in ("Gallery", "Evaluate", "Explore"):
        open_tab(page, tab)
        page.wait_for_url(f"**/#tab={tab.lower()}&model=fashion&seed=42")
        page.reload()
        expect(page.get_by_role("tab", name=tab, selected=True)).to_be_visible()


@pytest.mark.parametrize(("width", "theme"), [(390, "dark"), (1280, "light")])
def test_nothing_is_wider_than_the_screen(open_page, width: int, theme: str):
    page = open_page(viewport={"width": width, "height": 800}, color_scheme=theme)
    for tab in TABS:
        visit_tab(page, tab)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, tab


def test_every_control_has_a_name(page: Page):
    for tab in TABS:
        visit_tab(page, tab)
        unnamed = page.evaluate(
            """() => [...document.querySelectorAll('.ga button, .ga input, .ga select, .ga img')]
            .filter((e) => e.checkVisibility() && !e.ariaLabel && !e.alt && !e.innerText?.trim()
                && !e.labels?.length && !e.matches('label img[alt=""]')).map((e) => e.outerHTML)"""
        )
        assert unnamed == []


def test_another_host_name_is_refused(base_url: str):
    request = urllib.request.Request(base_url + "/", headers={"Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(request)


def test_a_form_whose_script_is_still_on_its_way_does_not_load_the_page_anew(page: Page):
    page.evaluate(
        """() => { window.stays = true; const form = document.createElement('form');
        document.querySelector('.ga').append(form); form.requestSubmit(); form.remove(); }"""
    )
    page.wait_for_timeout(300)
    assert page.evaluate("window.stays") is True


def test_back_goes_to_the_tab_before_and_keeps_the_picture(page: Page):
    def now() -> tuple[str, str]:
        page.wait_for_timeout(100)
        name = page.locator('.tab-container button[aria-selected="true"]').first.inner_text()
        return name.strip(), page.evaluate("new URLSearchParams(location.hash.slice(1)).get('tab')")

    visit_tab(page, "Train")
    visit_tab(page, "Explore")
    before = page.evaluate("location.hash")
    page.click("#randomise")
    page.wait_for_function("(old) => location.hash !== old", arg=before)
    here = page.evaluate("location.hash").split("model=")[1]
    visit_tab(page, "Gallery")
    assert now() == ("Gallery", "gallery")
    page.go_back()
    assert now() == ("Explore", "explore")
    assert page.evaluate("location.hash").endswith(here)
    page.go_back()
    assert now() == ("Train", "train")
    assert page.evaluate("location.hash").endswith(here)
    page.go_forward()
    assert now() == ("Explore", "explore")


def test_a_link_that_is_pasted_into_the_same_page_opens(page: Page):
    page.evaluate("location.hash = 'tab=explore&model=emoji&seed=3'")
    page.wait_for_function("document.querySelector('#model-select')?.value === 'emoji'")


def test_a_tab_alone_that_is_pasted_opens_and_what_stands_in_the_others_stays(page: Page):
    page.fill("#seed", "7")
    page.keyboard.press("Enter")
    page.wait_for_function("location.hash.includes('seed=7')")
    page.evaluate("window.stays = true; location.hash = 'tab=compare'")
    expect(page.locator("#race-start")).to_be_visible()
    page.wait_for_function(
        "location.hash.includes('tab=compare') && location.hash.includes('seed=7')"
    )
    page.go_back()
    expect(page.locator("#seed")).to_have_value("7")
    page.evaluate("location.hash = 'tab=nothing'")  # as a new page would: the first tab
    page.wait_for_function("location.hash.includes('tab=welcome')")
    assert page.evaluate("window.stays")


def test_a_link_to_a_model_that_is_not_here_says_so(open_page):
    page = open_page("/#tab=explore&model=run:gone&seed=3")
    note = page.locator("#link-note")
    expect(note).to_have_text("The model of this link, run:gone, is not here; fashion is shown.")
    page.click("#language-zh")
    expect(note).to_contain_text("run:gone")
    expect(note).to_contain_text("不在这里")
    page.select_option("#model-select", "emoji")
    expect(note).to_be_hidden()


@pytest.mark.expects_refusal  # Chromium notes what it could not fetch
def test_a_tab_first_opened_while_the_server_is_away_comes_when_it_is_back(open_page):
    page = open_page(fresh=True)
    page.context.set_offline(True)
    page.get_by_role("tab", name="Gallery").click()
    expect(page.locator("#offline")).to_be_visible()
    expect(page.locator(".ga-tile")).to_have_count(0)
    page.context.set_offline(False)
    expect(page.locator(".ga-tile").first).to_be_visible()
    expect(page.locator("#offline")).to_be_hidden()


@pytest.mark.expects_refusal
def test_who_rests_on_a_refusal_is_told_where_the_log_has_it(open_page):
    page = open_page("/#tab=explore")
    refused = {"key": "gan_error_panel_busy", "values": {}, "request": "0123456789ab"}
    page.route("**/_gan/map*", lambda route: route.fulfill(status=429, json=refused))
    page.click("#open-map")
    sentence = page.get_by_text("Others are using this right now", exact=False)
    sentence.hover()
    expect(sentence).to_have_attribute("title", "In the server's log: 0123456789ab")
    page.unroute("**/_gan/map*")


def test_a_door_that_is_opened_by_keys_leaves_the_focus_on_its_tab(open_page):
    page = open_page("/", landing="welcome")
    page.locator("#door-explore").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="Explore", selected=True)).to_be_focused()
