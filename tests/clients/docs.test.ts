import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { launch, picture } from "./browser.js";
import { url } from "./server.js";

let browser: Browser;
let page: Page;
const elsewhere: string[] = [];
const complaints: string[] = [];

before(async () => {
    browser = await launch();
    page = await browser.newPage({ viewport: { width: 1280, height: 1600 } });
    page.on("request", (request) => {
        if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url())) elsewhere.push(request.url());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => { if (message.type() === "error") complaints.push(message.text()); });
});

after(() => browser.close());

test("/docs shows every operation of the contract, offline", async () => {
    await page.goto(`${url}/docs`);
    await page.locator(".opblock").first().waitFor();
    const contract = await (await fetch(`${url}/openapi.json`)).json() as { paths: Record<string, object> };
    const expected = Object.values(contract.paths).flatMap((methods) => Object.keys(methods)).length;
    assert.equal(await page.locator(".opblock").count(), expected);
    await page.screenshot({ path: picture("docs") });
    assert.deepEqual(elsewhere, []);
    assert.deepEqual(complaints, []);
});

test("/docs can try an operation out", async () => {
    const search = page.locator(".opblock-get").filter({ has: page.locator('[data-path="/api/v1/properties/"], [data-path="/api/v1/properties"]') }).first();
    await search.locator(".opblock-summary").click();
    await search.getByRole("button", { name: "Try it out" }).click();
    const answer = page.waitForResponse((response) => response.url().includes("/api/v1/properties/"));
    await search.getByRole("button", { name: "Execute" }).click();
    assert.equal((await answer).status(), 200);
    await search.locator(".live-responses-table .response-col_status").first().waitFor();
    await page.screenshot({ path: picture("docs-tried") });
    assert.deepEqual(elsewhere, []);
});

test("/graphql shows GraphiQL with the tour and answers it, offline", async () => {
    elsewhere.length = complaints.length = 0;
    await page.goto(`${url}/graphql`);
    await page.locator(".graphiql-execute-button").first().click();
    await page.locator(".result-window").getByText("totalCount").first().waitFor();
    await page.screenshot({ path: picture("graphiql") });
    assert.deepEqual(elsewhere, []);
    assert.deepEqual(complaints, []);
});
