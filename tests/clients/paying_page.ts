import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { launch, picture, screens, scrollsSideways } from "./browser.js";
import { begin, book, list, signUp } from "./people.js";
import { url } from "./server.js";

// What a guest sees and does on the sandbox's page, on a phone and on a desk.
let browser: Browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

async function newPayment() {
    const host = await signUp("host", { is_host: true });
    const guest = await signUp("guest");
    const payment = await begin(guest, await book(guest, await list(host, { payment_mode: "online" }), 30));
    return new URL(payment.next_action!.redirect_url!, url).href;
}

/** Nothing beyond the edge, nothing too small for a finger or hidden behind something else. */
async function assertUsable(page: Page) {
    assert.equal(await scrollsSideways(page), false);
    assert.equal(await page.locator("html").getAttribute("lang"), "en");
    assert.equal(await page.getByRole("heading", { level: 1 }).count(), 1);
    assert.notEqual(await page.getByRole("status").innerText(), "");
    for (const button of await page.getByRole("button").all()) {
        await button.scrollIntoViewIfNeeded();
        const box = (await button.boundingBox())!;
        assert.ok(box.height >= 44 && box.x >= 0 && box.x + box.width <= page.viewportSize()!.width, JSON.stringify(box));
        assert.notEqual((await button.innerText()).trim(), "");
        await button.click({ trial: true });
    }
}

/** Goes to every button by the keyboard, and each shows that it is the one. */
async function assertFocusIsSeen(page: Page) {
    const names = await page.getByRole("button").allInnerTexts();
    for (const name of names) {
        await page.keyboard.press("Tab");
        const focused = page.locator("button:focus-visible");
        assert.equal(await focused.innerText(), name);
        const outline = await focused.evaluate((e: unknown) => {
            const style = (globalThis as any).getComputedStyle(e);
            return [style.outlineStyle, parseFloat(style.outlineWidth)] as const;
        });
        assert.ok(outline[0] !== "none" && outline[1] >= 2, `${name}: ${outline}`);
    }
}

for (const [screen, viewport] of Object.entries(screens)) {
    const ask = "Ask the bank for the money back";
    const ways: { name: string; press: string[]; said: string; left: string[] }[] = [
        { name: "approve", press: ["Pay"], said: "Done. The payment went through.", left: [ask] },
        { name: "decline", press: ["Decline"], said: "The payment failed.", left: [] },
        { name: "second-step", press: ["Pay, and be asked for a second step", "It is me"], said: "Done. The payment went through.", left: [ask] },
        { name: "not-me", press: ["Pay, and be asked for a second step", "It is not me"], said: "The payment failed.", left: [] },
        { name: "dispute", press: ["Pay", ask, "The bank gives it back"], said: "The bank has given the money back.", left: [] },
    ];
    for (const way of ways) {
        test(`the sandbox's page on a ${screen}: ${way.name}`, async () => {
            const page = await browser.newPage({ viewport });
            const complaints: string[] = [];
            page.on("pageerror", (error) => complaints.push(error.message));
            page.on("console", (message) => { if (message.type() === "error" && !message.text().includes("favicon")) complaints.push(message.text()); });
            await page.goto(await newPayment());
            await page.screenshot({ path: picture(`sandbox-${screen}-open`), fullPage: true });
            await assertFocusIsSeen(page);  // before anything is pointed at, where Tab would go on
            for (const name of way.press) {
                await assertUsable(page);
                await page.screenshot({ path: picture(`sandbox-${screen}-${way.name}`), fullPage: true });
                await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name, exact: true }).click()]);
            }
            assert.equal(await page.getByRole("status").innerText(), way.said);
            assert.deepEqual(await page.getByRole("button").allInnerTexts(), way.left);
            await assertUsable(page);
            await page.screenshot({ path: picture(`sandbox-${screen}-${way.name}-done`), fullPage: true });
            assert.deepEqual(complaints, []);
            await page.close();
        });
    }
}
