import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import createClient from "openapi-fetch";
import type { paths } from "./generated/openapi.js";
import { url } from "./server.js";

const anybody = createClient<paths>({ baseUrl: url });
const password = "correct horse battery staple 7";

/** The data of a reply that must be a success; what it says otherwise is the failure's message. */
function good<T>(reply: { data?: T; error?: unknown; response: Response }): T {
    assert.ok(reply.response.ok && reply.error === undefined, `${reply.response.url}: ${reply.response.status} ${JSON.stringify(reply.error)}`);
    return reply.data as T;
}

function day(ahead: number): string {
    return new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10);
}

async function signUp(word: string) {
    const username = `${word}_${randomUUID().slice(0, 8)}`;
    const body = { username, email: `${username}@example.com`, password, display_name: word, locale: "en" };
    const user = good(await anybody.POST("/api/v1/users/", { body }));
    const session = good(await anybody.POST("/api/v1/auth/login/", { body: { username, password, cookies: false } }));
    const client = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${session.access_token}` } });
    return { user, session, client };
}

test("a stay is offered, found, quoted, booked, seen by both sides and cancelled", async () => {
    const host = await signUp("host");
    const guest = await signUp("guest");
    assert.equal(good(await host.client.PATCH("/api/v1/users/me/", { body: { is_host: true } })).is_host, true);

    const draft = good(await host.client.POST("/api/v1/properties/", {
        body: {
            title: "Bright flat above the old harbour",
            property_type: "apartment",
            room_type: "entire_home",
            address: { line: "Rua da Bica 4", city: "Lisbon", country: "PT" },
            location: { latitude: 38.7139, longitude: -9.1334 },
            nightly_price: { amount: 12050, currency: "EUR" },
            capacity: 4,
            amenities: ["wifi", "kitchen"],
            booking_mode: "instant",
            payment_mode: "on_arrival",
        },
    }));
    assert.equal(draft.status, "draft");
    assert.equal(draft.time_zone, "Europe/Lisbon");
    const path = { property_id: draft.id };
    assert.equal((await anybody.GET("/api/v1/properties/{property_id}/", { params: { path } })).response.status, 404);
    const listed = good(await host.client.PATCH("/api/v1/properties/{property_id}/", {
        params: { path, header: { "If-Match": `"${draft.version}"` } },
        body: { status: "listed" },
    }));
    assert.equal(listed.status, "listed");

    const stay = { check_in: day(30), check_out: day(33), guests: 2 };
    const found = good(await anybody.GET("/api/v1/properties/", {
        params: { query: { host: host.user.id, check_in: stay.check_in, check_out: stay.check_out, guests: 2 } },
    }));
    assert.deepEqual(found.results.map((p) => p.id), [draft.id]);

    const quote = good(await guest.client.POST("/api/v1/properties/{property_id}/quote/", { params: { path }, body: stay }));
    assert.equal(quote.nights, 3);
    const sum = quote.price.lines.reduce((total, line) => total + line.amount.amount, 0);
    assert.equal(sum, quote.price.total.amount);
    assert.deepEqual(found.results[0]!.total_price, quote.price.total);

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
    const wish = { guests: 1, reason: "One of us cannot come." };
    const change = good(await guest.client.POST("/api/v1/bookings/{booking_id}/alterations/", { ...one, body: wish }));
    const agreed = good(await host.client.POST("/api/v1/bookings/{booking_id}/alterations/{alteration_id}/accept/", {
        params: { path: { booking_id: booking.id, alteration_id: change.id } },
    }));
    assert.deepEqual([agreed.status, agreed.difference.amount], ["accepted", 0]);
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

test("sessions are refreshed, listed and ended", async () => {
    const { client, session } = await signUp("ann");
    const body = { refresh_token: session.refresh_token };
    const fresh = good(await anybody.POST("/api/v1/auth/refresh/", { body }));
    assert.notEqual(fresh.refresh_token, session.refresh_token);
    assert.equal(good(await client.GET("/api/v1/auth/sessions/")).results.length, 1);
    good(await client.POST("/api/v1/auth/logout/"));
    assert.equal((await client.GET("/api/v1/users/me/")).response.status, 401);
});

test("refusals have the shape that the contract promises", async () => {
    const refused = await anybody.POST("/api/v1/users/", { body: { username: "?", email: "x", password: "short", display_name: "", locale: "en" } });
    assert.equal(refused.response.status, 422);
    assert.deepEqual(refused.error?.errors?.map((e) => e.pointer).sort(), ["/display_name", "/email", "/password", "/username"]);
    const anonymous = await anybody.GET("/api/v1/users/me/");
    assert.equal(anonymous.response.status, 401);
    assert.equal(anonymous.error?.code, "not_signed_in");
});
