#include "app/services.hpp"

#include "app/watch.hpp"
#include "bookings/jobs.hpp"
#include "bookings/rest.hpp"
#include "bookings/store.hpp"
#include "calendar/jobs.hpp"
#include "calendar/rest.hpp"
#include "feeds/jobs.hpp"
#include "feeds/rest.hpp"
#include "notifications/jobs.hpp"
#include "notifications/rest.hpp"
#include "payments/admin/rest.hpp"
#include "payments/jobs.hpp"
#include "payments/mpesa/gateway.hpp"
#include "payments/payouts/rest.hpp"
#include "payments/paypal/gateway.hpp"
#include "payments/paystack/gateway.hpp"
#include "payments/receipts/rest.hpp"
#include "payments/rest.hpp"
#include "payments/sandbox.hpp"
#include "payments/stripe/gateway.hpp"
#include "platform/http/jobs.hpp"
#include "properties/rest.hpp"
#include "reviews/jobs.hpp"
#include "reviews/rest.hpp"
#include "search/rest.hpp"

namespace roost::app {
namespace {

pg::config watched(pg::config c)
{
    c.watch = watch_database();
    return c;
}

bookings::market terms(const market_settings& m)
{
    return {.guest_fee_bp = m.guest_fee_basis_points,
            .host_fee_bp = m.host_fee_basis_points,
            .quote = std::chrono::minutes{m.quote_minutes},
            .hold = std::chrono::minutes{m.hold_minutes},
            .request = std::chrono::hours{m.request_hours},
            .holds_per_guest = m.holds_per_guest,
            .holds_per_property = m.holds_per_property};
}

/// What strangers name: in production only the public internet, whatever is set (`serve` refuses to start then).
outbound::guard strangers(const settings& s)
{
    outbound::guard g;
    g.ca_file = s.outbound.ca_file;
    if (s.general.environment == environment::production) return g;
    g.plain_http = s.outbound.plain_http;
    if (s.outbound.plain_http) g.ports.clear();
    if (s.outbound.private_addresses) g.allows = [](const auto&) { return true; };
    return g;
}

}  // namespace

services::services(const settings& s)
    : db{watched(s.for_database())},
      redis{{.url = s.redis.url, .budget = std::chrono::milliseconds{s.redis.budget_ms}}},
      accounts{db, redis, clock, s.auth, s.limits},
      properties{db, redis, clock,
                 [this](pg::tx& tx, property_id id) { return bookings::has_live_bookings(tx, id, clock.now()); }},
      policies{db, clock},
      search{db, clock, s.market.guest_fee_basis_points},
      openings{db, clock},
      calendar{db, clock, openings},
      bookings{db, clock, terms(s.market)},
      alterations{db, clock, terms(s.market)},
      receipts{db, clock, bookings, s.receipts},
      payments{db, clock, bookings, gateways, receipts},
      inbox{db, clock, gateways},
      reconciler{db, clock, gateways},
      payouts{db, clock, gateways, s.payout_terms().value_or(payments::payout_terms{})},
      statements{db},
      disputes{db, clock, gateways, receipts},
      money_by_hand{clock, s.adjustment_limit().value_or(payments::amounts{})},
      reviews{db, clock, s.market.review_scope},
      notifications{db, clock, accounts.mailed, s.mail, s.general.environment != environment::production},
      feeds{db, clock, to_strangers, strangers(s), std::chrono::minutes{s.feeds.interval_minutes}},
      ical_addresses{db, clock},
      subscriptions{s.graphql},
      jobs{db, clock, s.for_database(), s.for_jobs()}
{
    accounts.people.on_leaving([this](pg::tx& tx, user_id who) -> task<result<void>> {
        // First, so that nobody books while we look.
        co_await properties.unlist_all(tx, who);
        if (co_await bookings::has_live_bookings(tx, who, clock.now()))
            co_return fail(errc::has_live_bookings, "there are bookings that are not over yet");
        co_return result<void>{};
    });
    const bookings::follower pay_and_give_back = [this](pg::tx& tx, const bookings::step_taken& step) {
        return payments.follow(tx, step);
    };
    bookings.on_step(pay_and_give_back);
    alterations.on_step(pay_and_give_back);
    // What is wrong with the setting `serve` has said.
    const std::chrono::milliseconds patience{s.payments.timeout_ms};
    if (const auto offered = s.payment_providers())
        for (const auto p : *offered)
        {
            if (p == payments::provider::sandbox) gateways.add(p, payments::make_sandbox(db, clock));
            if (p == payments::provider::stripe)
                gateways.add(p, payments::make_stripe(to_providers, clock, s.stripe, s.outbound.ca_file, patience));
            if (p == payments::provider::mpesa)
                gateways.add(p, payments::make_mpesa(db, clock, to_providers, s.mpesa, s.outbound.ca_file, patience));
            if (p == payments::provider::paystack)
                gateways.add(
                    p, payments::make_paystack(to_providers, s.paystack, s.mail.site, s.outbound.ca_file, patience));
            if (p == payments::provider::paypal)
                gateways.add(
                    p, payments::make_paypal(to_providers, clock, s.paypal, s.mail.site, s.outbound.ca_file, patience));
        }
    install_jobs(jobs, *this);
}

void install_jobs(jobs::worker& w, services& s)
{
    http::install_jobs(w, s.db);
    calendar::install_jobs(w, s.db, s.clock);
    bookings::install_jobs(w, s.db, s.clock);
    reviews::install_jobs(w, s.reviews);
    notifications::install_jobs(w, s.notifications);
    feeds::install_jobs(w, s.feeds);
    payments::install_jobs(w, s.payments, s.inbox, s.reconciler, s.receipts);
    payments::install_payout_jobs(w, s.payouts, s.disputes);
    if (s.gateways.find(payments::provider::sandbox)) payments::install_sandbox_jobs(w, s.db, s.clock, s.inbox);
}

void install_features(http::api& a, services& s)
{
    a.authenticate_with([&s](const http::request& r) { return s.accounts.authenticate(r); });
    s.accounts.install(a);
    properties::install_rest(a, s.properties);
    properties::install_policies(a, s.policies);
    search::install_rest(a, s.search);
    calendar::install_rest(a, s.openings, s.calendar);
    bookings::install(a, s.bookings, s.alterations);
    payments::install(a, s.payments);
    payments::install_receipts(a, s.receipts);
    payments::install_payouts(a, s.payouts, s.statements);
    payments::install_admin(a, s.db, s.money_by_hand, s.payouts);
    payments::install_webhooks(a, s.inbox, s.gateways);
    if (s.gateways.find(payments::provider::sandbox)) payments::install_sandbox_page(a, s.db, s.clock);
    reviews::install(a, s.reviews);
    notifications::install_rest(a, s.notifications.people);
    feeds::install(a, s.feeds, s.ical_addresses);
}

}  // namespace roost::app
