import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { begin, book, clock, euros, eventually, good, list, newAdmin, press, signUp, type Person } from "./people.js";
import { failNext, stripe } from "./stripe_account.js";

const key = () => ({ "Idempotency-Key": randomUUID() });
const reason = "The lamp was broken.";

/** Where the host is paid, set days ago: nothing goes to a new account at once. */
async function account(host: Person, destination: string) {
    await clock.move(-3 * 86_400_000);
    const body = { provider: "sandbox", destination, currency: "EUR" } as const;
    good(await host.client.PUT("/api/v1/users/me/payout-account/", { body }));
    await clock.move(0);
}

async function propose(admin: Person, host: Person, amount: number) {
    return good(await admin.client.POST("/api/v1/admin/adjustments/", {
        params: { header: key() },
        body: { amount: euros(amount), debit_account: "platform_revenue", credit_account: "host_payable", credit_host_id: host.user.id, reason },
    }));
}

/** The host's payout once it has that status. */
function payoutBecomes(admin: Person, host: Person, status: "paid" | "failed") {
    return eventually(`a payout that has ${status}`, async () => {
        const query = { status: [status], host: host.user.id };
        return good(await admin.client.GET("/api/v1/admin/payouts/", { params: { query } })).results[0];
    });
}

test("two admins give a host something, who is paid at the second try and sees it on a statement", async () => {
    const host = await signUp("host", { is_host: true });
    const [first, second] = [await newAdmin(), await newAdmin()];
    await account(host, "fails");
    const [right, wrong] = [await propose(first, host, 5000), await propose(first, host, 50_000)];
    assert.deepEqual([right.status, wrong.status], ["proposed", "proposed"]);
    const one = (id: string) => ({ params: { path: { adjustment_id: id } }, body: { reason } });
    const own = await first.client.POST("/api/v1/admin/adjustments/{adjustment_id}/approve/", one(right.id));
    assert.equal(own.response.status, 403);
    assert.equal(good(await second.client.POST("/api/v1/admin/adjustments/{adjustment_id}/approve/", one(right.id))).status, "posted");
    assert.equal(good(await first.client.POST("/api/v1/admin/adjustments/{adjustment_id}/refuse/", one(wrong.id))).status, "refused");
    const refused = good(await first.client.GET("/api/v1/admin/adjustments/", { params: { query: { status: ["refused"] } } }));
    assert.ok(refused.results.some((a) => a.id === wrong.id));

    execFileSync(process.env["ROOST_BIN"]!, ["payouts", "run"]);
    const failed = await payoutBecomes(first, host, "failed");
    assert.deepEqual([failed.amount, failed.failure_reason], [right.amount, "account_closed"]);
    await account(host, "account_1");
    const again = good(await first.client.POST("/api/v1/admin/payouts/{payout_id}/retry/", { params: { path: { payout_id: failed.id } }, body: { reason } }));
    assert.equal((await payoutBecomes(first, host, "paid")).id, again.id);

    const query = { currency: "EUR", from: clock.day(-4), to: clock.day(1) };
    const statement = good(await host.client.GET("/api/v1/users/me/statements/", { params: { query } }));
    assert.ok(typeof statement !== "string");
    assert.deepEqual(statement.lines.map((l) => [l.kind, l.amount.amount]),
        [["adjustment", 5000], ["payout", -5000], ["payout_returned", 5000], ["payout", -5000]]);
    assert.equal(statement.closing_balance.amount, 0);
    const table = good(await host.client.GET("/api/v1/users/me/statements/", { params: { query: { ...query, format: "csv" } }, parseAs: "text" }));
    assert.equal((table as unknown as string).trimEnd().split("\r\n").length, 1 + 2 + statement.lines.length);

    const noted = good(await second.client.GET("/api/v1/admin/audit/", { params: { query: { subject: right.id } } }));
    assert.deepEqual(noted.results.map((a) => [a.action, a.actor_id]),
        [["adjustment.approved", second.user.id], ["adjustment.proposed", first.user.id]]);
    const accounts = good(await host.client.GET("/api/v1/users/me/payout-account/"));
    assert.deepEqual(accounts.results.map((a) => a.destination), ["account_1"]);
    good(await host.client.DELETE("/api/v1/users/me/payout-account/"));
});

test("an admin keeps a host's money back and lets it go", async () => {
    const host = await signUp("host", { is_host: true });
    const [first, second] = [await newAdmin(), await newAdmin()];
    const given = await propose(first, host, 700);
    good(await second.client.POST("/api/v1/admin/adjustments/{adjustment_id}/approve/", { params: { path: { adjustment_id: given.id } }, body: { reason } }));
    const balance = async () => good(await host.client.GET("/api/v1/users/me/balance/")).results.map((b) => [b.payable.amount, b.held.amount])[0];
    const hold = good(await first.client.POST("/api/v1/admin/payout-holds/", { body: { host_id: host.user.id, reason: "Is it real?" } }));
    assert.deepEqual(await balance(), [0, 700]);
    const holds = good(await second.client.GET("/api/v1/admin/payout-holds/", { params: { query: { host: host.user.id } } }));
    assert.deepEqual(holds.results.map((h) => h.id), [hold.id]);
    good(await second.client.POST("/api/v1/admin/payout-holds/{hold_id}/release/", { params: { path: { hold_id: hold.id } }, body: { reason: "It is." } }));
    assert.deepEqual(await balance(), [700, 0]);
});

test("a guest asks the bank for the money back and gets it", async () => {
    const host = await signUp("host", { is_host: true });
    const guest = await signUp("guest");
    const admin = await newAdmin();
    const booking = await book(guest, await list(host, { payment_mode: "online" }), 30);
    const payment = await begin(guest, booking);
    await press(payment, "approve");
    await press(payment, "dispute");
    const open = await eventually("the dispute", async () =>
        good(await admin.client.GET("/api/v1/admin/disputes/", { params: { query: { status: ["open"] } } })).results.find((d) => d.booking_id === booking.id));
    assert.equal(good(await host.client.GET("/api/v1/bookings/{booking_id}/", { params: { path: { booking_id: booking.id } } })).disputed, true);
    await press(payment, "lose");
    const one = { params: { path: { dispute_id: open.id } } };
    const lost = await eventually("its end", async () => {
        const seen = good(await admin.client.GET("/api/v1/admin/disputes/{dispute_id}/", one));
        return seen.status === "lost" && seen;
    });
    assert.deepEqual(lost.amount, payment.amount);
});

test("a refund that Stripe has refused is asked for again", async () => {
    const guest = await signUp("guest");
    const admin = await newAdmin();
    const booking = await book(guest, await list(await signUp("host", { is_host: true }), { payment_mode: "online" }), 30);
    const payment = await begin(guest, booking, "stripe");
    await stripe.paymentIntents.confirm(payment.next_action!.client_secret!.split("_secret_")[0]!, { payment_method: "pm_card_visa" });
    const one = { params: { path: { payment_id: payment.id } } };
    const refunds = async () => good(await guest.client.GET("/api/v1/payments/{payment_id}/refunds/", one)).results;
    await eventually("the payment", async () => good(await guest.client.GET("/api/v1/payments/{payment_id}/", one)).status === "succeeded");

    const body = JSON.stringify({ error: { type: "invalid_request_error", code: "charge_disputed" } });
    await failNext({ pattern: "POST /v1/refunds", status: 400, after: false, body });
    good(await admin.client.POST("/api/v1/payments/{payment_id}/refunds/", { params: { ...one.params, header: key() }, body: { reason } }));
    const failed = await eventually("the refusal", async () =>
        good(await admin.client.GET("/api/v1/admin/refunds/")).results.find((r) => r.payment_id === payment.id));
    const again = good(await admin.client.POST("/api/v1/admin/refunds/{refund_id}/retry/", { params: { path: { refund_id: failed.id } }, body: { reason } }));
    await eventually("the refund", async () => (await refunds()).some((r) => r.id === again.id && r.status === "succeeded"));
});
