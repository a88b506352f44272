"""The day of each of the three users, from the first page on, in both languages: an aide's, an operator's by keyboard alone, and an
auditor's without scripts.
"""

from uuid import uuid4

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import Office

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

_LANGUAGES = pytest.mark.parametrize("language", ["en", "ru"])
_HEAD, _LEAD, _CONTROLLER = "p-0004", "p-0018", "p-0009"
_OPERATOR, _AUDITOR = "p-0003", "p-0099"
_MOST_TABS = 300
_LATE = {"en": "Late", "ru": "Отставание"}
_COMPLETED = {"en": "Completed", "ru": "Исполнено"}
_TAKEN_ON = {"en": "Taken on", "ru": "Принята"}


async def _act(page: Page, type_: str, **entered: str) -> None:
    """Fills in the form of a command, sends it, and sees that it was recorded."""
    form = page.locator(f"#form-{type_}")
    if not await form.is_visible():
        await page.locator("details", has=form).locator("summary").last.click()
    for name, value in entered.items():
        field = form.locator(f"[name='{name}']")
        if await field.evaluate("one => one.tagName") == "SELECT":
            await field.select_option(value)
        else:
            await field.fill(value)
    await form.get_by_role("button").last.click()
    await expect(page.locator("#done")).to_be_visible()


@_LANGUAGES
async def test_an_aide_sees_an_instruction_through_from_issue_to_acceptance(
    office: Office, language: str
) -> None:
    number = f"DAY-{uuid4().hex[:8]}"
    async with office.sitting(_HEAD, language=language) as desk:
        await desk.page.goto("/instructions")
        await desk.page.locator("main a[href^='/issue']").first.click()
        form = desk.page.locator("#form-form")
        await form.locator("[name=number]").fill(number)
        await form.locator("[name=text]").fill("Agree the form of the return")
        await form.locator("[name=issuer]").select_option("union-council")
        await form.locator("[name=controller]").select_option("control-department")
        await form.locator("[name=deadline]").fill("2001-01-31")
        await form.get_by_role("button").last.click()
        refused = form.locator("[name=deadline][aria-invalid=true]")
        await expect(refused).to_be_visible()
        assert await form.locator("[name=text]").input_value() == "Agree the form of the return"
        await form.locator("[name=deadline]").fill("2099-01-31")
        await form.get_by_role("button").last.click()
        await expect(desk.page.get_by_role("heading", level=1)).to_contain_text(number)
        await _act(desk.page, "Assign", lead="min-taxes-by")
    async with office.sitting(_LEAD, language=language) as desk:
        await desk.page.goto("/work")
        await desk.page.get_by_role("link", name=number, exact=True).first.click()
        await _act(desk.page, "Acknowledge")
        await _act(desk.page, "ReportProgress", percent="40", text="the draft is with both sides")
        await _act(
            desk.page, "RequestExtension", until="2099-03-31", reason="the other side is late"
        )
    async with office.sitting(_CONTROLLER, language=language) as desk:
        await desk.page.goto("/work")
        await desk.page.get_by_role("link", name=number, exact=True).first.click()
        await _act(desk.page, "ApproveExtension")
    async with office.sitting(_LEAD, language=language) as desk:
        await desk.page.goto(f"/instructions/{number}")
        await _act(desk.page, "SubmitReport", text="the form is agreed and signed")
    async with office.sitting(_CONTROLLER, language=language) as desk:
        await desk.page.goto(f"/instructions/{number}")
        await _act(desk.page, "Accept")
        await expect(desk.page.locator("main")).to_contain_text(_COMPLETED[language])
        assert desk.faults == []


async def _tab_to(page: Page, there: Locator) -> None:
    """As somebody without a mouse comes there."""
    await expect(there.first).to_be_attached()
    for _ in range(_MOST_TABS):
        if await there.evaluate_all("found => found.includes(document.activeElement)"):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"{there} is not reached by {_MOST_TABS} tabs")


@_LANGUAGES
async def test_an_operator_escalates_what_is_late_and_takes_it_on_by_keyboard_alone(
    office: Office, language: str
) -> None:
    async with office.sitting(_OPERATOR, language=language) as desk:
        page, keyboard = desk.page, desk.page.keyboard
        for key in ("g", "l"):
            await keyboard.press(key)
        await expect(page.get_by_role("heading", level=1)).to_have_text(_LATE[language])
        for _ in range(2 if language == "en" else 4):  # each day another one
            await keyboard.press("j")
        number = await page.evaluate("document.activeElement.textContent")
        await keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_contain_text(number)
        form = page.locator("#form-Escalate")
        await _tab_to(page, page.locator("details", has=form).locator("summary"))
        if not await form.is_visible():
            await keyboard.press("Enter")
        await _tab_to(page, form.locator("[name=to]"))
        for key in (
            "Space",
            "ArrowDown",
            "ArrowDown",
            "Enter",
        ):  # opens the list, and chooses from it
            await keyboard.press(key)
        assert await form.locator("[name=to]").input_value() in ("lead", "controller")
        await _tab_to(page, form.locator("[name=reason]"))
        await keyboard.type("nobody has answered for weeks")
        await _tab_to(page, form.get_by_role("button"))
        await keyboard.press("Enter")
        await expect(page.locator("#done")).to_be_visible()
        for key in ("g", "e"):
            await keyboard.press(key)
        acting = page.locator(f"#queue a[href*='act={number}']")
        await _tab_to(page, acting)
        await keyboard.press("Enter")
        taking = page.locator("#form-AcknowledgeEscalation")
        await _tab_to(page, page.locator("details", has=taking).locator("summary"))
        if not await taking.is_visible():
            await keyboard.press("Enter")
        until = taking.locator("[name=until]")
        await _tab_to(page, until)
        if await until.get_attribute("type") == "datetime-local":
            await keyboard.type("12122099")
            await keyboard.press("Tab")
            await keyboard.type("1111")
            await keyboard.type("A")
        assert await until.input_value() == "2099-12-12T11:11"
        await _tab_to(page, taking.get_by_role("button"))
        await keyboard.press("Enter")
        await expect(page.locator("#done")).to_be_visible()
        await page.goto(f"/escalations?standing=acknowledged&act={number}")
        await expect(page.locator("main")).to_contain_text(_TAKEN_ON[language])
        assert desk.faults == []


@_LANGUAGES
async def test_an_auditor_verifies_replays_proves_and_takes_away_a_history_without_scripts(
    office: Office, language: str
) -> None:
    number = "U-002"
    async with office.sitting(_AUDITOR, language=language, java_script_enabled=False) as desk:
        page = desk.page
        await page.locator("nav a[href='/audit']").click()
        await page.locator("form[action='/audit/verification'] button").last.click()
        await _until(page, "/audit/verification", ".alert-success")
        await page.goto("/audit")
        await page.locator("#subject").fill(number)
        await page.locator("form[action='/audit/subject'] button").click()
        await page.locator(f"a[href*='/instructions/{number}/replay']").first.click()
        last = await page.locator("#event").text_content()
        await page.locator("[data-step=ArrowLeft]").click()
        await expect(page.locator("#event")).not_to_have_text(last or "")
        await page.locator("main a[href*='/proof']").first.click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text(number)
        async with page.expect_download() as coming:
            await page.goto("/audit/bundles?kind=instruction&name=" + number)
            await page.locator("#bundle button").click()
        bundle = await coming.value
        assert bundle.suggested_filename.endswith(".zip")
        await page.goto("/audit/access")
        await expect(page.locator("main")).to_contain_text(number)
        assert desk.faults == []


async def _until(page: Page, path: str, there: str) -> None:
    """Looks again, as the page does by itself, until it is there."""
    for _ in range(100):
        await page.goto(path)
        if await page.locator(there).count():
            return
        await page.wait_for_timeout(300)
    raise AssertionError(f"{path} never showed {there}")
