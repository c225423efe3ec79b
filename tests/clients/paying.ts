import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { becomes, book, eventually, good, list, newAdmin, signUp, type Person } from "./people.js";
import { url } from "./server.js";

export async function begin(guest: Person, booking: { id: string }, provider: "sandbox" | "stripe" = "sandbox") {
    return good(await guest.client.POST("/api/v1/payments/", {
        params: { header: { "Idempotency-Key": randomUUID() } },
        body: { booking_id: booking.id, provider, method: "card" },
    }));
}

/** What a guest presses on the provider's page. */
export async function press(payment: Awaited<ReturnType<typeof begin>>, choice: string) {
    const page = new URL(payment.next_action!.redirect_url!, url);
    const shown = await fetch(page);
    assert.equal(shown.status, 200);
    assert.match(await shown.text(), new RegExp(`value="${choice}"`));
    const done = await fetch(page, { method: "POST", body: new URLSearchParams({ choice }) });
    assert.equal(done.status, 200, "the page shows what came of it");
}

test("a stay is paid online, at the second try, and an admin gives a part back", async () => {
    const host = await signUp("host", { is_host: true });
    const guest = await signUp("guest");
    const booking = await book(guest, await list(host, { payment_mode: "online" }), 30);
    assert.deepEqual([booking.status, booking.amount_due], ["awaiting_payment", booking.price.total]);

    const first = await begin(guest, booking);
    const given = good(await guest.client.POST("/api/v1/payments/{payment_id}/cancel/", { params: { path: { payment_id: first.id } } }));
    assert.equal(given.id, first.id);

    const payment = await begin(guest, booking);
    await press(payment, "approve");
    const confirmed = await becomes(guest, booking, "confirmed");
    assert.deepEqual([confirmed.paid, confirmed.amount_due.amount], [payment.amount, 0]);
    const one = { params: { path: { payment_id: payment.id } } };
    const paid = good(await host.client.GET("/api/v1/payments/{payment_id}/", one));
    assert.deepEqual([paid.status, paid.captured], ["succeeded", payment.amount]);

    const admin = await newAdmin();
    const part = { amount: 1500, currency: payment.amount.currency };
    const refund = good(await admin.client.POST("/api/v1/payments/{payment_id}/refunds/", {
        params: { path: { payment_id: payment.id }, header: { "Idempotency-Key": randomUUID() } },
        body: { amount: part, reason: "The heating was broken." },
    }));
    assert.deepEqual(refund.amount, part);
    const after = await eventually("the refund", async () => {
        const seen = good(await guest.client.GET("/api/v1/payments/{payment_id}/", one));
        return seen.refunded.amount === part.amount && seen;
    });
    assert.equal(after.status, "partially_refunded");
    const refunds = good(await guest.client.GET("/api/v1/payments/{payment_id}/refunds/", one));
    assert.deepEqual(refunds.results.map((r) => [r.id, r.status]), [[refund.id, "succeeded"]]);

    const mine = good(await guest.client.GET("/api/v1/payments/"));
    const ofBooking = good(await host.client.GET("/api/v1/bookings/{booking_id}/payments/", { params: { path: { booking_id: booking.id } } }));
    for (const all of [mine, ofBooking]) assert.deepEqual(all.results.map((p) => p.id), [payment.id, first.id]);
});
