#include <gtest/gtest.h>

#include "platform/schema/json.hpp"
#include "properties/changes.hpp"

namespace roost {
namespace {

/// A merge patch as it arrives.
property_changes changes(std::string_view json)
{
    auto read = schema::from_json<property_changes>(json);
    if (!read) throw std::invalid_argument{read.error().detail};
    return *read;
}

/// Pointers of the faults, or the code of another refusal; empty when all is well.
std::string fault(property& p, std::string_view json)
{
    const auto done = apply(p, changes(json));
    if (done) return "";
    if (done.error().code != errc::invalid_input) return std::string{name_of(done.error().code)};
    std::string out;
    for (const auto& f : done.error().fields) out += (out.empty() ? "" : " ") + f.pointer;
    return out;
}

constexpr std::string_view complete = R"({"status": "listed", "title": "Flat above the harbour",
    "address": {"city": "Lisbon", "country": "PT"}, "location": {"latitude": 38.7139, "longitude": -9.1334},
    "nightly_price": {"amount": 9000, "currency": "EUR"}})";

TEST(property_changes, a_draft_may_lack_everything)
{
    property p;
    EXPECT_EQ(fault(p, "{}"), "");
    EXPECT_EQ(p.status, property_status::draft);
}

TEST(property_changes, listing_names_everything_that_is_missing)
{
    property p;
    EXPECT_EQ(fault(p, R"({"status": "listed"})"), "/title /address/city /address/country /location /nightly_price");
}

TEST(property_changes, a_complete_property_is_listed_and_knows_its_zone)
{
    property p;
    EXPECT_EQ(fault(p, complete), "");
    EXPECT_EQ(p.status, property_status::listed);
    EXPECT_EQ(p.time_zone.value().name(), "Europe/Lisbon");
}

TEST(property_changes, the_zone_follows_the_place_unless_it_is_stated)
{
    property p;
    ASSERT_EQ(fault(p, complete), "");
    EXPECT_EQ(fault(p, R"({"time_zone": "Atlantic/Azores"})"), "");
    EXPECT_EQ(fault(p, R"({"title": "Another title"})"), "");
    EXPECT_EQ(p.time_zone.value().name(), "Atlantic/Azores");
    EXPECT_EQ(fault(p, R"({"location": {"latitude": 40.4168, "longitude": -3.7038}})"), "");
    EXPECT_EQ(p.time_zone.value().name(), "Europe/Madrid");
    EXPECT_EQ(fault(p, R"({"time_zone": null})"), "");
    EXPECT_EQ(p.time_zone.value().name(), "Europe/Madrid");
}

TEST(property_changes, what_is_listed_stays_complete)
{
    property p;
    ASSERT_EQ(fault(p, complete), "");
    EXPECT_EQ(fault(p, R"({"nightly_price": null, "location": {"latitude": null, "longitude": null}})"),
              "/location /nightly_price");
}

TEST(property_changes, only_some_moves_are_possible)
{
    property p;
    EXPECT_EQ(fault(p, R"({"status": "unlisted"})"), "wrong_state");
    EXPECT_EQ(fault(p, R"({"status": "deleted"})"), "wrong_state");
    p = {};
    ASSERT_EQ(fault(p, complete), "");
    EXPECT_EQ(fault(p, R"({"status": "draft"})"), "wrong_state");
    EXPECT_EQ(fault(p, R"({"status": "unlisted"})"), "");
    EXPECT_EQ(fault(p, R"({"status": "listed"})"), "");
}

TEST(property_changes, contradictions_are_all_told)
{
    property p;
    EXPECT_EQ(fault(p, R"({"location": {"latitude": 1}, "bathrooms": 1.3, "amenities": ["wifi", "dragon"],
        "nightly_price": {"amount": 1, "currency": "EUR"}, "cleaning_fee": {"amount": 1, "currency": "USD"},
        "stay_rules": {"min_nights": 8, "max_nights": 7}, "images": ["https://a.example/1.jpg", "ftp://b/", "https://"]})"),
              "/amenities /images/1 /images/2 /location /cleaning_fee/currency /bathrooms /stay_rules/max_nights");
}

TEST(property_changes, sets_are_kept_in_order_and_once)
{
    property p;
    ASSERT_EQ(fault(p, R"({"amenities": ["wifi", "kitchen", "wifi"],
        "stay_rules": {"closed_to_arrival": ["sunday", "monday", "sunday"]}})"),
              "");
    EXPECT_EQ(p.amenities, (std::vector<std::string>{"kitchen", "wifi"}));
    EXPECT_EQ(p.stay_rules.closed_to_arrival, (std::vector{weekday::monday, weekday::sunday}));
}

TEST(property_changes, countries_and_times_are_checked_when_read)
{
    EXPECT_TRUE(schema::from_json<property_changes>(R"({"address": {"country": "NZ"}})"));
    for (const auto* bad : {R"({"address": {"country": "XX"}})", R"({"address": {"country": "pt"}})",
                            R"({"address": {"country": "E "}})", R"({"check_in_time": "25:00"})"})
        EXPECT_FALSE(schema::from_json<property_changes>(bad)) << bad;
}

}  // namespace
}  // namespace roost
