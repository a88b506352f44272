"""How somebody wants to see the pages."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Office

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
async def test_language_and_theme_are_chosen_and_kept(office: Office, scripts: bool) -> None:
    async with office.sitting("p-0004", java_script_enabled=scripts) as desk:
        await desk.page.goto("/instructions?q=tax")
        await desk.page.get_by_role("button", name="Русский").click()
        await expect(desk.page).to_have_url(office.url + "/instructions?q=tax")
        await expect(desk.page.get_by_role("heading", level=1)).to_have_text("Реестр")
        await desk.page.get_by_role("button", name="Тёмная").click()
        await expect(desk.page.locator("html")).to_have_attribute("data-theme", "dark")
        await desk.page.goto("/")
        await expect(desk.page.locator("html")).to_have_attribute("lang", "ru")
        assert desk.faults == []


async def test_who_signs_out_is_out(office: Office) -> None:
    async with office.sitting("p-0005") as desk:
        await desk.page.get_by_text("Officer 1", exact=True).click()
        await desk.page.get_by_role("button", name="Sign out").click()
        await expect(desk.page.get_by_role("heading", level=1)).to_have_text("You are signed out")
        await desk.page.goto("/instructions")
        await expect(desk.page.get_by_role("heading", level=1)).to_have_text("Sign in as…")
        await desk.page.click("[name=person][value='p-0005']")
        await expect(desk.page).to_have_url(office.url + "/instructions")


async def test_keys_lead_everywhere_and_can_be_switched_off(office: Office) -> None:
    async with office.sitting("p-0004") as desk:
        keyboard = desk.page.keyboard
        await keyboard.press("g")
        await keyboard.press("r")
        await expect(desk.page).to_have_url(office.url + "/instructions")
        await keyboard.press("j")
        await keyboard.press("j")
        await keyboard.press("k")
        focused = desk.page.locator("[data-row]:focus")
        await expect(focused).to_have_count(1)
        await keyboard.press("/")
        await expect(desk.page.locator("#search")).to_be_focused()
        await keyboard.press("Escape")
        await keyboard.press("?")
        await expect(desk.page.get_by_role("dialog", name="Keys")).to_be_visible()
        await desk.page.get_by_label("single keys do something").uncheck()
        await keyboard.press("Escape")
        await keyboard.press("g")
        await keyboard.press("o")
        await desk.page.wait_for_timeout(300)
        await expect(desk.page).to_have_url(office.url + "/instructions")
        assert desk.faults == []


async def test_keys_are_the_same_with_a_russian_layout(office: Office) -> None:
    async with office.sitting("p-0004") as desk:
        page = desk.page

        async def typed(key: str, code: str) -> None:
            await page.evaluate(
                "said => document.body.dispatchEvent(new KeyboardEvent('keydown', said))",
                {"key": key, "code": code, "bubbles": True, "cancelable": True},
            )

        await page.goto("/instructions")
        await typed("о", "KeyJ")
        await expect(page.locator("[data-row]:focus")).to_have_count(1)
        await typed(".", "Slash")
        await expect(page.locator("#search")).to_be_focused()
        await page.keyboard.press("Escape")
        await typed("п", "KeyG")
        await typed("щ", "KeyO")
        await expect(page).to_have_url(office.url + "/")
        assert desk.faults == []
