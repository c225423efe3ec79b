import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { launch, picture, screens, scrollsSideways } from "./browser.js";
import { becomes, begin, book, euros, good, list, newAdmin, press, signIn, signUp } from "./people.js";
import { url } from "./server.js";

// What a guest sees of a receipt in a browser, on a phone and on a desk.
let browser: Browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

for (const [screen, viewport] of Object.entries(screens)) {
    test(`a receipt on a ${screen}`, async () => {
        const host = await signUp("host", { is_host: true, display_name: "Maria do Carmo Figueiredo" });
        const guest = await signUp("guest", { display_name: "مريم العلي" });
        const title = "Bright-flat-above-the-old-harbour-with-a-terrace-towards-the-river-and-the-bridge";
        const place = await list(host, { payment_mode: "online", title, cleaning_fee: euros(4000), tax_basis_points: 600 });
        const booking = await book(guest, place, 30);
        const payment = await begin(guest, booking);
        await press(payment, "approve");
        await becomes(guest, booking, "confirmed");
        good(await (await newAdmin()).client.POST("/api/v1/payments/{payment_id}/refunds/", {
            params: { path: { payment_id: payment.id }, header: { "Idempotency-Key": randomUUID() } },
            body: { amount: euros(1500), reason: "The heating was broken for two of the three nights, and nobody came to look." },
        }));

        const { access_token } = await signIn(guest.user.username);
        const page = await browser.newPage({ viewport, extraHTTPHeaders: { Authorization: `Bearer ${access_token}` } });
        const complaints: string[] = [];
        page.on("console", (message) => { if (message.type() === "error" && !message.text().includes("favicon")) complaints.push(message.text()); });
        page.on("request", (request) => { if (!request.url().startsWith(url)) complaints.push(request.url()); });
        await page.goto(`${url}/api/v1/bookings/${booking.id}/receipt/`);
        assert.match(await page.getByRole("heading", { level: 1 }).innerText(), /^Receipt \d{4}-\d{6}$/);
        assert.equal(await scrollsSideways(page), false);
        for (const row of await page.getByRole("row").all()) assert.notEqual((await row.innerText()).trim(), "");
        await page.screenshot({ path: picture(`receipt-${screen}`), fullPage: true });
        assert.deepEqual(complaints, []);
        await page.close();
    });
}
