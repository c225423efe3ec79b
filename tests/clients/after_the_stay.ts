import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { anybody, becomes, book, clock, eventually, good, list, mailTo, newAdmin, signUp } from "./people.js";

async function anEndedStay(t: TestContext) {
    const host = await signUp("host", { is_host: true });
    const guest = await signUp("guest");
    const listing = await list(host);
    const booking = await book(guest, listing, 5, 2);
    for (const [moment, status] of [[booking.starts_at, "in_stay"], [booking.ends_at, "completed"]] as const) {
        await clock.goTo(t, moment);
        await becomes(guest, booking, status);
    }
    return { host, guest, listing, booking };
}

test("guest and host review each other, the host replies, and an admin judges a report", async (t) => {
    const { host, guest, listing, booking } = await anEndedStay(t);
    const write = { booking_id: booking.id, rating: 2, cleanliness: 1, comment: "Dusty." };
    const review = good(await guest.client.POST("/api/v1/reviews/", { body: write }));
    const one = { params: { path: { review_id: review.id } } };
    assert.equal((await host.client.GET("/api/v1/reviews/{review_id}/", one)).response.status, 404, "blind until both have written");
    good(await guest.client.PATCH("/api/v1/reviews/{review_id}/", {
        params: { ...one.params, header: { "If-Match": `"${review.version}"` } },
        body: { comment: "A little dusty." },
    }));
    const about = good(await host.client.POST("/api/v1/reviews/", { body: { booking_id: booking.id, rating: 5 } }));
    assert.deepEqual([about.status, about.direction], ["published", "host_to_guest"]);
    good(await host.client.POST("/api/v1/reviews/{review_id}/reply/", { ...one, body: { reply: "There is a new vacuum cleaner." } }));
    const seen = good(await anybody.GET("/api/v1/reviews/{review_id}/", one));
    assert.deepEqual([seen.comment, seen.reply], ["A little dusty.", "There is a new vacuum cleaner."]);

    const place = { params: { path: { property_id: listing.id } } };
    const shown = async () => good(await anybody.GET("/api/v1/properties/{property_id}/reviews/", place)).results.map((r) => r.id);
    assert.deepEqual(await shown(), [review.id]);
    const ofGuest = good(await anybody.GET("/api/v1/users/{user_id}/reviews/", { params: { path: { user_id: guest.user.id } } }));
    assert.deepEqual(ofGuest.results.map((r) => r.id), [about.id]);
    const both = good(await guest.client.GET("/api/v1/bookings/{booking_id}/reviews/", { params: { path: { booking_id: booking.id } } }));
    assert.deepEqual([both.guest_to_property.review?.id, both.host_to_guest.review?.id], [review.id, about.id]);

    const admin = await newAdmin();
    good(await host.client.POST("/api/v1/reviews/{review_id}/report/", { ...one, body: { reason: "It is about another place." } }));
    const open = async () => good(await admin.client.GET("/api/v1/reviews/reports/")).results.filter((r) => r.review_id === review.id);
    assert.deepEqual((await open()).map((r) => [r.reporter_id, r.reason]), [[host.user.id, "It is about another place."]]);
    good(await admin.client.POST("/api/v1/reviews/{review_id}/hide/", { ...one, body: { reason: "Another place." } }));
    assert.deepEqual([await shown(), await open()], [[], []]);
    good(await admin.client.POST("/api/v1/reviews/{review_id}/restore/", { ...one, body: { reason: "This place after all." } }));
    assert.deepEqual(await shown(), [review.id]);
});

test("people are told what happens, and read it, and say what they want to hear of", async (t) => {
    const host = await signUp("host", { is_host: true });
    const wishes = good(await host.client.PATCH("/api/v1/notifications/preferences/", { body: { review: { mail: false } } }));
    assert.deepEqual(wishes.review, { mail: false, in_app: true, required: false });
    assert.deepEqual(good(await host.client.GET("/api/v1/notifications/preferences/")), wishes);

    const guest = await signUp("guest");
    const booking = await book(guest, await list(host, { title: "Sea view" }), 10);
    assert.ok((await mailTo(guest, "Your stay at Sea view is confirmed")).includes(booking.id));
    const told = await eventually("the host being told", async () => {
        const all = good(await host.client.GET("/api/v1/notifications/", { params: { query: { unread: true } } })).results;
        return all.find((n) => n.kind === "booking_confirmed" && n.subject_id === booking.id);
    });
    const unread = async () => good(await host.client.GET("/api/v1/notifications/unread-count/")).unread;
    const before = await unread();
    good(await host.client.POST("/api/v1/notifications/{notification_id}/read/", { params: { path: { notification_id: told.id } } }));
    assert.equal(await unread(), before - 1);

    await clock.goTo(t, Date.parse(booking.starts_at) - 86_340_000);
    await mailTo(guest, "Your stay at Sea view begins soon");
    good(await host.client.POST("/api/v1/notifications/read-all/"));
    assert.equal(await unread(), 0);
});
