#include "search/sql.hpp"

#include <array>
#include <format>
#include <string>
#include <utility>

namespace roost::search::sql {
namespace {

enum class key : std::size_t
{
    price,
    total,
    rating,
    distance,
    newest,
    relevance,
};
constexpr std::array<std::string_view, 6> names{"price", "total", "rating", "distance", "newest", "relevance"};

constexpr std::string_view subtotal = "(nightly_price * ($16::date - $15::date) + coalesce(cleaning_fee, 0))";

/// The price of the stay as calendar/price.cpp computes it without rules by date. Amounts are not negative, so adding
/// half before the division rounds half up.
const auto usual_total =
    std::format("{0} + ({0} * $33::int + 5000) / 10000 + ({0} * tax_basis_points + 5000) / 10000", subtotal);

/// The price of the stay; null where rules by date do not take it, 0 without a stay. Once this statement has its plan,
/// the function keeps those of its own: the setting is changed for the first property that has rules only.
const auto total = std::format(
    "case when $15::date is null then 0"
    " when has_rules and (select set_config('plan_cache_mode', 'force_generic_plan', true) is not null)"
    " then ruled_stay(id, $15, $16, coalesce($17::int, 1), $36::int[], $33, nightly_price, coalesce(cleaning_fee, 0),"
    " tax_basis_points, min_nights, max_nights, closed_to_arrival, closed_to_departure)"
    " else {} end",
    usual_total);

constexpr std::string_view distance =
    "round(st_distancesphere(location, st_setsrid(st_makepoint($9::float8, $8::float8), 4326)))::bigint";

// Words count more than likeness: a thousand parts of likeness are less than the least rank of a word.
constexpr std::string_view relevance =
    "(round(1000000 * ts_rank(search_vector, plainto_tsquery('simple', fold_text($1))))"
    " + round(1000 * word_similarity(fold_text($1), search_name)))::bigint";

/// A box of parameters west, south, east, north, as the index knows it: in rounded numbers.
std::string near_box(int p)
{
    return std::format(
        "(${0}::float8 is null"
        " or location && st_makeenvelope(${0}, ${1}, case when ${0} <= ${2} then ${2} else 180 end, ${3}, 4326)"
        " or ${0}::float8 > ${2}::float8 and location && st_makeenvelope(-180, ${1}, ${2}, ${3}, 4326))",
        p, p + 1, p + 2, p + 3);
}

/// What is told from a property's columns.
std::string filters()
{
    return std::format(R"(status = 'listed'
    and ($1::text is null or search_vector @@ plainto_tsquery('simple', fold_text($1))
        or fold_text($1) <% search_name)
    and ($2::text is null or city_key = fold_text($2))
    and ($3::text is null or country = $3)
    and {}
    and {}
    and ($10::bigint is null or {} <= $10)
    and ($15::date is null or has_rules or $16::date - $15::date between min_nights and max_nights)
    and ($17::int is null or capacity >= $17)
    and ($18::bigint is null or nightly_price >= $18)
    and ($19::bigint is null or nightly_price <= $19)
    and ($20::bigint is null or has_rules or {} >= $20)
    and ($21::bigint is null or has_rules or {} <= $21)
    and ($22::text is null or currency = $22::char(3))
    and ($23::text[] is null or amenities @> $23)
    and ($24::text[] is null or property_type = any($24))
    and ($25::text[] is null or room_type = any($25))
    and ($26::int is null or bedrooms >= $26)
    and ($27::int is null or beds >= $27)
    and ($28::float8 is null or bathrooms >= $28)
    and ($29::int is null or rating >= $29)
    and ($30::text is null or booking_mode = $30)
    and ($31::uuid is null or host_id = $31))",
                       near_box(4), near_box(11), distance, usual_total, usual_total);
}

/// Of the columns `id` and `key` of these candidates those that pass also what costs more to know, looked at only when
/// their turn comes, and the total of the stay: whether it is in the box exactly, whether the stay can be booked now
/// (`refusal` in calendar/stays.cpp and `refusal_of` in bookings/offers.cpp say the same of one property), and its
/// price. Check-in has begun when the clock there shows its time or has done so before it was put back: then it was as
/// long ago as yesterday's offset says. `offset 0` keeps the look-ups in their indexes, one row at a time. The exact
/// box stands here also because the planner would take it for a third condition independent of the others and expect
/// too few rows.
std::string bookable(std::string_view candidates, std::string_view price)
{
    return std::format(R"(select * from (
        select id, key, case when $4::float8 is null and $15::date is null then 0 else (
            select {} from property where id = c.id
            and ($4::float8 is null or latitude between $5 and $7
                and (case when $4 <= $6 then longitude between $4 and $6 else longitude >= $4 or longitude <= $6 end))
            and ($15::date is null or $15 - advance_notice_days >= ($32::timestamptz at time zone time_zone)::date
                and $15 - booking_window_days <= ($32 at time zone time_zone)::date
                and ($15 > ($32 at time zone time_zone)::date
                    or extract(hour from $32 at time zone time_zone) < same_day_cutoff_hour
                        and (booking_mode <> 'request' or greatest($32 at time zone time_zone,
                            least($32, $32 - (($32 - interval '1 day') at time zone time_zone + interval '1 day'
                                - ($15 + check_in_time::time))) at time zone time_zone) < $15 + check_in_time::time))
                and (has_rules or $34::text <> all(closed_to_arrival) and $35::text <> all(closed_to_departure))
                and not exists (
                    select from stay_block
                    where property_id = c.id and blocked && daterange($15, $16 + preparation_nights)
                        and (expires_at is null or expires_at > $32)
                    offset 0))
            offset 0) end as total
        from ({} offset 0) c offset 0) d
    where total is not null and ($20::bigint is null or total >= $20) and ($21::bigint is null or total <= $21))",
                       price, candidates);
}

std::string_view column_of(key k)
{
    switch (k)
    {
        case key::price: return "nightly_price";
        case key::total: return "total";
        case key::rating: return "rating";
        case key::distance: return distance;
        case key::newest: return "created_at";
        case key::relevance: return relevance;
    }
    std::unreachable();
}

/// The column as a cursor has it, and the type that a cursor's is read as to compare with it.
std::string number_of(key k)
{
    return k == key::newest ? "(extract(epoch from created_at) * 1000000)::bigint" : std::string{column_of(k)};
}
std::string_view type_of(key k) { return k == key::newest ? "timestamptz" : "bigint"; }

constexpr std::string_view shown = R"(p.id, host_id, title, property_type, room_type, line, city, region, country,
    postcode, latitude, longitude, currency, nightly_price, cleaning_fee, capacity, bedrooms, beds, bathrooms,
    amenities, images, booking_mode, payment_mode, cancellation_policy, nullif(rating, 0) / 100.0::float8 as rating,
    rating_count, version)";

std::string page_text(key k, bool ascending)
{
    const bool by_total = k == key::total;
    const auto column = column_of(k);
    const std::string_view way = ascending ? "asc" : "desc", beyond = ascending ? ">" : "<";
    const auto found =
        by_total ? std::format("(select id, {} as total from property where {} offset 0) p where total is not null",
                               total, filters())
                 : std::format("property where {}", filters());
    // They are sorted, or an index is walked in order. The select around them takes until the page is full; the outer
    // one fetches what is shown.
    const auto candidates = std::format(
        "select id, {} as key from {} and ($37::text is null or ({}, id) {} ($37::text::{}, $38::uuid))"
        " order by {} {}, id {}",
        number_of(k), found, column, beyond, type_of(k), column, way, way);
    return std::format(
        R"(select s.key, case when $15::date is not null then s.total end as total_price,
    case when $8::float8 is not null then {} end as distance_m, {}
from ({} limit $39) s
join property p on p.id = s.id
order by s.key {}, s.id {})",
        distance, shown, bookable(candidates, by_total ? "c.key" : total), way, way);
}

/// Of all that is listed.
std::string unfiltered_text(key k, bool ascending, bool first)
{
    const std::string_view way = ascending ? "asc" : "desc", beyond = ascending ? ">" : "<";
    const auto rest =
        first ? std::string{}
              : std::format(" and (p.{}, p.id) {} ($2::text::{}, $3::uuid)", column_of(k), beyond, type_of(k));
    return std::format(R"(select {} as key, null::bigint as total_price, null::bigint as distance_m, {}
from property p where status = 'listed'{} order by p.{} {}, p.id {} limit $1)",
                       number_of(k), shown, rest, column_of(k), way, way);
}

struct composed
{
    struct made
    {
        std::string name, sql;
        pg::statement statement() const { return {name, sql}; }
    };
    std::array<made, 12> pages, first_of_all, next_of_all;
    made count;

    composed()
    {
        for (std::size_t i = 0; i < 12; ++i)
        {
            const auto k = static_cast<key>(i / 2);
            const bool ascending = i % 2 == 0;
            const auto order = std::format("{}{}", sql::names[i / 2], ascending ? "" : "_desc");
            pages[i] = {"search.by_" + order, page_text(k, ascending)};
            if (k != key::newest && k != key::rating) continue;
            first_of_all[i] = {"search.first_by_" + order, unfiltered_text(k, ascending, true)};
            next_of_all[i] = {"search.next_by_" + order, unfiltered_text(k, ascending, false)};
        }
        const auto candidates = std::format("select id, null as key from property where {}", filters());
        count = {"search.count", std::format("select count(*) from ({}) s", bookable(candidates, total))};
    }
};

const composed& all()
{
    static const composed made;
    return made;
}

struct direction
{
    key by;
    bool ascending;
};

direction direction_of(ordering by)
{
    switch (by)
    {
        case ordering::price: return {key::price, true};
        case ordering::price_desc: return {key::price, false};
        case ordering::total: return {key::total, true};
        case ordering::total_desc: return {key::total, false};
        case ordering::rating: return {key::rating, true};
        case ordering::rating_desc: return {key::rating, false};
        case ordering::distance: return {key::distance, true};
        case ordering::newest: return {key::newest, false};
        case ordering::relevance: return {key::relevance, false};
    }
    std::unreachable();
}

std::size_t place_of(ordering by, bool backwards)
{
    const auto d = direction_of(by);
    return static_cast<std::size_t>(d.by) * 2 + (d.ascending == backwards);
}

}  // namespace

pg::statement page(ordering by, bool backwards) { return all().pages[place_of(by, backwards)].statement(); }

std::optional<pg::statement> page_of_all(ordering by, bool backwards, bool first)
{
    const auto& made = (first ? all().first_of_all : all().next_of_all)[place_of(by, backwards)];
    return made.sql.empty() ? std::nullopt : std::optional{made.statement()};
}

pg::statement count() { return all().count.statement(); }

}  // namespace roost::search::sql
