#include "search/store.hpp"

#include <cmath>

#include "search/sql.hpp"

namespace roost::search {
namespace {

template <class T>
std::optional<std::vector<T>> unless_empty(const std::vector<T>& items)
{
    return items.empty() ? std::nullopt : std::optional{items};
}

template <auto Side>
std::optional<double> side(const std::optional<box>& b)
{
    return b ? std::optional{*b.*Side} : std::nullopt;
}

std::optional<weekday> weekday_of(std::optional<date> day)
{
    return day ? std::optional{roost::weekday_of(*day)} : std::nullopt;
}

std::optional<std::string> booking_mode_of(const query& q)
{
    if (!q.instant_book) return std::nullopt;
    return std::string{name_of(*q.instant_book ? booking_mode::at_once : booking_mode::request)};
}

/// Calls `f` with the parameters $1 to $36, which every statement of search takes.
template <class F>
auto with_parameters(const query& q, circumstances c, F f)
{
    std::optional<box> map, circle;
    std::optional<double> latitude, longitude;
    std::optional<std::int64_t> radius;
    if (!q.bbox.empty()) map = box{q.bbox[0], q.bbox[1], q.bbox[2], q.bbox[3]};
    if (!q.near.empty())
    {
        latitude = q.near[0], longitude = q.near[1];
        radius = std::lround(q.radius_km.value_or(10) * 1'000);
        circle = around(*latitude, *longitude, static_cast<double>(*radius + 1));
    }
    const auto rating = q.rating_min ? std::optional{std::lround(*q.rating_min * 100)} : std::nullopt;
    return f(q.q, q.city, q.country, side<&box::west>(map), side<&box::south>(map), side<&box::east>(map),
             side<&box::north>(map), latitude, longitude, radius, side<&box::west>(circle), side<&box::south>(circle),
             side<&box::east>(circle), side<&box::north>(circle), q.check_in, q.check_out, q.guests, q.price_min,
             q.price_max, q.total_min, q.total_max, q.currency, unless_empty(q.amenities),
             unless_empty(q.property_type), unless_empty(q.room_type), q.bedrooms_min, q.beds_min, q.bathrooms_min,
             rating, booking_mode_of(q), q.host, c.now, c.guest_fee_bp, weekday_of(q.check_in), weekday_of(q.check_out),
             unless_empty(q.child_ages));
}

/// The cursor's key as the ordering's column compares with it.
std::optional<std::string> key_of(const query& q, const std::optional<http::cursor>& from)
{
    if (!from) return std::nullopt;
    if (q.ordering == ordering::newest) return format(http::moment_of(*from).value());
    return std::to_string(from->key);
}

/// Whether everything that is listed is a result.
bool filters_nothing(const query& q)
{
    query everything;
    everything.ordering = q.ordering;
    return name_of_list(q) == name_of_list(everything);
}

}  // namespace

task<matches> run(pg::database& db, const query& q, std::optional<http::cursor> from, circumstances c)
{
    const bool backwards = from && from->backwards;
    const auto id = from ? std::optional{from->id} : std::nullopt;
    const auto key = key_of(q, from);
    const auto of_all = sql::page_of_all(*q.ordering, backwards, !from);
    if (of_all && !q.count && filters_nothing(q))
    {
        matches m;
        if (from)  // not in one expression: GCC 14 performs an awaited branch of ?: twice
            m.rows = co_await db.all<found>(*of_all, q.limit + 1, key, id);
        else
            m.rows = co_await db.all<found>(*of_all, q.limit + 1);
        co_return m;
    }
    const auto page = sql::page(*q.ordering, backwards);
    auto done = co_await db.transaction(
        [&](pg::tx& tx) -> task<result<matches>> {
            matches m;
            tx.queue(sql::plan_for_values);
            m.rows = co_await with_parameters(
                q, c, [&](const auto&... p) { return tx.all<found>(page, p..., key, id, q.limit + 1); });
            if (q.count)
            {
                tx.queue(sql::plan_for_values);
                m.count = co_await with_parameters(
                    q, c, [&](const auto&... p) { return tx.one<std::int64_t>(sql::count(), p...); });
            }
            co_return m;
        },
        q.count ? pg::isolation::repeatable_read : pg::isolation::read_committed);
    co_return std::move(done).value();
}

}  // namespace roost::search
