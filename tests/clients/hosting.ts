import assert from "node:assert/strict";
import { test } from "node:test";
import { anybody, book, clock, euros, good, list, signUp } from "./people.js";

test("a host says what nights cost and when nobody comes, and a guest pays what it says", async () => {
    const host = await signUp("host", { is_host: true });
    const guest = await signUp("guest");
    const listing = await list(host, { cleaning_fee: euros(3000) });
    const path = { property_id: listing.id };

    const usual = good(await host.client.GET("/api/v1/properties/{property_id}/pricing/", { params: { path } }));
    const priced = good(await host.client.PUT("/api/v1/properties/{property_id}/pricing/", {
        params: { path, header: { "If-Match": `"${usual.version}"` } },
        body: { length_discounts: [{ min_nights: 7, basis_points: 1000 }], included_guests: 2, extra_guest_fee: euros(1500) },
    }));
    assert.equal(priced.rules.length_discounts?.[0]?.basis_points, 1000);

    const summer = { name: "Summer", from: clock.day(60), to: clock.day(90), price: euros(20000) };
    const season = good(await host.client.POST("/api/v1/properties/{property_id}/seasons/", { params: { path }, body: summer }));
    good(await host.client.PUT("/api/v1/properties/{property_id}/seasons/{season_id}/", {
        params: { path: { ...path, season_id: season.id } },
        body: { ...summer, price: euros(21000) },
    }));
    const gone = good(await host.client.POST("/api/v1/properties/{property_id}/seasons/", {
        params: { path },
        body: { name: "A mistake", from: clock.day(100), to: clock.day(110) },
    }));
    good(await host.client.DELETE("/api/v1/properties/{property_id}/seasons/{season_id}/", { params: { path: { ...path, season_id: gone.id } } }));
    const seasons = good(await anybody.GET("/api/v1/properties/{property_id}/seasons/", { params: { path } })).results;
    assert.deepEqual(seasons.map((s) => [s.name, s.price]), [["Summer", euros(21000)]]);

    const edited = good(await host.client.PATCH("/api/v1/properties/{property_id}/calendar/", {
        params: { path },
        body: { edits: [{ from: clock.day(62), to: clock.day(63), price: euros(30000) }] },
    }));
    assert.equal(edited.nights, 1);
    const period = { from: clock.day(59), to: clock.day(64) };
    const nights = good(await anybody.GET("/api/v1/properties/{property_id}/calendar/", { params: { path, query: period } })).nights;
    assert.deepEqual(nights.map((n) => [n.rule, n.price?.amount]), [
        ["base", 12050], ["season", 21000], ["season", 21000], ["date", 30000], ["season", 21000],
    ]);
    const stay = { check_in: clock.day(60), check_out: clock.day(63), guests: 3 };
    const quote = good(await guest.client.POST("/api/v1/properties/{property_id}/quote/", { params: { path }, body: stay }));
    const asked = quote.price.lines.filter((line) => ["nights", "extra_guests", "cleaning"].includes(line.kind));
    assert.equal(asked.reduce((sum, line) => sum + line.amount.amount, 0), 21000 + 21000 + 30000 + 3 * 1500 + 3000);
});

test("a host keeps nights to herself and gives them back", async () => {
    const host = await signUp("host", { is_host: true });
    const path = { property_id: (await list(host)).id };
    const nights = { from: clock.day(20), to: clock.day(25) };
    const free = async () => {
        const query = { from: clock.day(10), to: clock.day(30) };
        return good(await anybody.GET("/api/v1/properties/{property_id}/availability/", { params: { path, query } })).free;
    };
    const block = good(await host.client.POST("/api/v1/properties/{property_id}/blocks/", { params: { path }, body: nights }));
    assert.deepEqual(good(await host.client.GET("/api/v1/properties/{property_id}/blocks/", { params: { path } })).results, [block]);
    assert.deepEqual(await free(), [{ from: clock.day(10), to: clock.day(20) }, { from: clock.day(25), to: clock.day(30) }]);
    good(await host.client.DELETE("/api/v1/properties/{property_id}/blocks/{block_id}/", { params: { path: { ...path, block_id: block.id } } }));
    assert.deepEqual(await free(), [{ from: clock.day(10), to: clock.day(30) }]);
});

test("a host writes her own terms of cancellation, and a guest is bound by those he booked under", async () => {
    const host = await signUp("host", { is_host: true });
    const guest = await signUp("guest");
    const terms = {
        tiers: [{ days_before: 10, refund_basis_points: 10000 }],
        late: { kept_nights: 0, kept_rest_basis_points: 10000 },
        guest_fee: "never" as const,
    };
    const policy = good(await host.client.POST("/api/v1/cancellation-policies/", { body: { name: "Summer house", terms } }));
    const path = { policy_id: policy.id };
    const listing = await list(host, { cancellation_policy_id: policy.id });
    assert.equal(good(await guest.client.GET("/api/v1/cancellation-policies/{policy_id}/", { params: { path } })).name, "Summer house");
    const booking = await book(guest, listing, 30);

    const changed = good(await host.client.PATCH("/api/v1/cancellation-policies/{policy_id}/", {
        params: { path, header: { "If-Match": `"${policy.version}"` } },
        body: { terms: { ...terms, tiers: [] } },
    }));
    assert.deepEqual([changed.terms.tiers, booking.cancellation_terms.tiers], [[], terms.tiers]);
    const preview = good(await guest.client.GET("/api/v1/bookings/{booking_id}/cancellation-preview/", { params: { path: { booking_id: booking.id } } }));
    assert.equal(preview.now.accommodation.amount, 3 * 12050);

    good(await host.client.PATCH("/api/v1/properties/{property_id}/", {
        params: { path: { property_id: listing.id } },
        body: { cancellation_policy: "firm" },
    }));
    good(await host.client.DELETE("/api/v1/cancellation-policies/{policy_id}/", { params: { path } }));
    const left = good(await host.client.GET("/api/v1/cancellation-policies/")).results;
    assert.ok(left.length > 0 && left.every((p) => !p.own));
});

test("a place is described, found in the host's own list and taken away", async () => {
    const host = await signUp("host", { is_host: true });
    const amenities = good(await anybody.GET("/api/v1/amenities/")).results;
    const listing = await list(host, { amenities: amenities.slice(0, 3).map((a) => a.code) });
    const path = { property_id: listing.id };
    const seen = good(await anybody.GET("/api/v1/properties/{property_id}/", { params: { path } }));
    assert.equal(seen.amenities.length, 3);
    assert.equal(good(await anybody.GET("/api/v1/users/{user_id}/", { params: { path: { user_id: seen.host_id } } })).is_host, true);
    const mine = async () => good(await host.client.GET("/api/v1/users/me/properties/", { params: { query: { count: true } } }));
    assert.deepEqual([(await mine()).results.map((p) => p.id), (await mine()).count], [[listing.id], 1]);
    good(await host.client.DELETE("/api/v1/properties/{property_id}/", { params: { path, header: { "If-Match": `"${listing.version}"` } } }));
    assert.equal((await anybody.GET("/api/v1/properties/{property_id}/", { params: { path } })).response.status, 404);
});
