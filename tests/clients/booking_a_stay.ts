import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { anybody, becomes, book, clock, good, list, signUp } from "./people.js";

test("a stay is offered, found, quoted, booked, seen by both sides and cancelled", async () => {
    const host = await signUp("host", { is_host: true });
    const guest = await signUp("guest");

    const draft = await list(host, { status: "draft" });
    assert.equal(draft.status, "draft");
    assert.equal(draft.time_zone, "Europe/Lisbon");
    const path = { property_id: draft.id };
    assert.equal((await anybody.GET("/api/v1/properties/{property_id}/", { params: { path } })).response.status, 404);
    const listed = good(await host.client.PATCH("/api/v1/properties/{property_id}/", {
        params: { path, header: { "If-Match": `"${draft.version}"` } },
        body: { status: "listed" },
    }));
    assert.equal(listed.status, "listed");

    const stay = { check_in: clock.day(30), check_out: clock.day(33), guests: 2 };
    const found = good(await anybody.GET("/api/v1/properties/", {
        params: { query: { host: host.user.id, check_in: stay.check_in, check_out: stay.check_out, guests: 2 } },
    }));
    assert.deepEqual(found.results.map((p) => p.id), [draft.id]);

    const quote = good(await guest.client.POST("/api/v1/properties/{property_id}/quote/", { params: { path }, body: stay }));
    assert.equal(quote.nights, 3);
    const sum = quote.price.lines.reduce((total, line) => total + line.amount.amount, 0);
    assert.equal(sum, quote.price.total.amount);
    assert.deepEqual(found.results[0]!.total_price, quote.price.total);

    assert.deepEqual(good(await guest.client.GET("/api/v1/quotes/{quote_id}/", { params: { path: { quote_id: quote.id } } })), quote);

    const order = {
        params: { header: { "Idempotency-Key": randomUUID() } },
        body: { quote_id: quote.id, message: "We arrive late, around 22:00." },
    };
    const booking = good(await guest.client.POST("/api/v1/bookings/", order));
    assert.equal(booking.status, "confirmed");
    assert.deepEqual(good(await guest.client.POST("/api/v1/bookings/", order)), booking, "the same key, the same booking");

    const rival = await guest.client.POST("/api/v1/properties/{property_id}/quote/", { params: { path }, body: stay });
    assert.equal(rival.response.status, 409);
    assert.equal(rival.error?.code, "dates_taken");

    const atHost = good(await host.client.GET("/api/v1/bookings/", { params: { query: { role: "host" } } }));
    assert.deepEqual(atHost.results.map((b) => b.id), [booking.id]);

    const one = { params: { path: { booking_id: booking.id } } };
    assert.deepEqual(good(await host.client.GET("/api/v1/bookings/{booking_id}/", one)), booking);
    const policies = good(await anybody.GET("/api/v1/cancellation-policies/"));
    assert.deepEqual(policies.results.find((p) => p.code === booking.cancellation_policy)?.terms, booking.cancellation_terms);
    const preview = good(await guest.client.GET("/api/v1/bookings/{booking_id}/cancellation-preview/", one));
    const cancelled = good(await guest.client.POST("/api/v1/bookings/{booking_id}/cancel/", { ...one, body: { reason: "Our plans changed." } }));
    assert.equal(cancelled.booking.status, "cancelled_by_guest");
    assert.deepEqual(cancelled.refund, preview.now);
    const history = good(await host.client.GET("/api/v1/bookings/{booking_id}/history/", one));
    assert.equal(history.results.at(-1)?.to_status, "cancelled_by_guest");
    good(await guest.client.POST("/api/v1/properties/{property_id}/quote/", { params: { path }, body: stay }));
});

test("a stay that is asked for is agreed to, or not", async () => {
    const host = await signUp("host", { is_host: true });
    const guest = await signUp("guest");
    const listing = await list(host, { booking_mode: "request" });
    const [wanted, unwanted] = [await book(guest, listing, 20), await book(guest, listing, 40)];
    assert.deepEqual([wanted.status, unwanted.status], ["requested", "requested"]);
    const agreed = good(await host.client.POST("/api/v1/bookings/{booking_id}/accept/", { params: { path: { booking_id: wanted.id } } }));
    assert.equal(agreed.status, "confirmed");
    const declined = good(await host.client.POST("/api/v1/bookings/{booking_id}/decline/", {
        params: { path: { booking_id: unwanted.id } },
        body: { reason: "We paint the kitchen that week." },
    }));
    assert.equal(declined.status, "declined");
});

test("plans change: one change is agreed to, one is declined, one is thought better of", async () => {
    const host = await signUp("host", { is_host: true });
    const guest = await signUp("guest");
    const booking = await book(guest, await list(host), 30, 4);
    const one = { params: { path: { booking_id: booking.id } } };
    const propose = async (wish: { check_out?: string; guests?: number; reason: string }) => {
        const change = good(await guest.client.POST("/api/v1/bookings/{booking_id}/alterations/", { ...one, body: wish }));
        return { change, to: { params: { path: { booking_id: booking.id, alteration_id: change.id } } } };
    };

    const longer = await propose({ check_out: clock.day(36), reason: "We would love to stay longer." });
    assert.equal(longer.change.difference.amount, longer.change.after.price.total.amount - booking.price.total.amount);
    const agreed = good(await host.client.POST("/api/v1/bookings/{booking_id}/alterations/{alteration_id}/accept/", longer.to));
    assert.equal(agreed.status, "accepted");
    const altered = good(await guest.client.GET("/api/v1/bookings/{booking_id}/", one));
    assert.deepEqual([altered.check_out, altered.price], [clock.day(36), longer.change.after.price]);

    const crowd = await propose({ guests: 4, reason: "Friends of ours come along." });
    const refused = good(await host.client.POST("/api/v1/bookings/{booking_id}/alterations/{alteration_id}/decline/", {
        ...crowd.to,
        body: { reason: "There are two beds only." },
    }));
    assert.deepEqual([refused.status, refused.answer], ["declined", "There are two beds only."]);

    const alone = await propose({ guests: 1, reason: "One of us cannot come." });
    assert.equal(good(await guest.client.POST("/api/v1/bookings/{booking_id}/alterations/{alteration_id}/cancel/", alone.to)).status, "cancelled");
    const all = good(await host.client.GET("/api/v1/bookings/{booking_id}/alterations/", one));
    assert.deepEqual(all.results.map((a) => a.status).sort(), ["accepted", "cancelled", "declined"]);
});

test("nobody comes, and a day later the host says so", async (t) => {
    const host = await signUp("host", { is_host: true });
    const guest = await signUp("guest");
    const booking = await book(guest, await list(host), 10, 5);
    await clock.goTo(t, Date.parse(booking.starts_at) + 86_400_000);
    await becomes(guest, booking, "in_stay");
    const done = good(await host.client.POST("/api/v1/bookings/{booking_id}/no-show/", {
        params: { path: { booking_id: booking.id } },
        body: { reason: "Nobody at the door." },
    }));
    assert.deepEqual([done.booking.status, done.refund.rule], ["no_show", "no_show"]);
});

test("refusals have the shape that the contract promises", async () => {
    const refused = await anybody.POST("/api/v1/users/", { body: { username: "?", email: "x", password: "short", display_name: "", locale: "en" } });
    assert.equal(refused.response.status, 422);
    assert.deepEqual(refused.error?.errors?.map((e) => e.pointer).sort(), ["/display_name", "/email", "/password", "/username"]);
    const anonymous = await anybody.GET("/api/v1/users/me/");
    assert.equal(anonymous.response.status, 401);
    assert.equal(anonymous.error?.code, "not_signed_in");
});
