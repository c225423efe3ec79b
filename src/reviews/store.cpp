#include "reviews/store.hpp"

#include "reviews/queries.hpp"

namespace roost::reviews {
namespace {

/// Where a list begins that goes down, and one that goes up.
constexpr int above_all_stars = 100, below_all_stars = -1;
/// What a review without stars counts as, so that it comes last.
constexpr int last_of_best = 0, last_of_worst = 9;

uuid id_to_begin_with(const std::optional<http::cursor>& from, bool down)
{
    uuid u;
    if (from) return from->id;
    u.bytes.fill(down ? 0xff : 0);
    return u;
}

std::string moment_to_begin_with(const std::optional<http::cursor>& from, bool down)
{
    if (from) return format(http::moment_of(*from).value());
    return down ? "infinity" : "-infinity";
}

/// After reviews of these authors were published.
task<> supersede(pg::tx& tx, property_id property, const std::vector<user_id>& authors, instant now)
{
    if (!authors.empty()) co_await tx.run(sql::supersede, property, authors, now);
}

}  // namespace

task<std::optional<stay>> lock_stay(pg::tx& tx, booking_id id, user_id who)
{
    return tx.one<stay>(sql::lock_stay, id, who);
}

task<std::vector<stay>> find_stays(pg::queryable& q, const std::vector<booking_id>& ids, user_id who, bool any)
{
    return q.all<stay>(sql::stays, ids, who, any);
}

void lock_property(pg::tx& tx, property_id id) { tx.queue(sql::lock_property, id); }

void lock_property_of(pg::tx& tx, review_id id) { tx.queue(sql::lock_property_of_review, id); }

task<bool> has_reviewed_later_stay(pg::tx& tx, const review_to_write& r)
{
    const auto yes = co_await tx.one<bool>(sql::has_reviewed_later_stay, r.author(), r.stay.property, r.stay.closes());
    co_return *yes;
}

task<bool> insert_review(pg::tx& tx, const review_to_write& r)
{
    const auto& s = r.said;
    co_return co_await tx.run(sql::insert_review, r.id, r.stay.property, r.stay.booking, r.direction, r.author(),
                              r.subject(), s.rating, s.cleanliness, s.accuracy, s.check_in, s.communication, s.location,
                              s.value, s.comment, r.stay.closes(), r.one_per_property, r.now)
        == 1;
}

task<> update_review(pg::tx& tx, const review& r, instant now)
{
    co_await tx.run(sql::update_review, r.id, r.rating, r.cleanliness, r.accuracy, r.check_in, r.communication,
                    r.location, r.value, r.comment, now);
}

task<> publish_pair(pg::tx& tx, const stay& s, instant now)
{
    co_await supersede(tx, s.property, co_await tx.all<user_id>(sql::publish_booking, s.booking, now), now);
}

task<> publish_due(pg::tx& tx, property_id property, instant now)
{
    co_await supersede(tx, property, co_await tx.all<user_id>(sql::publish_due, property, now), now);
}

task<std::vector<property_id>> properties_with_due(pg::queryable& q, instant now, int limit)
{
    return q.all<property_id>(sql::properties_with_due, now, limit);
}

task<std::vector<review>> find_reviews(pg::queryable& q, const std::vector<review_id>& ids)
{
    return q.all<review>(sql::find_reviews, ids);
}

task<std::optional<review>> find_review(pg::queryable& q, review_id id)
{
    const std::vector ids{id};
    return q.one<review>(sql::find_reviews, ids);
}

task<pg::piles<booking_id, review>> reviews_of_bookings(pg::queryable& q, const std::vector<booking_id>& ids)
{
    return pg::piled(q.all<pg::row_of<booking_id, review>>(sql::reviews_of_bookings, ids));
}

task<bool> reply_to_review(pg::tx& tx, review_id id, const std::string& reply, instant now)
{
    co_return co_await tx.run(sql::reply_to_review, id, reply, now) == 1;
}

task<bool> insert_report(pg::tx& tx, review_id id, user_id by, const std::string& reason, instant now)
{
    co_return co_await tx.run(sql::insert_report, report_id::make(), id, by, reason, now) == 1;
}

task<bool> hide_review(pg::tx& tx, review_id id, user_id admin, const std::string& reason, instant now)
{
    co_return co_await tx.run(sql::hide_review, id, admin, reason, now) == 1;
}

task<bool> restore_review(pg::tx& tx, review_id id, user_id admin, const std::string& reason, instant now)
{
    co_return co_await tx.run(sql::restore_review, id, admin, reason, now) == 1;
}

task<std::optional<reviewed_property>> find_reviewed_property(pg::queryable& q, property_id id, instant now)
{
    return q.one<reviewed_property>(sql::reviewed_property, id, now);
}

task<std::vector<reviewed_person>> find_reviewed_people(pg::queryable& q, const std::vector<user_id>& ids, instant now)
{
    return q.all<reviewed_person>(sql::reviewed_people, ids, now);
}

task<std::vector<listed_review>> reviews_of_property(pg::queryable& q, property_id id, const property_reviews_query& f,
                                                     std::optional<http::cursor> from, int limit)
{
    using enum review_ordering;
    const bool descending = f.ordering == newest || f.ordering == rating_desc;
    const bool down = descending != (from && from->backwards);
    const auto place = id_to_begin_with(from, down);
    if (f.ordering == newest || f.ordering == oldest)
        return q.all<listed_review>(down ? sql::reviews_of_property : sql::reviews_of_property_before, id, f.rating_min,
                                    moment_to_begin_with(from, down), place, limit);
    const auto key = from ? from->key : std::int64_t{down ? above_all_stars : below_all_stars};
    const auto& statement = down ? sql::reviews_of_property_best : sql::reviews_of_property_worst;
    const int unrated = descending ? last_of_best : last_of_worst;
    return q.all<listed_review>(statement, id, f.rating_min, key, place, limit, unrated);
}

task<std::vector<review_of_property>> reviews_of_properties(pg::queryable& q, const std::vector<property_id>& ids,
                                                            std::optional<int> rating_min, int limit, instant now)
{
    return q.all<review_of_property>(sql::reviews_of_properties, ids, rating_min, limit, now);
}

task<std::int64_t> count_reviews(pg::queryable& q, property_id id, const property_reviews_query& f)
{
    co_return (co_await q.one<std::int64_t>(sql::count_reviews_of_property, id, f.rating_min)).value();
}

task<pg::piles<user_id, listed_review>> reviews_of_people(pg::queryable& q, const std::vector<user_id>& ids,
                                                          const person_reviews_query& f,
                                                          std::optional<http::cursor> from, int limit)
{
    const bool down = !from || !from->backwards;
    return pg::piled(q.all<pg::row_of<user_id, listed_review>>(
        down ? sql::reviews_of_people : sql::reviews_of_people_before, ids, f.direction,
        moment_to_begin_with(from, down), id_to_begin_with(from, down), limit));
}

task<pg::piles<user_id, std::int64_t>> count_reviews(pg::queryable& q, const std::vector<user_id>& ids,
                                                     const person_reviews_query& f)
{
    return pg::piled(q.all<pg::row_of<user_id, std::int64_t>>(sql::count_reviews_of_people, ids, f.direction));
}

task<std::vector<listed_report>> reports(pg::queryable& q, bool answered, std::optional<http::cursor> from, int limit)
{
    const bool down = from && from->backwards;
    return q.all<listed_report>(down ? sql::reports_before : sql::reports, answered, id_to_begin_with(from, down),
                                limit);
}

}  // namespace roost::reviews
