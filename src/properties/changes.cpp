#include "properties/changes.hpp"

#include <algorithm>
#include <cmath>
#include <format>

#include "core/time_zones.hpp"
#include "properties/amenity.hpp"

namespace roost {
namespace {

// ISO 3166-1: the officially assigned alpha-2 codes.
constexpr std::string_view countries =
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ "
    "CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO "
    "FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE "
    "JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO "
    "MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW "
    "PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM "
    "TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW ";

bool is_country(std::string_view code)
{
    return code.size() == 2 && !code.contains(' ') && countries.contains(std::string{code} + ' ');
}

bool is_image_url(std::string_view url)
{
    const auto host = url.starts_with("https://") ? url.substr(8) : url.starts_with("http://") ? url.substr(7) : "";
    return !host.empty() && host.front() != '/' && url.size() <= 2'048
           && std::ranges::none_of(url, [](unsigned char c) { return c <= ' ' || c == 0x7f || c == '"' || c == '<'; });
}

/// Collects what is wrong with a property, each fault under the pointer of its field.
struct faults
{
    error all{errc::invalid_input, "some fields are not acceptable", {}, {}};

    void add(std::string pointer, std::string_view code, std::string detail)
    {
        all.fields.push_back({std::move(pointer), code, std::move(detail)});
    }
    void require(bool there, std::string_view pointer)
    {
        if (!there) add(std::string{pointer}, "required", "a listed property needs it");
    }
};

template <class T, class Change>
void take(T& into, const patch<Change>& change)
{
    if (change) into = *change;
}

void take(postal_address& a, const address_changes& c)
{
    take(a.line, c.line);
    take(a.city, c.city);
    take(a.region, c.region);
    take(a.country, c.country);
    take(a.postcode, c.postcode);
}

void take(stay_rules& r, const stay_rule_changes& c)
{
    take(r.min_nights, c.min_nights);
    take(r.max_nights, c.max_nights);
    take(r.advance_notice_days, c.advance_notice_days);
    take(r.same_day_cutoff_hour, c.same_day_cutoff_hour);
    take(r.preparation_nights, c.preparation_nights);
    take(r.booking_window_days, c.booking_window_days);
    take(r.closed_to_arrival, c.closed_to_arrival);
    take(r.closed_to_departure, c.closed_to_departure);
}

/// Naming one of the own policies makes it custom, and naming another kind forgets which it was.
void take_policy(property& p, const property_changes& c)
{
    if (c.cancellation_policy_id)
    {
        p.cancellation_policy_id = *c.cancellation_policy_id;
        if (p.cancellation_policy_id && !c.cancellation_policy) p.cancellation_policy = cancellation_policy::custom;
    }
    else if (c.cancellation_policy && *c.cancellation_policy != cancellation_policy::custom)
        p.cancellation_policy_id.reset();
    take(p.cancellation_policy, c.cancellation_policy);
}

void take(property& p, const property_changes& c)
{
    take(p.title, c.title);
    take(p.description, c.description);
    take(p.property_type, c.property_type);
    take(p.room_type, c.room_type);
    if (c.address) take(p.address, *c.address);
    if (c.location) take(p.location.latitude, c.location->latitude);
    if (c.location) take(p.location.longitude, c.location->longitude);
    take(p.time_zone, c.time_zone);
    take(p.nightly_price, c.nightly_price);
    take(p.cleaning_fee, c.cleaning_fee);
    take(p.tax_basis_points, c.tax_basis_points);
    take(p.capacity, c.capacity);
    take(p.bedrooms, c.bedrooms);
    take(p.beds, c.beds);
    take(p.bathrooms, c.bathrooms);
    take(p.amenities, c.amenities);
    take(p.images, c.images);
    take(p.house_rules, c.house_rules);
    take_policy(p, c);
    take(p.booking_mode, c.booking_mode);
    take(p.request_holds, c.request_holds);
    take(p.payment_mode, c.payment_mode);
    take(p.check_in_time, c.check_in_time);
    take(p.check_out_time, c.check_out_time);
    if (c.stay_rules) take(p.stay_rules, *c.stay_rules);
}

/// The zone follows the place, unless this very request states it.
void derive_zone(property& p, const property_changes& c)
{
    const bool stated = c.time_zone && *c.time_zone;
    const bool asked = c.location || c.time_zone || !p.time_zone;
    if (stated || !asked) return;
    p.time_zone.reset();
    if (p.location.latitude && p.location.longitude)
        p.time_zone = time_zone_at(*p.location.latitude, *p.location.longitude);
}

template <class T>
void sort_unique(std::vector<T>& items)
{
    std::ranges::sort(items);
    const auto rest = std::ranges::unique(items);
    items.erase(rest.begin(), rest.end());
}

void check_items(const property& p, faults& bad)
{
    for (const auto& code : p.amenities)
        if (!is_amenity(code))
            bad.add("/amenities", "unknown", std::format("there is no amenity '{}'", code.substr(0, 60)));
    for (std::size_t i = 0; i < p.images.size(); ++i)
        if (!is_image_url(p.images[i]))
            bad.add(std::format("/images/{}", i), "format", "must be an http or https URL of at most 2048 characters");
}

void check_consistency(const property& p, faults& bad)
{
    if (p.location.latitude.has_value() != p.location.longitude.has_value())
        bad.add("/location", "required", "latitude and longitude go together");
    if (p.nightly_price && p.cleaning_fee && p.nightly_price->unit() != p.cleaning_fee->unit())
        bad.add("/cleaning_fee/currency", "currency", "must be the currency of nightly_price");
    if ((p.cancellation_policy == cancellation_policy::custom) != p.cancellation_policy_id.has_value())
        bad.add("/cancellation_policy_id", "required", "goes with the policy custom, and with no other");
    if (p.bathrooms * 2 != std::floor(p.bathrooms * 2)) bad.add("/bathrooms", "format", "must be a multiple of 0.5");
    if (p.stay_rules.min_nights > p.stay_rules.max_nights)
        bad.add("/stay_rules/max_nights", "bounds", "must be at least min_nights");
}

void check_complete(const property& p, faults& bad)
{
    if (p.status != property_status::listed) return;
    bad.require(!p.title.empty(), "/title");
    bad.require(!p.address.city.empty(), "/address/city");
    bad.require(!p.address.country.empty(), "/address/country");
    bad.require(p.location.latitude.has_value() && p.location.longitude.has_value(), "/location");
    bad.require(p.nightly_price.has_value(), "/nightly_price");
}

result<void> move_to(property& p, property_status to)
{
    using enum property_status;
    const bool possible = p.status == to || to == listed || (to == unlisted && p.status == listed);
    if (!possible || to == deleted)
        return fail(errc::wrong_state,
                    std::format("a property that is {} cannot become {}", name_of(p.status), name_of(to)));
    p.status = to;
    return {};
}

}  // namespace

constinit const schema::text_format time_of_day_format{
    "", "^([01][0-9]|2[0-3]):[0-5][0-9]$", [](std::string_view t) { return parse_time_of_day(t).has_value(); },
    "must be a time of day like 15:00"};
constinit const schema::text_format country_format{"", "^[A-Z]{2}$", is_country,
                                                   "must be an ISO 3166-1 alpha-2 code like PT"};

result<void> apply(property& p, const property_changes& changes)
{
    if (changes.status)
        if (auto moved = move_to(p, *changes.status); !moved) return moved;
    take(p, changes);
    sort_unique(p.amenities);
    sort_unique(p.stay_rules.closed_to_arrival);
    sort_unique(p.stay_rules.closed_to_departure);

    faults bad;
    check_items(p, bad);
    check_consistency(p, bad);
    check_complete(p, bad);
    if (!bad.all.fields.empty()) return std::unexpected{std::move(bad.all)};
    derive_zone(p, changes);
    return {};
}

}  // namespace roost
