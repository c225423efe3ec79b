import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { becomes, begin, book, list, signUp } from "./people.js";
import { url } from "./server.js";
import { stripe, webhookSecret } from "./stripe_account.js";

test("a stay is paid by way of Stripe, at the second card", async () => {
    const host = await signUp("host", { is_host: true });
    const guest = await signUp("guest");
    const booking = await book(guest, await list(host, { payment_mode: "online" }), 30);
    const payment = await begin(guest, booking, "stripe");
    assert.equal(payment.next_action?.kind, "client_secret");
    const id = payment.next_action.client_secret!.split("_secret_")[0]!;
    await assert.rejects(stripe.paymentIntents.confirm(id, { payment_method: "pm_card_chargeDeclined" }), { code: "card_declined" });
    await stripe.paymentIntents.confirm(id, { payment_method: "pm_card_visa" });
    const confirmed = await becomes(guest, booking, "confirmed");
    assert.deepEqual(confirmed.paid, payment.amount);
});

test("Stripe's client and the server agree about which events are good", async () => {
    const now = Math.floor(Date.now() / 1000);
    const event = (change: object = {}) => JSON.stringify({
        id: `evt_${randomUUID()}`, object: "event", type: "payment_intent.succeeded", livemode: false,
        data: { object: { id: "pi_of_nobody", object: "payment_intent", metadata: {} } }, ...change,
    }, null, 2);
    const header = (payload: string, how: { secret?: string; timestamp?: number; scheme?: string } = {}) =>
        stripe.webhooks.generateTestHeaderString({ payload, secret: webhookSecret, timestamp: now, ...how });
    const body = event();
    const [time, code] = header(body).split(",") as [string, string];
    const vectors: [string, string, string, boolean][] = [
        ["as Stripe sends it", event(), "", true],
        ["umlauts and emoji", event({ note: "Zürich 🏠" }), "", true],
        ["signed four minutes ago", body, header(body, { timestamp: now - 240 }), true],
        ["signed long ago", body, header(body, { timestamp: now - 600 }), false],
        ["by another secret", body, header(body, { secret: "whsec_other" }), false],
        ["of another body", `${body} `, header(body), false],
        ["written again", JSON.stringify(JSON.parse(body)), header(body), false],
        ["another time", body, `t=${now + 1},${code}`, false],
        ["two codes, the second good", body, `${time},v1=${"0".repeat(64)},${code}`, true],
        ["two codes, none good", body, `${time},v1=${"0".repeat(64)},v1=${"1".repeat(64)}`, false],
        ["another scheme", body, header(body, { scheme: "v0" }), false],
        ["no code", body, time, false],
        ["no time", body, code, false],
        ["nothing", body, "", false],
    ];
    for (const [name, payload, given, good] of vectors) {
        const signature = given || (good ? header(payload) : "");
        let theirs = true;
        try {
            stripe.webhooks.constructEvent(payload, signature, webhookSecret);
        } catch (e) {
            assert.ok(e instanceof stripe.errors.StripeSignatureVerificationError, name);
            theirs = false;
        }
        const reply = await fetch(`${url}/api/v1/webhooks/stripe/`, {
            method: "POST", body: payload, headers: { "Content-Type": "application/json", "Stripe-Signature": signature },
        });
        assert.deepEqual([theirs, reply.status], [good, good ? 200 : 401], name);
    }
});
