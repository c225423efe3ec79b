#include "importing/listing.hpp"

#include <algorithm>
#include <cmath>
#include <format>
#include <fstream>

#include "core/time_zones.hpp"
#include "core/utf8.hpp"
#include "importing/texts.hpp"
#include "importing/vocabulary.hpp"
#include "properties/changes.hpp"

namespace roost::importing {
namespace {

constexpr std::size_t longest_title = 120, longest_text = 10'000;
constexpr std::int64_t highest_price = 1'000'000'000'000;

/// Zone name → ISO 3166-1 code, from the time zone database's own table. Empty when the system has none.
std::map<std::string, std::string, std::less<>> read_countries()
{
    std::map<std::string, std::string, std::less<>> out;
    std::ifstream table{"/usr/share/zoneinfo/zone.tab"};
    for (std::string line; std::getline(table, line);)
    {
        const auto zone = line.find('\t', line.find('\t') + 1) + 1;
        if (line.starts_with('#') || zone == 0) continue;
        out.emplace(line.substr(zone, line.find('\t', zone) - zone), line.substr(0, 2));
    }
    return out;
}

/// One row's values, and the first thing that is wrong with them.
class values
{
    const columns& columns_;
    std::span<const std::string_view> row_;

public:
    std::string problem;

    values(const columns& c, std::span<const std::string_view> row) : columns_{c}, row_{row} {}

    std::string_view text(std::string_view column) const { return columns_.get(row_, column); }
    bool has(std::string_view column) const { return columns_.has(column); }

    /// The parsed value; nothing when it is empty or, then noted as the problem, not a `what`.
    template <class Parse>
    auto read(std::string_view column, std::string_view what, Parse parse) -> decltype(parse(std::string_view{}))
    {
        const auto raw = text(column);
        if (raw.empty()) return std::nullopt;
        auto value = parse(raw);
        if (!value) refuse(std::format("{} is not {}: {}", column, what, utf8_prefix(raw, 60)));
        return value;
    }
    std::optional<int> count(std::string_view column) { return read(column, "a whole number", read_count); }
    std::optional<double> number(std::string_view column) { return read(column, "a number", read_number); }

    void refuse(std::string why)
    {
        if (problem.empty()) problem = std::move(why);
    }
};

std::string external_id(values& v, std::string_view column)
{
    const auto raw = v.text(column);
    const bool digits = raw.find_first_not_of("0123456789") == raw.npos;
    if (raw.empty() || raw.size() > 20 || !digits)
        v.refuse(std::format("{} is not an id: {}", column, utf8_prefix(raw, 60)));
    return std::string{raw};
}

void read_location(values& v, property& p)
{
    p.location = {v.number("latitude"), v.number("longitude")};
    if (!p.location.latitude || !p.location.longitude) return v.refuse("it has no place on the map");
    if (std::abs(*p.location.latitude) > 90 || std::abs(*p.location.longitude) > 180)
        v.refuse("its place is not on earth");
}

void read_types(values& v, listing& l)
{
    auto& p = l.offer;
    const auto type = read_property_type(v.text("property_type"));
    p.property_type = type.building.value_or(property_type::other);
    if (!type.building) l.unknown.emplace_back(v.text("property_type"));
    const auto room = v.read("room_type", "a room type", read_room_type);
    p.room_type = room ? *room : type.part.value_or(room_type::entire_home);
}

void read_rooms(values& v, const described_title& title, property& p)
{
    const int usual = p.room_type == room_type::entire_home ? 4 : p.room_type == room_type::shared_room ? 1 : 2;
    const auto accommodates = v.count("accommodates").value_or(0);
    p.capacity = accommodates == 0 ? usual : std::min(accommodates, 50);
    p.bedrooms = std::min(v.count("bedrooms").value_or(title.bedrooms.value_or(1)), 100);
    p.beds = std::min(v.count("beds").value_or(title.beds.value_or(1)), 200);
    const auto baths = v.number("bathrooms");
    const auto baths_text = read_bathrooms(v.text("bathrooms_text"));
    const auto number = baths ? *baths : baths_text ? *baths_text : title.bathrooms.value_or(1);
    p.bathrooms = std::clamp(std::round(number * 2) / 2, 0.0, 100.0);
}

void read_prices(values& v, currency unit, property& p)
{
    const auto amount = [&](std::string_view column) {
        const auto minor = v.read(column, "an amount", [&](auto raw) { return read_price(raw, unit.exponent()); });
        if (minor && *minor > highest_price) v.refuse(std::format("{} is beyond belief: {}", column, v.text(column)));
        return minor;
    };
    if (const auto night = amount("price"); night && *night > 0) p.nightly_price = money{*night, unit};
    if (const auto fee = amount("cleaning_fee"); fee && *fee > 0) p.cleaning_fee = money{*fee, unit};
}

void read_rules(values& v, property& p)
{
    auto& rules = p.stay_rules;
    rules.min_nights = std::clamp(v.count("minimum_nights").value_or(1), 1, longest_stay);
    rules.max_nights = std::clamp(v.count("maximum_nights").value_or(365), rules.min_nights, longest_stay);
    // A summary does not say. A request would wait for a host who has no account here yet, so booking is at once.
    p.booking_mode = v.text("instant_bookable") == "f" ? booking_mode::request : booking_mode::at_once;
    const auto policy = v.text("cancellation_policy");  // until 2020
    p.cancellation_policy = policy.contains("strict")     ? cancellation_policy::strict
                            : policy.contains("moderate") ? cancellation_policy::moderate
                                                          : cancellation_policy::flexible;
}

void read_amenities(values& v, listing& l)
{
    const auto raw = v.read("amenities", "a list", read_list);
    if (!raw) return;
    auto& codes = l.offer.amenities;
    for (const auto& item : *raw)
    {
        const auto code = amenity_code(item);
        if (code.empty())
            l.unknown.push_back(item);
        else
            codes.emplace_back(code);
        if (code == "cable_tv") codes.emplace_back("tv");
    }
    std::ranges::sort(codes);
    codes.erase(std::ranges::unique(codes).begin(), codes.end());
}

std::string limited(std::string text, std::size_t characters)
{
    text.resize(utf8_prefix(text, characters).size());
    return text;
}

/// The part before a comma: the city of "Brooklyn, New York, United States".
std::string first_part(std::string_view text) { return plain_text(text.substr(0, text.find_first_of(",("))); }

std::string city_of(const values& v, const assumptions& assume, const described_title& title, const time_zone& zone)
{
    if (!assume.city.empty()) return assume.city;
    if (auto city = plain_text(v.text("city")); !city.empty()) return city;
    const bool cleansed = v.has("neighbourhood_cleansed");
    if (const auto place = v.text("neighbourhood"); cleansed && place.contains(','))
        if (auto city = first_part(place); !city.empty()) return city;
    if (const auto at = title.title.find(" in "); cleansed && title.generated && at != title.title.npos)
        if (auto city = first_part(std::string_view{title.title}.substr(at + 4)); !city.empty()) return city;
    // Each file is about one city, and zones are named after the large ones.
    std::string city{zone.name().substr(zone.name().rfind('/') + 1)};
    std::ranges::replace(city, '_', ' ');
    return city;
}

void read_address(const values& v, const assumptions& assume, const described_title& title, property& p)
{
    auto& a = p.address;
    const bool cleansed = v.has("neighbourhood_cleansed");
    a.line = limited(plain_text(v.text(cleansed ? "neighbourhood_cleansed" : "neighbourhood")), longest_title);
    a.city = limited(city_of(v, assume, title, *p.time_zone), longest_title);
    const auto group = v.text(cleansed ? "neighbourhood_group_cleansed" : "neighbourhood_group");
    a.region = limited(plain_text(group.empty() ? v.text("state") : group), longest_title);
    a.postcode = limited(plain_text(v.text("zipcode")), 20);
    if (const auto code = v.text("country_code"); country_format.check(code)) a.country = code;
    if (!assume.country.empty()) a.country = assume.country;
}

void read_texts(const values& v, std::string_view title, property& p)
{
    p.title = limited(plain_text(title), longest_title);
    if (p.title.empty()) p.title = std::format("Stay in {}", p.address.line.empty() ? p.address.city : p.address.line);
    p.description = plain_text(v.text("description"));
    if (const auto around = plain_text(v.text("neighborhood_overview")); !around.empty())
        p.description += (p.description.empty() ? "" : "\n\n") + around;
    p.description = limited(std::move(p.description), longest_text);
    p.house_rules = limited(plain_text(v.text("house_rules")), longest_text);
    if (const auto picture = v.text("picture_url"); picture.starts_with("https://") && picture.size() <= 2000)
        p.images.emplace_back(picture);
}

void read_rating(values& v, property& p)
{
    const auto score = v.number("review_scores_rating");
    const auto count = v.count("number_of_reviews").value_or(0);
    if (!score || count == 0 || *score < 0) return;
    // Stars since 2021, a percentage before.
    p.rating = static_cast<double>(std::lround(std::min(*score > 5 ? *score / 20 : *score, 5.0) * 100)) / 100;
    p.rating_count = count;
}

}  // namespace

columns::columns(std::span<const std::string_view> header)
{
    for (std::size_t i = 0; i < header.size(); ++i) at_.emplace(plain_words(header[i]), i);
}

std::string_view columns::get(std::span<const std::string_view> row, std::string_view name) const
{
    const auto found = at_.find(name);
    if (found == at_.end() || found->second >= row.size()) return {};
    const auto text = row[found->second];
    const auto from = text.find_first_not_of(" \t\r\n");
    return from == text.npos ? std::string_view{} : text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1);
}

listing_reader::listing_reader(std::span<const std::string_view> header, assumptions assume)
    : columns_{header}, width_{header.size()}, assume_{std::move(assume)}, countries_{read_countries()}
{
    for (const auto name : {"id", "host_id", "name", "latitude", "longitude", "room_type"})
        if (!columns_.has(name)) throw wrong_file{std::format("not a listings file: it has no column {}", name)};
}

std::expected<listing, std::string> listing_reader::read(std::span<const std::string_view> row) const
{
    if (row.size() != width_)
        return std::unexpected{std::format("it has {} fields, the header has {}", row.size(), width_)};
    values v{columns_, row};
    listing l;
    auto& p = l.offer;
    l.external_id = external_id(v, "id");
    l.host_external_id = external_id(v, "host_id");
    l.host_name = limited(plain_text(v.text("host_name")), 60);
    read_location(v, p);
    read_types(v, l);
    const auto title = read_title(v.text("name"));
    read_rooms(v, title, p);
    read_prices(v, assume_.currency, p);
    read_rules(v, p);
    read_amenities(v, l);
    read_rating(v, p);
    if (!v.problem.empty()) return std::unexpected{std::move(v.problem)};

    p.time_zone = assume_.zone ? *assume_.zone : time_zone_at(*p.location.latitude, *p.location.longitude);
    read_address(v, assume_, title, p);
    if (const auto known = countries_.find(p.time_zone->name()); p.address.country.empty() && known != countries_.end())
        p.address.country = known->second;
    read_texts(v, title.title, p);
    const bool complete = p.nightly_price && !p.address.city.empty() && !p.address.country.empty();
    p.status = !complete                           ? property_status::draft
               : v.text("has_availability") == "f" ? property_status::unlisted
                                                   : property_status::listed;
    return l;
}

}  // namespace roost::importing
