#include "reviews/service.hpp"

#include <algorithm>
#include <format>

#include "platform/many.hpp"
#include "reviews/store.hpp"

namespace roost::reviews {
namespace {

constexpr int batch = 100;  // properties looked for at a time

bool took_part(const std::optional<identity>& who, const review& r)
{
    return who && (who->user == r.author || who->user == r.subject || who->is_admin);
}

bool may_see(const std::optional<identity>& who, const review& r)
{
    if (r.status == review_status::published) return true;
    // Blind, it is nobody's but its author's, least of all the other side's.
    const bool blind = !r.published_at;
    return who && (who->user == r.author || who->is_admin || (!blind && who->user == r.subject));
}

review shown_to(const std::optional<identity>& who, review r)
{
    if (!took_part(who, r)) r.booking.reset(), r.closes_at.reset();
    return r;
}

bool may_see_property(const std::optional<identity>& who, property_status status, user_id host)
{
    return status == property_status::listed || (who && (who->is_admin || who->user == host));
}

std::string list_of_property(property_id id, const property_reviews_query& q)
{
    return std::format("reviews/{}/{}/{}", id.text(), name_of(q.ordering), q.rating_min.value_or(0));
}

std::unexpected<error> no_such_booking() { return fail(errc::not_found, "there is no such booking"); }

std::string list_of_person(user_id id, const person_reviews_query& q)
{
    return std::format("reviews of/{}/{}", id.text(), q.direction ? name_of(*q.direction) : "");
}

error absent() { return {errc::not_found, "there is no such review", {}, {}}; }

/// Why the stay cannot be reviewed now; nothing when it can.
std::optional<std::string> closed_because(const stay& s, instant now)
{
    if (s.status != bookings::booking_status::completed) return "only a stay that is over can be reviewed";
    if (s.closes() <= now) return "the time to review this stay is over";
    return std::nullopt;
}

/// What was written about the stay, as one of those who took part sees it.
booking_reviews both_sides(const stay& s, std::vector<review> written, const identity& who, instant now)
{
    booking_reviews all{
        .open = !closed_because(s, now), .closes_at = s.closes(), .guest_to_property = {}, .host_to_guest = {}};
    for (auto& r : written)
    {
        auto& side = r.direction == direction::guest_to_property ? all.guest_to_property : all.host_to_guest;
        side.written = true;
        if (may_see(who, r)) side.review = std::move(r);
    }
    return all;
}

template <class T>
void take(T& value, const patch<T>& change)
{
    if (change) value = *change;
}

void apply(review& r, const review_changes& c)
{
    if (c.rating) r.rating = c.rating;
    take(r.cleanliness, c.cleanliness);
    take(r.accuracy, c.accuracy);
    take(r.check_in, c.check_in);
    take(r.communication, c.communication);
    take(r.location, c.location);
    take(r.value, c.value);
    take(r.comment, c.comment);
}

/// A cursor of a list; in one by date it has a moment.
result<std::optional<http::cursor>> place_in(const std::optional<std::string>& text, const std::string& list,
                                             bool by_date)
{
    if (!text) return std::nullopt;
    auto cursor = http::decode_cursor(*text, list);
    if (!cursor) return std::unexpected{std::move(cursor.error())};
    if (by_date)
        if (auto moment = http::moment_of(*cursor); !moment) return std::unexpected{std::move(moment.error())};
    return *cursor;
}

template <class Shown, class Row>
http::page<Shown> page_of(std::vector<Row> rows, int limit, const std::optional<http::cursor>& from,
                          const std::string& list)
{
    http::page<Shown> page;
    auto links = http::cut_page(rows, static_cast<std::size_t>(limit), from, list);
    page.results.reserve(rows.size());
    for (auto& row : rows) page.results.push_back(std::move(row.shown));
    page.next = std::move(links.next);
    page.previous = std::move(links.previous);
    page.places = std::move(links.places);
    return page;
}

}  // namespace

task<> service::publish(property_id property)
{
    const auto now = clock_.now();
    (co_await db_.transaction([&](pg::tx& tx) -> task<result<void>> {
        lock_property(tx, property);
        co_await publish_due(tx, property, now);
        co_return result<void>{};
    })).value();  // nothing it does is refused
}

/// Each once.
task<> service::publish(std::vector<property_id> due)
{
    std::ranges::sort(due);
    due.erase(std::ranges::unique(due).begin(), due.end());
    for (const auto& p : due) co_await publish(p);
}

task<> service::publish_all_due()
{
    for (;;)
    {
        const auto properties = co_await properties_with_due(db_, clock_.now(), batch);
        for (const auto& p : properties) co_await publish(p);
        if (properties.size() < static_cast<std::size_t>(batch)) co_return;
    }
}

task<result<review>> service::write(pg::tx& tx, const identity& who, new_review said)
{
    const auto s = co_await lock_stay(tx, said.booking, who.user);
    if (!s) co_return invalid("/booking_id", "there is no such stay of yours");
    review_to_write r{.id = review_id::make(),
                      .stay = *s,
                      .direction = who.user == s->guest ? direction::guest_to_property : direction::host_to_guest,
                      .said = std::move(said),
                      .one_per_property = scope_ == review_scope::property,
                      .now = clock_.now()};
    if (auto good = check_for(r.direction, r.said.stars()); !good) co_return std::unexpected{std::move(good.error())};
    if (auto why = closed_because(*s, r.now)) co_return fail(errc::wrong_state, *std::move(why));
    if (r.one_per_property && r.direction == direction::guest_to_property && co_await has_reviewed_later_stay(tx, r))
        co_return fail(errc::wrong_state, "you have reviewed a later stay here");
    if (!co_await insert_review(tx, r)) co_return fail(errc::wrong_state, "you have reviewed this stay");
    co_await publish_pair(tx, *s, r.now);
    co_return (co_await find_review(tx, r.id)).value();
}

/// A review somebody may see, to be written to.
task<result<review>> service::locked(pg::tx& tx, const identity& who, review_id id)
{
    lock_property_of(tx, id);
    auto found = co_await find_review(tx, id);
    if (found && found->is_due(clock_.now()))
    {
        co_await publish_due(tx, found->property, clock_.now());
        found = co_await find_review(tx, id);
    }
    if (!found || !may_see(who, *found)) co_return std::unexpected{absent()};
    co_return *std::move(found);
}

task<result<review>> service::change(pg::tx& tx, const identity& who, review_id id, http::if_match expected,
                                     review_changes changes)
{
    auto r = co_await locked(tx, who, id);
    if (!r) co_return r;
    if (r->author != who.user) co_return fail(errc::not_allowed, "this review is somebody else's");
    if (!expected.allows(r->version))
        co_return fail(errc::version_mismatch, std::format("the review is at version {}", r->version));
    if (r->published_at) co_return fail(errc::wrong_state, "a published review stays as it is");
    if (r->status == review_status::superseded)
        co_return fail(errc::wrong_state, "you have reviewed a later stay here");
    apply(*r, changes);
    if (auto good = check_for(r->direction, r->stars()); !good) co_return std::unexpected{std::move(good.error())};
    co_await update_review(tx, *r, clock_.now());
    co_return (co_await find_review(tx, id)).value();
}

task<std::optional<review>> service::find_published(review_id id)
{
    auto found = co_await find_review(db_, id);
    if (!found || !found->is_due(clock_.now())) co_return found;
    co_await publish(found->property);
    co_return co_await find_review(db_, id);
}

task<result<review>> service::find(std::optional<identity> who, review_id id)
{
    auto found = co_await find_published(id);
    if (!found || !may_see(who, *found)) co_return std::unexpected{absent()};
    co_return shown_to(who, *std::move(found));
}

task<std::vector<review>> service::find_all(std::optional<identity> who, std::vector<review_id> ids)
{
    auto found = co_await find_reviews(db_, ids);
    std::vector<property_id> due;
    for (const auto& r : found)
        if (r.is_due(clock_.now())) due.push_back(r.property);
    co_await publish(due);
    if (!due.empty()) found = co_await find_reviews(db_, ids);
    std::erase_if(found, [&](const review& r) { return !may_see(who, r); });
    for (auto& r : found) r = shown_to(who, std::move(r));
    co_return found;
}

task<std::vector<result<booking_reviews>>> service::of_bookings(const identity& who, std::vector<booking_id> ids)
{
    const auto now = clock_.now();
    answers<booking_id, booking_reviews> told;
    const auto stays = co_await find_stays(db_, ids, who.user, who.is_admin);
    if (stays.empty()) co_return told.of(ids, no_such_booking());
    std::vector<booking_id> seen;
    seen.reserve(stays.size());
    for (const auto& s : stays) seen.push_back(s.booking);
    auto written = co_await reviews_of_bookings(db_, seen);
    std::vector<property_id> due;
    for (const auto& s : stays)
        if (std::ranges::any_of(written[s.booking], [&](const review& r) { return r.is_due(now); }))
            due.push_back(s.property);
    co_await publish(due);
    if (!due.empty()) written = co_await reviews_of_bookings(db_, seen);
    for (const auto& s : stays) told.tell(s.booking, both_sides(s, written.take(s.booking), who, now));
    co_return told.of(ids, no_such_booking());
}

task<result<http::page<review>>> service::of_property(std::optional<identity> who, property_id id,
                                                      property_reviews_query q)
{
    const bool by_date = q.ordering == review_ordering::newest || q.ordering == review_ordering::oldest;
    const auto list = list_of_property(id, q);
    const auto from = place_in(q.cursor, list, by_date);
    if (!from) co_return std::unexpected{from.error()};
    const auto p = co_await find_reviewed_property(db_, id, clock_.now());
    if (!p || !may_see_property(who, p->status, p->host)) co_return fail(errc::not_found, "there is no such property");
    if (p->due) co_await publish(id);
    auto page = page_of<review>(co_await reviews_of_property(db_, id, q, *from, q.limit + 1), q.limit, *from, list);
    for (auto& r : page.results) r = shown_to(who, std::move(r));
    if (q.count) page.count = co_await count_reviews(db_, id, q);
    co_return page;
}

task<std::vector<result<http::page<review>>>> service::of_properties(std::optional<identity> who,
                                                                     std::vector<property_id> ids,
                                                                     property_reviews_query q)
{
    std::vector<result<http::page<review>>> pages(ids.size(), fail(errc::not_found, "there is no such property"));
    if (ids.size() == 1) pages.front() = co_await of_property(who, ids.front(), q);
    if (ids.size() <= 1) co_return pages;
    if (q.cursor || q.count || q.ordering != review_ordering::newest)
    {
        std::ranges::fill(
            pages, result<http::page<review>>{invalid("cursor",
                                                      "of several properties at a time only the first page is told, "
                                                      "newest first and uncounted")});
        co_return pages;
    }
    auto rows = co_await reviews_of_properties(db_, ids, q.rating_min, q.limit + 1, clock_.now());
    std::vector<property_id> due;
    for (const auto& r : rows)
        if (r.due) due.push_back(r.property);
    co_await publish(due);
    if (!due.empty()) rows = co_await reviews_of_properties(db_, ids, q.rating_min, q.limit + 1, clock_.now());
    for (std::size_t i = 0; i < ids.size(); ++i)
    {
        std::vector<listed_review> listed;
        bool visible = false;
        for (auto& r : rows)
        {
            if (r.property != ids[i]) continue;
            visible = may_see_property(who, r.status, r.host);
            if (r.shown) listed.push_back({r.shown->id, *r.key, shown_to(who, *r.shown)});
        }
        if (visible) pages[i] = page_of<review>(std::move(listed), q.limit, {}, list_of_property(ids[i], q));
    }
    co_return pages;
}

task<std::vector<result<http::page<review>>>> service::of_people(std::vector<user_id> ids, person_reviews_query q)
{
    answers<user_id, http::page<review>> told;
    std::optional<http::cursor> from;  // of the only person whose it is
    std::vector<user_id> asked;
    for (const auto& id : ids)
    {
        auto place = place_in(q.cursor, list_of_person(id, q), true);
        if (!place)
            told.tell(id, std::unexpected{std::move(place.error())});
        else
            from = *place, asked.push_back(id);
    }
    std::vector<user_id> there;
    std::vector<property_id> due;
    for (const auto& p : co_await find_reviewed_people(db_, asked, clock_.now()))
    {
        there.push_back(p.id);
        due.insert(due.end(), p.due.begin(), p.due.end());
    }
    const auto nobody = fail(errc::not_found, "there is no such person");
    if (there.empty()) co_return told.of(ids, nobody);
    co_await publish(std::move(due));
    auto found = co_await reviews_of_people(db_, there, q, from, q.limit + 1);
    pg::piles<user_id, std::int64_t> counts;
    if (q.count) counts = co_await count_reviews(db_, there, q);
    for (const auto& id : there)
    {
        auto page = page_of<review>(found.take(id), q.limit, from, list_of_person(id, q));
        for (auto& r : page.results) r = shown_to({}, std::move(r));
        if (q.count) page.count = counts.take(id).front();
        told.tell(id, std::move(page));
    }
    co_return told.of(ids, nobody);
}

task<result<review>> service::reply(pg::tx& tx, const identity& who, review_id id, std::string text)
{
    const auto r = co_await locked(tx, who, id);
    if (!r) co_return r;
    if (r->subject != who.user) co_return fail(errc::not_allowed, "only who was reviewed replies");
    if (r->status != review_status::published) co_return fail(errc::wrong_state, "this review is not public any more");
    if (!co_await reply_to_review(tx, id, text, clock_.now()))
        co_return fail(errc::wrong_state, "there is a reply already");
    co_return (co_await find_review(tx, id)).value();
}

task<result<void>> service::report(pg::tx& tx, const identity& who, review_id id, std::string reason)
{
    const auto r = co_await locked(tx, who, id);
    if (!r) co_return std::unexpected{r.error()};
    if (r->author == who.user) co_return fail(errc::not_allowed, "one does not report one's own review");
    if (r->status != review_status::published) co_return fail(errc::wrong_state, "this review is not public");
    if (!co_await insert_report(tx, id, who.user, reason, clock_.now()))
        co_return fail(errc::wrong_state, "you have reported this review");
    co_return result<void>{};
}

task<result<http::page<reviews::report>>> service::reports(reports_query q)
{
    const auto list = std::format("reports/{}", q.answered);
    const auto from = place_in(q.cursor, list, false);
    if (!from) co_return std::unexpected{from.error()};
    co_return page_of<reviews::report>(co_await reviews::reports(db_, q.answered, *from, q.limit + 1), q.limit, *from,
                                       list);
}

task<result<review>> service::hide(pg::tx& tx, const identity& who, review_id id, std::string reason)
{
    const auto r = co_await locked(tx, who, id);
    if (!r) co_return r;
    if (!co_await hide_review(tx, id, who.user, reason, clock_.now()))
        co_return fail(errc::wrong_state, "this review is hidden");
    co_return (co_await find_review(tx, id)).value();
}

task<result<review>> service::restore(pg::tx& tx, const identity& who, review_id id, std::string reason)
{
    const auto r = co_await locked(tx, who, id);
    if (!r) co_return r;
    if (!co_await restore_review(tx, id, who.user, reason, clock_.now()))
        co_return fail(errc::wrong_state, "this review is neither hidden nor reported");
    co_return (co_await find_review(tx, id)).value();
}

}  // namespace roost::reviews
