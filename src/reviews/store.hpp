#pragma once
#include <optional>
#include <string>
#include <vector>

#include "bookings/booking.hpp"
#include "platform/http/cursor.hpp"
#include "platform/pg/database.hpp"
#include "platform/pg/piles.hpp"
#include "properties/property.hpp"
#include "reviews/review.hpp"

/// The feature's rows and what is done with them, typed. Rules are the service's. What counts in whose rating the
/// database itself keeps, in the same transaction.
namespace roost::reviews {

/// A booking, as far as reviews ask.
struct stay
{
    booking_id booking;
    property_id property;
    user_id guest, host;
    bookings::booking_status status;
    date check_out;
    roost::time_zone time_zone;

    instant closes() const { return closing_of(check_out, time_zone); }

    static constexpr auto fields =
        schema::fields(field<&stay::booking>("booking_id"), field<&stay::property>("property_id"),
                       field<&stay::guest>("guest_id"), field<&stay::host>("host_id"), field<&stay::status>("status"),
                       field<&stay::check_out>("check_out"), field<&stay::time_zone>("time_zone"));
};

/// A review to be written.
struct review_to_write
{
    review_id id;
    reviews::stay stay;
    reviews::direction direction;
    new_review said;
    bool one_per_property;
    instant now;

    user_id author() const { return direction == direction::guest_to_property ? stay.guest : stay.host; }
    user_id subject() const { return direction == direction::guest_to_property ? stay.host : stay.guest; }
};

/// A review's place in a list, and itself.
struct listed_review
{
    review_id id;
    std::int64_t key = 0;
    review shown;

    static constexpr auto fields = schema::fields(field<&listed_review::id>("id"), field<&listed_review::key>("key"),
                                                  field<&listed_review::shown>("shown"));
};

struct listed_report
{
    report_id id;
    std::int64_t key = 0;
    report shown;

    static constexpr auto fields = schema::fields(field<&listed_report::id>("id"), field<&listed_report::key>("key"),
                                                  field<&listed_report::shown>("shown"));
};

/// `due`: some of its reviews have to be published before a list of them is right.
struct reviewed_property
{
    property_status status;
    user_id host;
    bool due;

    static constexpr auto fields =
        schema::fields(field<&reviewed_property::status>("status"), field<&reviewed_property::host>("host_id"),
                       field<&reviewed_property::due>("due"));
};

/// Somebody, and where reviews of them have to be published before a list of them is right.
struct reviewed_person
{
    user_id id;
    std::vector<property_id> due;

    static constexpr auto fields =
        schema::fields(field<&reviewed_person::id>("id"), field<&reviewed_person::due>("due"));
};

/// A review of one of several properties, or that it has none.
struct review_of_property
{
    property_id property;
    property_status status;
    user_id host;
    bool due = false;
    std::optional<std::int64_t> key;
    std::optional<review> shown;

    static constexpr auto fields = schema::fields(
        field<&review_of_property::property>("of_property"), field<&review_of_property::status>("property_status"),
        field<&review_of_property::host>("host_id"), field<&review_of_property::due>("due"),
        field<&review_of_property::key>("key"), field<&review_of_property::shown>("shown"));
};

/// A stay of somebody, as its guest or host, and the right to write reviews of its property until the transaction ends.
task<std::optional<stay>> lock_stay(pg::tx& tx, booking_id id, user_id who);
task<std::vector<stay>> find_stays(pg::queryable& q, const std::vector<booking_id>& ids, user_id who, bool any);
/// The right to write reviews of the property, or of the review's property, until the transaction ends.
void lock_property(pg::tx& tx, property_id id);
void lock_property_of(pg::tx& tx, review_id id);

task<bool> has_reviewed_later_stay(pg::tx& tx, const review_to_write& r);
/// False: this side has reviewed the stay before.
task<bool> insert_review(pg::tx& tx, const review_to_write& r);
task<> update_review(pg::tx& tx, const review& r, instant now);

/// Publishes the booking's reviews if both sides have written.
task<> publish_pair(pg::tx& tx, const stay& s, instant now);
/// Publishes what nobody answered in time. To be called with the property locked.
task<> publish_due(pg::tx& tx, property_id property, instant now);
task<std::vector<property_id>> properties_with_due(pg::queryable& q, instant now, int limit);

task<std::optional<review>> find_review(pg::queryable& q, review_id id);
task<std::vector<review>> find_reviews(pg::queryable& q, const std::vector<review_id>& ids);
task<pg::piles<booking_id, review>> reviews_of_bookings(pg::queryable& q, const std::vector<booking_id>& ids);

/// False: there is a reply.
task<bool> reply_to_review(pg::tx& tx, review_id id, const std::string& reply, instant now);
/// False: this person has reported it before.
task<bool> insert_report(pg::tx& tx, review_id id, user_id by, const std::string& reason, instant now);
/// False: it is hidden.
task<bool> hide_review(pg::tx& tx, review_id id, user_id admin, const std::string& reason, instant now);
/// False: it is neither hidden nor reported.
task<bool> restore_review(pg::tx& tx, review_id id, user_id admin, const std::string& reason, instant now);

task<std::optional<reviewed_property>> find_reviewed_property(pg::queryable& q, property_id id, instant now);
/// Without those that are not there.
task<std::vector<reviewed_person>> find_reviewed_people(pg::queryable& q, const std::vector<user_id>& ids, instant now);

// Lists from the cursor on in its direction, at most `limit`; a cursor of a list by date has a moment.
task<std::vector<listed_review>> reviews_of_property(pg::queryable& q, property_id id, const property_reviews_query& f,
                                                     std::optional<http::cursor> from, int limit);
task<std::int64_t> count_reviews(pg::queryable& q, property_id id, const property_reviews_query& f);
/// The newest of each property, at most `limit` each.
task<std::vector<review_of_property>> reviews_of_properties(pg::queryable& q, const std::vector<property_id>& ids,
                                                            std::optional<int> rating_min, int limit, instant now);
/// So many of each.
task<pg::piles<user_id, listed_review>> reviews_of_people(pg::queryable& q, const std::vector<user_id>& ids,
                                                          const person_reviews_query& f,
                                                          std::optional<http::cursor> from, int limit);
/// A number for each.
task<pg::piles<user_id, std::int64_t>> count_reviews(pg::queryable& q, const std::vector<user_id>& ids,
                                                     const person_reviews_query& f);
task<std::vector<listed_report>> reports(pg::queryable& q, bool answered, std::optional<http::cursor> from, int limit);

}  // namespace roost::reviews
