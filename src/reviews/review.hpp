#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/dates.hpp"
#include "core/enums.hpp"
#include "core/error.hpp"
#include "core/id.hpp"
#include "platform/schema/schema.hpp"

/// What a review is (domain rules, 4.4), and what callers send and get about reviews.
namespace roost::reviews {

using schema::field;
using schema::patch;
using review_id = id<struct review_tag>;
using report_id = id<struct review_report_tag>;

enum class direction : std::uint8_t
{
    guest_to_property,
    host_to_guest,
};
constexpr auto names_of(direction) { return std::to_array<std::string_view>({"guest_to_property", "host_to_guest"}); }

enum class review_status : std::uint8_t
{
    pending,     // blind: only its author sees it
    published,   // for everybody
    hidden,      // taken out of sight by an admin
    superseded,  // a later stay's review stands in its place
};
constexpr auto names_of(review_status)
{
    return std::to_array<std::string_view>({"pending", "published", "hidden", "superseded"});
}

/// How many reviews of one guest a property has.
enum class review_scope : std::uint8_t
{
    property,  // one: a later stay's takes the place of the one before
    booking,   // one for each stay
};
constexpr auto names_of(review_scope) { return std::to_array<std::string_view>({"property", "booking"}); }

/// When the reviews of a stay that ended on that day close: 14 whole days after it, at midnight there.
instant closing_of(date check_out, const time_zone& zone);

/// Stars for one side of a stay each.
struct sub_ratings
{
    std::optional<int> cleanliness, accuracy, check_in, communication, location, value;
};

/// What is said of a guest has no accuracy, arrival, location and value. Every one that is given is named.
result<void> check_for(direction d, const sub_ratings& stars);

struct new_review
{
    booking_id booking;
    int rating;
    std::optional<int> cleanliness, accuracy, check_in, communication, location, value;
    std::string comment;

    sub_ratings stars() const { return {cleanliness, accuracy, check_in, communication, location, value}; }

    static constexpr auto fields = schema::fields(
        field<&new_review::booking>("booking_id", "The stay, which is over: one's own, or one at one's own place."),
        field<&new_review::rating>("rating", schema::between(1, 5), schema::example{"5"}, "Stars for the whole."),
        field<&new_review::cleanliness>("cleanliness", schema::between(1, 5), schema::example{"5"}, "How clean."),
        field<&new_review::accuracy>("accuracy", schema::between(1, 5),
                                     "Whether the listing told the truth. Of a property only."),
        field<&new_review::check_in>("check_in", schema::between(1, 5), "How the arrival went. Of a property only."),
        field<&new_review::communication>("communication", schema::between(1, 5), "How well one could talk."),
        field<&new_review::location>("location", schema::between(1, 5), "Where it is. Of a property only."),
        field<&new_review::value>("value", schema::between(1, 5),
                                  "Whether it was worth its price. Of a property only."),
        field<&new_review::comment>("comment", schema::at_most(5'000), schema::defaulted,
                                    schema::example{R"("Quiet, clean and close to the market.")"}, "In words."));
};

/// A merge patch of a review that is still blind.
struct review_changes
{
    patch<int> rating;
    patch<std::optional<int>> cleanliness, accuracy, check_in, communication, location, value;
    patch<std::string> comment;

    static constexpr auto fields = schema::fields(
        field<&review_changes::rating>("rating", schema::between(1, 5), schema::example{"4"}, "Stars for the whole."),
        field<&review_changes::cleanliness>("cleanliness", schema::between(1, 5), "How clean."),
        field<&review_changes::accuracy>("accuracy", schema::between(1, 5), "Of a property only."),
        field<&review_changes::check_in>("check_in", schema::between(1, 5), "Of a property only."),
        field<&review_changes::communication>("communication", schema::between(1, 5), "How well one could talk."),
        field<&review_changes::location>("location", schema::between(1, 5), "Of a property only."),
        field<&review_changes::value>("value", schema::between(1, 5), "Of a property only."),
        field<&review_changes::comment>("comment", schema::at_most(5'000), "In words."));
};

/// A review, as stored and as shown.
struct review
{
    review_id id;
    property_id property;
    std::optional<booking_id> booking;
    reviews::direction direction;
    std::optional<user_id> author;
    std::optional<std::string> author_name;
    user_id subject;
    std::optional<int> rating;
    std::optional<int> cleanliness, accuracy, check_in, communication, location, value;
    std::string comment;
    std::optional<std::string> reply;
    std::optional<instant> replied_at;
    bool imported;
    review_status status;
    std::optional<instant> closes_at, published_at;
    int version;
    instant created_at, updated_at;

    /// Blind, though its time is over: it is public as soon as somebody says so.
    bool is_due(instant now) const
    {
        return !published_at && status != review_status::superseded && closes_at && *closes_at <= now;
    }
    sub_ratings stars() const { return {cleanliness, accuracy, check_in, communication, location, value}; }

    static constexpr auto fields = schema::fields(
        field<&review::id>("id", "Its id."), field<&review::property>("property_id", "Where the stay was."),
        field<&review::booking>("booking_id", "The stay; shown to those who took part in it."),
        field<&review::direction>("direction", "Who judges whom."),
        field<&review::author>("author_id", "Who wrote it; null for imported ones."),
        field<&review::author_name>("author_name", schema::example{R"("Ann")"},
                                    "What the author is called; null when the account is closed."),
        field<&review::subject>("subject_id", "Who is judged: the property's host, or the guest."),
        field<&review::rating>("rating", schema::example{"5"}, "Stars for the whole, 1 to 5; null for imported ones."),
        field<&review::cleanliness>("cleanliness", "Stars."), field<&review::accuracy>("accuracy", "Stars."),
        field<&review::check_in>("check_in", "Stars."), field<&review::communication>("communication", "Stars."),
        field<&review::location>("location", "Stars."), field<&review::value>("value", "Stars."),
        field<&review::comment>("comment", "In the author's words."),
        field<&review::reply>("reply", "What the judged side says to it."),
        field<&review::replied_at>("replied_at", "When."),
        field<&review::imported>("imported", "It comes from another platform and does not count in the rating here."),
        field<&review::status>("status", "Whether it is public, and why not."),
        field<&review::closes_at>("closes_at",
                                  "Until then it is blind and can be changed, unless the other side writes as well. "
                                  "Shown to those who took part in the stay."),
        field<&review::published_at>("published_at", "Since when it is public."),
        field<&review::version>("version", "Grows with every change; the ETag."),
        field<&review::created_at>("created_at", "When it was written."),
        field<&review::updated_at>("updated_at", "When it last changed."));
};

/// One direction of a stay's reviews, as one of those who took part sees it.
struct review_side
{
    bool written = false;
    std::optional<reviews::review> review;

    static constexpr auto fields = schema::fields(
        field<&review_side::written>("written", "Whether this side has written."),
        field<&review_side::review>("review", "What it wrote; null to the other side while it is blind."));
};

struct booking_reviews
{
    bool open;
    instant closes_at;
    review_side guest_to_property, host_to_guest;

    static constexpr auto fields = schema::fields(
        field<&booking_reviews::open>("open", "Whether the stay can be reviewed now: it is over, and the time is not."),
        field<&booking_reviews::closes_at>("closes_at",
                                           "The deadline: 15 days after check-out, 0:00 at the property. What was "
                                           "written is public from then, or once both sides have written."),
        field<&booking_reviews::guest_to_property>("guest_to_property", "The guest's."),
        field<&booking_reviews::host_to_guest>("host_to_guest", "The host's."));
};

struct review_reply
{
    std::string reply;

    static constexpr auto fields = schema::fields(field<&review_reply::reply>(
        "reply", schema::length(1, 2'000), schema::example{R"("Thank you, come again!")"}, "Public, once."));
};

struct review_reason
{
    std::string reason;

    static constexpr auto fields = schema::fields(field<&review_reason::reason>(
        "reason", schema::length(1, 1'000), schema::example{R"("It is about another place.")"}, "Why."));
};

/// An objection, beside what it is about.
struct report
{
    report_id id;
    review_id review;
    property_id property;
    std::optional<int> rating;
    std::string comment;
    review_status status;
    user_id reporter;
    std::string reporter_name, reason;
    instant created_at;
    std::optional<instant> answered_at;

    static constexpr auto fields = schema::fields(
        field<&report::id>("id", "Its id."), field<&report::review>("review_id", "Of what."),
        field<&report::property>("property_id", "Where the stay was."),
        field<&report::rating>("rating", "The review's stars."),
        field<&report::comment>("comment", "The review's words."),
        field<&report::status>("status", "The review's status."), field<&report::reporter>("reporter_id", "By whom."),
        field<&report::reporter_name>("reporter_name", "What they are called."),
        field<&report::reason>("reason", "Why they object."), field<&report::created_at>("created_at", "When."),
        field<&report::answered_at>("answered_at", "When an admin hid the review, or let it stay."));
};

enum class review_ordering : std::uint8_t
{
    newest,
    oldest,
    rating,
    rating_desc,
};
constexpr auto names_of(review_ordering)
{
    return std::to_array<std::string_view>({"newest", "oldest", "rating", "-rating"});
}

struct property_reviews_query
{
    std::optional<int> rating_min;
    review_ordering ordering = review_ordering::newest;
    int limit = 20;
    std::optional<std::string> cursor;
    bool count = false;

    static constexpr auto fields = schema::fields(
        field<&property_reviews_query::rating_min>("rating_min", schema::between(1, 5), "At least so many stars."),
        field<&property_reviews_query::ordering>("ordering", schema::defaulted,
                                                 "By date or by stars; reviews without stars come last."),
        field<&property_reviews_query::limit>("limit", schema::between(1, 100), schema::defaulted,
                                              "Results on a page."),
        field<&property_reviews_query::cursor>("cursor", schema::at_most(100), "From `next` or `previous`."),
        field<&property_reviews_query::count>("count", schema::defaulted, "Whether to count them all."));
};

struct person_reviews_query
{
    std::optional<reviews::direction> direction;
    int limit = 20;
    std::optional<std::string> cursor;
    bool count = false;

    static constexpr auto fields = schema::fields(
        field<&person_reviews_query::direction>(
            "direction", "guest_to_property: as a host; host_to_guest: as a guest. Both when left out."),
        field<&person_reviews_query::limit>("limit", schema::between(1, 100), schema::defaulted, "Results on a page."),
        field<&person_reviews_query::cursor>("cursor", schema::at_most(100), "From `next` or `previous`."),
        field<&person_reviews_query::count>("count", schema::defaulted, "Whether to count them all."));
};

struct reports_query
{
    bool answered = false;
    int limit = 20;
    std::optional<std::string> cursor;

    static constexpr auto fields = schema::fields(
        field<&reports_query::answered>("answered", schema::defaulted, "Those that were answered, not the open ones."),
        field<&reports_query::limit>("limit", schema::between(1, 100), schema::defaulted, "Results on a page."),
        field<&reports_query::cursor>("cursor", schema::at_most(100), "From `next` or `previous`."));
};

}  // namespace roost::reviews
