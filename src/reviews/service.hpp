#pragma once
#include <functional>
#include <optional>
#include <string>

#include "core/clock.hpp"
#include "platform/auth/identity.hpp"
#include "platform/http/answers.hpp"
#include "platform/http/parameters.hpp"
#include "platform/pg/database.hpp"
#include "reviews/review.hpp"

namespace roost::reviews {

/// Reviews after a stay. A review is blind until the other side has written too, or the time is over; then it is public
/// and stays as it is. It is published together with its stars being counted, in one transaction, by the job – or by
/// whoever reads and finds the time over, so that no reader depends on the job and every list agrees with its rating.
/// What somebody may not see is errc::not_found.
class service
{
    pg::database& db_;
    const clock& clock_;
    review_scope scope_;

    task<> publish(property_id property);
    task<> publish(std::vector<property_id> due);
    task<std::optional<review>> find_published(review_id id);
    task<result<review>> locked(pg::tx& tx, const identity& who, review_id id);

public:
    service(pg::database& db, const clock& c, review_scope scope) : db_{db}, clock_{c}, scope_{scope} {}

    /// A review of one's own completed stay, or of a guest's at one's own place. errc::wrong_state before the stay is
    /// over, after the time is, for a second one, and when a later stay at the same place was reviewed.
    task<result<review>> write(pg::tx& tx, const identity& who, new_review said);
    /// The author's, while it is blind: errc::wrong_state afterwards. errc::version_mismatch when `expected` names
    /// other versions.
    task<result<review>> change(pg::tx& tx, const identity& who, review_id id, http::if_match expected,
                                review_changes changes);

    task<result<review>> find(std::optional<identity> who, review_id id);
    /// Those that `who` may see, in no order.
    task<std::vector<review>> find_all(std::optional<identity> who, std::vector<review_id> ids);
    /// What was written about each of several stays, in their order.
    task<std::vector<result<booking_reviews>>> of_bookings(const identity& who, std::vector<booking_id> ids);
    task<result<http::page<review>>> of_property(std::optional<identity> who, property_id id, property_reviews_query q);
    /// The same of several at a time, in their order: the first page of each, newest first. errc::invalid_input for
    /// anything else.
    task<std::vector<result<http::page<review>>>> of_properties(std::optional<identity> who,
                                                                std::vector<property_id> ids, property_reviews_query q);
    /// What others say of each of several people, in their order. A cursor is of one person's list only.
    task<std::vector<result<http::page<review>>>> of_people(std::vector<user_id> ids, person_reviews_query q);

    /// Once, by the side that was judged.
    task<result<review>> reply(pg::tx& tx, const identity& who, review_id id, std::string text);
    /// Once a person; not one's own.
    task<result<void>> report(pg::tx& tx, const identity& who, review_id id, std::string reason);

    // For admins.
    task<result<http::page<reviews::report>>> reports(reports_query q);
    task<result<review>> hide(pg::tx& tx, const identity& who, review_id id, std::string reason);
    /// Shows it again, or lets it stay: either way, what was reported of it is answered.
    task<result<review>> restore(pg::tx& tx, const identity& who, review_id id, std::string reason);

    /// Publishes everything whose time is over.
    task<> publish_all_due();
};

}  // namespace roost::reviews
