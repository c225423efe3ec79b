#pragma once
#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "platform/graphql/error.hpp"

/// Cases whose expected results the reference implementation gave (tests/data/graphql).
namespace roost::graphql {

inline boost::json::object read_vectors(const std::string& suite)
{
    std::ifstream file{std::string{ROOST_TEST_DATA} + "/graphql/" + suite + ".json"};
    return boost::json::parse(std::string{std::istreambuf_iterator<char>{file}, {}}).as_object();
}

inline std::string text(const boost::json::object& o, std::string_view name)
{
    const auto* v = o.if_contains(name);
    return v ? std::string{v->as_string()} : std::string{};
}

using places = std::vector<std::vector<std::pair<std::int64_t, std::int64_t>>>;

/// Where errors are: of each its places in order, the errors in any order, as the reference has them.
inline places places_of(const boost::json::object& expect)
{
    places all;
    if (const auto* errors = expect.if_contains("errors"))
        for (const auto& e : errors->as_array())
        {
            auto& one = all.emplace_back();
            if (const auto* at = e.as_object().if_contains("locations"))
                for (const auto& l : at->as_array())
                    one.emplace_back(l.as_object().at("line").as_int64(), l.as_object().at("column").as_int64());
        }
    std::ranges::sort(all);
    return all;
}

inline places places_of(const std::vector<error>& errors)
{
    places all;
    for (const auto& e : errors)
    {
        auto& one = all.emplace_back();
        for (const auto& l : e.locations) one.emplace_back(l.line, l.column);
    }
    std::ranges::sort(all);
    return all;
}

/// The rules that are broken, without "Rule", each once.
inline std::vector<std::string> rules_of(const boost::json::object& expect)
{
    std::vector<std::string> names;
    if (const auto* rules = expect.if_contains("rules"))
        for (const auto& r : rules->as_array())
        {
            std::string name{r.as_string()};
            names.push_back(name.substr(0, name.size() - std::string_view{"Rule"}.size()));
        }
    std::ranges::sort(names);
    return names;
}

inline std::vector<std::string> rules_of(const std::vector<error>& errors)
{
    std::vector<std::string> names;
    for (const auto& e : errors)
        if (!e.rule.empty()) names.emplace_back(e.rule);
    std::ranges::sort(names);
    names.erase(std::ranges::unique(names).begin(), names.end());
    return names;
}

}  // namespace roost::graphql
