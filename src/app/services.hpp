#pragma once
#include "accounts/accounts.hpp"
#include "app/settings.hpp"
#include "bookings/alterations.hpp"
#include "bookings/service.hpp"
#include "calendar/service.hpp"
#include "core/clock.hpp"
#include "feeds/addresses.hpp"
#include "feeds/service.hpp"
#include "notifications/notifications.hpp"
#include "payments/admin/by_hand.hpp"
#include "payments/disputes/disputes.hpp"
#include "payments/inbox.hpp"
#include "payments/payouts/payouts.hpp"
#include "payments/payouts/statements.hpp"
#include "payments/reconciling.hpp"
#include "payments/service.hpp"
#include "platform/graphql/subscriptions.hpp"
#include "platform/http/api.hpp"
#include "platform/jobs/worker.hpp"
#include "platform/outbound/client.hpp"
#include "platform/pg/database.hpp"
#include "platform/redis/client.hpp"
#include "properties/policies.hpp"
#include "properties/service.hpp"
#include "reviews/service.hpp"
#include "search/service.hpp"

namespace roost::app {

/// Everything the program is made of, in the order in which it depends on what stands before it. Lives on the stack
/// of the command that runs and outlives every coroutine.
struct services
{
    roost::clock clock;
    pg::database db;
    redis::client redis;
    accounts::feature accounts;
    properties::service properties;
    properties::policies policies;
    search::service search;
    calendar::openings openings;
    calendar::service calendar;
    bookings::service bookings;
    bookings::alterations alterations;
    payments::gateways gateways;
    payments::receipt_service receipts;
    payments::service payments;
    payments::inbox inbox;
    payments::reconciler reconciler;
    payments::payout_service payouts;
    payments::statements statements;
    payments::dispute_service disputes;
    payments::admin_service money_by_hand;
    reviews::service reviews;
    notifications::feature notifications;
    outbound::client to_providers, to_strangers;  // apart, so that nobody's slow calendar keeps a payment waiting
    feeds::service feeds;
    feeds::addresses ical_addresses;
    graphql::subscriptions subscriptions;
    jobs::worker jobs;

    explicit services(const settings& s);
};

/// Says who does which jobs, and what happens every so often.
void install_jobs(jobs::worker& w, services& s);

/// Declares every operation of every feature.
void install_features(http::api& a, services& s);

}  // namespace roost::app
