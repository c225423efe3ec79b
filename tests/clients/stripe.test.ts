// The Stripe that our tests pay by is one to Stripe's own client.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import Stripe from "stripe";
import { failNext, stripe } from "./stripe_account.js";

const asked = { amount: 12_050, currency: "eur", payment_method_types: ["card"], metadata: { test: randomUUID() } };

test("an intent is created, confirmed, read and refunded", async () => {
    const made = await stripe.paymentIntents.create(asked);
    assert.deepEqual([made.status, made.amount, made.currency, made.metadata], ["requires_payment_method", 12_050, "eur", asked.metadata]);
    assert.ok(made.client_secret?.startsWith(`${made.id}_secret_`) && made.lastResponse.requestId.startsWith("req_"));
    const paid = await stripe.paymentIntents.confirm(made.id, { payment_method: "pm_card_visa" });
    assert.deepEqual([paid.status, paid.amount_received], ["succeeded", 12_050]);

    const read = await stripe.paymentIntents.retrieve(made.id, { expand: ["latest_charge.balance_transaction"] });
    const charge = read.latest_charge as Stripe.Charge;
    const books = charge.balance_transaction as Stripe.BalanceTransaction;
    assert.deepEqual([charge.amount_captured, books.net + books.fee], [12_050, 12_050]);

    const refund = await stripe.refunds.create({ payment_intent: made.id, amount: 50 });
    assert.deepEqual([refund.status, refund.amount], ["succeeded", 50]);
    await stripe.refunds.create({ payment_intent: made.id });
    await assert.rejects(stripe.refunds.create({ payment_intent: made.id }), (e: unknown) =>
        e instanceof Stripe.errors.StripeInvalidRequestError && e.code === "charge_already_refunded");
    assert.equal((await stripe.refunds.list({ payment_intent: made.id })).data.length, 2);
});

test("money is held, then taken or let go", async () => {
    const held = async () => stripe.paymentIntents.create({ ...asked, capture_method: "manual", confirm: true, payment_method: "pm_card_visa" });
    const [one, two] = [await held(), await held()];
    assert.deepEqual([one.status, one.amount_capturable, one.amount_received], ["requires_capture", 12_050, 0]);
    assert.equal((await stripe.paymentIntents.capture(one.id)).status, "succeeded");
    assert.equal((await stripe.paymentIntents.cancel(two.id)).status, "canceled");
    const intents = stripe.paymentIntents;
    for (const again of [() => intents.capture(one.id), () => intents.cancel(one.id), () => intents.confirm(two.id)])
        await assert.rejects(again, (e: unknown) =>
            e instanceof Stripe.errors.StripeInvalidRequestError && e.code === "payment_intent_unexpected_state");
});

test("a declined card is an error of the card's, and another may be tried", async () => {
    const made = await stripe.paymentIntents.create(asked);
    await assert.rejects(stripe.paymentIntents.confirm(made.id, { payment_method: "pm_card_chargeDeclinedInsufficientFunds" }), (e: unknown) =>
        e instanceof Stripe.errors.StripeCardError && e.code === "card_declined" && e.decline_code === "insufficient_funds" &&
        e.payment_intent?.id === made.id && e.statusCode === 402);
    const declined = await stripe.paymentIntents.retrieve(made.id);
    assert.deepEqual([declined.status, declined.last_payment_error?.decline_code], ["requires_payment_method", "insufficient_funds"]);
    assert.equal((await stripe.paymentIntents.confirm(made.id, { payment_method: "pm_card_visa" })).status, "succeeded");
});

test("lists are paged by themselves", async () => {
    const mark = randomUUID();
    const since = Math.floor(Date.now() / 1000) - 60;
    const made: string[] = [];
    for (let n = 0; n < 7; ++n) made.unshift((await stripe.paymentIntents.create({ ...asked, metadata: { mark } })).id);
    const found: string[] = [];
    for await (const intent of stripe.paymentIntents.list({ limit: 3, created: { gte: since }, expand: ["data.latest_charge"] }))
        if (intent.metadata["mark"] === mark) found.push(intent.id);
    assert.deepEqual(found, made);
});

test("a key stands for one request", async () => {
    const key = { idempotencyKey: randomUUID() };
    const [first, again] = [await stripe.paymentIntents.create(asked, key), await stripe.paymentIntents.create(asked, key)];
    assert.equal(again.id, first.id);
    assert.equal(again.lastResponse.headers["idempotent-replayed"], "true");
    await assert.rejects(stripe.paymentIntents.create({ ...asked, amount: 12_051 }, key), Stripe.errors.StripeIdempotencyError);
});

test("a request whose reply was lost is repeated by itself, with the same key, and has one effect", async () => {
    const made = await stripe.paymentIntents.create(asked);
    await failNext({ pattern: `POST /v1/payment_intents/${made.id}/confirm`, status: 500, after: true });
    const paid = await stripe.paymentIntents.confirm(made.id, { payment_method: "pm_card_visa" });
    assert.equal(paid.lastResponse.headers["idempotent-replayed"], "true", "the effect was there already");
    assert.deepEqual([paid.status, paid.amount_received], ["succeeded", asked.amount]);
});

test("what Stripe would refuse is refused", async () => {
    const refused = (code: string | undefined) => (e: unknown) => e instanceof Stripe.errors.StripeInvalidRequestError && e.code === code;
    await assert.rejects(stripe.paymentIntents.create({ ...asked, amount: 1 }), refused("amount_too_small"));
    await assert.rejects(stripe.paymentIntents.create({ ...asked, colour: "blue" } as Stripe.PaymentIntentCreateParams), refused("parameter_unknown"));
    await assert.rejects(stripe.paymentIntents.create({ currency: "eur" } as Stripe.PaymentIntentCreateParams), refused("parameter_missing"));
    await assert.rejects(stripe.paymentIntents.retrieve("pi_none"), refused("resource_missing"));
    await assert.rejects(stripe.transfers.create({ amount: 100, currency: "eur", destination: "acct_unknown" }), refused("resource_missing"));
    await assert.rejects(stripe.accounts.retrieve("acct_1"), Stripe.errors.StripeInvalidRequestError, "nor has it what we do not use");
    const stranger = new Stripe("sk_test_of_somebody_else", { host: "127.0.0.1", port: new URL(process.env["ROOST_STRIPE_API_BASE"]!).port, protocol: "http" });
    await assert.rejects(stranger.paymentIntents.list(), Stripe.errors.StripeAuthenticationError);
});

test("money goes to a host, once", async () => {
    const transfer = { amount: 900, currency: "eur", destination: "acct_1Host", transfer_group: randomUUID() };
    const made = await stripe.transfers.create(transfer);
    assert.deepEqual([made.amount, made.destination, made.reversed], [900, "acct_1Host", false]);
    assert.deepEqual((await stripe.transfers.list({ transfer_group: transfer.transfer_group })).data.map((t) => t.id), [made.id]);
});
