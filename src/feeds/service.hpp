#pragma once
#include <chrono>
#include <functional>
#include <vector>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "feeds/feed.hpp"
#include "feeds/ical_reader.hpp"
#include "platform/auth/identity.hpp"
#include "platform/outbound/client.hpp"
#include "platform/pg/database.hpp"

namespace roost::feeds {

struct feed_to_fetch;

/// The payload of a fetch.
struct fetch_job
{
    feed_id feed;

    static constexpr auto fields = schema::fields(field<&fetch_job::feed>("feed_id"));
};

/// What came of asking for a calendar. `nights` only when it was read.
struct snapshot
{
    fetch_outcome outcome;
    std::optional<int> status = {};
    std::size_t bytes = 0;
    closed_nights nights = {};
    std::string etag = {}, last_modified = {};
};

/// Calendars of other platforms: what they close is closed here (domain rules, 4.5). All of it is the business of the
/// property's host and of admins: for others a feed is errc::not_found.
class service
{
    pg::database& db_;
    const clock& clock_;
    outbound::client& client_;
    outbound::guard guard_;
    std::chrono::minutes interval_;

    task<snapshot> look(const feed_to_fetch& f);
    task<result<void>> apply(pg::tx& tx, const feed_to_fetch& f, const snapshot& seen);
    void enqueue(pg::tx& tx, feed_id id, instant now);
    template <class Row>
    task<std::vector<result<std::vector<Row>>>> of_feeds(const identity& who, std::vector<feed_id> ids,
                                                         pg::statement statement);

public:
    service(pg::database& db, const clock& c, outbound::client& client, outbound::guard g,
            std::chrono::minutes interval)
        : db_{db}, clock_{c}, client_{client}, guard_{std::move(g)}, interval_{interval}
    {}

    /// Begins to fetch a calendar at once. errc::invalid_input for an address that may not be asked, one that the
    /// property has already, and the eleventh.
    task<result<feed>> add(pg::tx& tx, const identity& who, property_id property, new_feed asked);
    task<result<feed>> find(const identity& who, feed_id id);
    /// Those that exist and are theirs, in any order.
    task<std::vector<feed>> find_all(const identity& who, std::vector<feed_id> ids);
    task<result<feed>> change(pg::tx& tx, const identity& who, feed_id id, feed_changes changes);
    /// Frees what only this feed closed.
    task<result<void>> remove(pg::tx& tx, const identity& who, feed_id id);
    /// Fetches it soon. errc::too_many_requests within a minute of the last time.
    task<result<feed>> refresh(pg::tx& tx, const identity& who, feed_id id);

    // Of several at a time, each by itself and in their order.

    task<std::vector<result<std::vector<feed>>>> list(const identity& who, std::vector<property_id> properties);
    /// The last 100 fetches, the latest first.
    task<std::vector<result<std::vector<fetch_record>>>> history(const identity& who, std::vector<feed_id> ids);
    /// What it closes, merged and in order.
    task<std::vector<result<std::vector<night_range>>>> nights(const identity& who, std::vector<feed_id> ids);
    /// Confirmed stays on nights that a feed closes, now. At most 500.
    task<std::vector<result<std::vector<conflict>>>> conflicts(const identity& who,
                                                               std::vector<property_id> properties);

    /// Enqueues the fetches that are due.
    task<result<void>> enqueue_due();
    /// Asks for the calendar and makes the nights it closes what it says. `complete` belongs to the same transaction. A
    /// calendar that cannot be had changes no night and is no error: it is noted, and asked for again later.
    /// errc::unavailable when nothing was asked, because there is too much to do or the program ends.
    task<result<void>> fetch(feed_id id, std::function<task<>(pg::tx&)> complete);
};

}  // namespace roost::feeds
