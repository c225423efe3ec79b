#pragma once
#include <array>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "platform/schema/schema.hpp"

namespace roost::fuzz {

using namespace std::literals;

enum class colour
{
    red,
    green,
};
constexpr auto names_of(colour) { return std::array{"red"sv, "green"sv}; }

struct leaf
{
    std::string name;
    std::vector<std::int32_t> numbers;

    static constexpr auto fields = schema::fields(schema::field<&leaf::name>("name", schema::length(1, 10)),
                                                  schema::field<&leaf::numbers>("numbers", schema::at_most(5)));
};

/// A described struct that holds one member of every kind there is.
struct rich
{
    bool flag{};
    std::int32_t small{};
    std::int64_t large{};
    double score{};
    std::string text;
    colour paint{};
    user_id who;
    money price;
    currency unit;
    date day{};
    instant moment{};
    time_zone zone;
    leaf inner;
    std::vector<leaf> leaves;
    std::optional<std::string> maybe;
    schema::patch<std::optional<std::string>> change;
    std::vector<colour> paints;

    static constexpr auto fields = schema::fields(
        schema::field<&rich::flag>("flag"), schema::field<&rich::small>("small", schema::between(-5, 100)),
        schema::field<&rich::large>("large", schema::defaulted), schema::field<&rich::score>("score"),
        schema::field<&rich::text>("text", schema::length(0, 200)), schema::field<&rich::paint>("paint"),
        schema::field<&rich::who>("who"), schema::field<&rich::price>("price", schema::positive),
        schema::field<&rich::unit>("unit"), schema::field<&rich::day>("day"), schema::field<&rich::moment>("moment"),
        schema::field<&rich::zone>("zone"), schema::field<&rich::inner>("inner"),
        schema::field<&rich::leaves>("leaves", schema::at_most(4)), schema::field<&rich::maybe>("maybe"),
        schema::field<&rich::change>("change"), schema::field<&rich::paints>("paints", schema::at_most(3)));
};

/// The kinds that a query parameter may have.
struct rich_query
{
    std::optional<bool> flag;
    std::int32_t limit = 20;
    std::optional<std::int64_t> large;
    std::optional<double> score;
    std::optional<std::string> q;
    std::vector<colour> paints;
    std::optional<user_id> who;
    std::optional<date> day;
    std::optional<instant> moment;
    std::optional<currency> unit;
    std::optional<time_zone> zone;

    static constexpr auto fields =
        schema::fields(schema::field<&rich_query::flag>("flag"),
                       schema::field<&rich_query::limit>("limit", schema::between(1, 100), schema::defaulted),
                       schema::field<&rich_query::large>("large"), schema::field<&rich_query::score>("score"),
                       schema::field<&rich_query::q>("q", schema::length(1, 50)),
                       schema::field<&rich_query::paints>("paints", schema::defaulted, schema::at_most(4)),
                       schema::field<&rich_query::who>("who"), schema::field<&rich_query::day>("day"),
                       schema::field<&rich_query::moment>("moment"), schema::field<&rich_query::unit>("unit"),
                       schema::field<&rich_query::zone>("zone"));
};

/// Ends the run with a finding.
inline void require(bool holds, const char* what)
{
    if (holds) return;
    std::fprintf(stderr, "broken: %s\n", what);
    __builtin_trap();
}

}  // namespace roost::fuzz
