import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { becomes, begin, book, eventually, good, list, newAdmin, press, signUp } from "./people.js";

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

    const receipt = good(await guest.client.GET("/api/v1/bookings/{booking_id}/receipt/", { params: { path: { booking_id: booking.id } } }));
    assert.deepEqual(receipt.entries.map((e) => [e.kind, e.amount]), [["payment", payment.amount], ["credit_note", part]]);
    assert.deepEqual([receipt.number, receipt.due.amount], [receipt.entries[0]!.number, 0]);

    const mine = good(await guest.client.GET("/api/v1/payments/"));
    const ofBooking = good(await host.client.GET("/api/v1/bookings/{booking_id}/payments/", { params: { path: { booking_id: booking.id } } }));
    for (const all of [mine, ofBooking]) assert.deepEqual(all.results.map((p) => p.id), [payment.id, first.id]);
});
