// Says of each document what our GraphQL makes of it, for comparison with another implementation. It reads lines of
// JSON strings, the first a schema in SDL, the others documents, and answers each document with a line.
#include <algorithm>
#include <boost/json.hpp>
#include <format>
#include <iostream>
#include <string>
#include <vector>

#include "platform/graphql/parser.hpp"
#include "platform/graphql/printer.hpp"
#include "platform/graphql/sdl.hpp"
#include "platform/graphql/validation.hpp"

namespace json = boost::json;
using namespace roost::graphql;

namespace {

json::array places_of(const std::vector<error>& errors)
{
    std::vector<std::string> all;
    for (const auto& e : errors)
    {
        auto& one = all.emplace_back();
        for (const auto& l : e.locations) one += std::format("{}{}:{}", one.empty() ? "" : " ", l.line, l.column);
    }
    std::ranges::sort(all);
    return json::array(all.begin(), all.end());
}

json::array rules_of(const std::vector<error>& errors)
{
    std::vector<std::string> all;
    for (const auto& e : errors) all.emplace_back(e.rule);
    std::ranges::sort(all);
    all.erase(std::ranges::unique(all).begin(), all.end());
    return json::array(all.begin(), all.end());
}

json::object verdict(const schema& s, std::string text)
{
    const auto d = parse(std::move(text));
    if (!d) return {{"phase", "syntax"}, {"rules", json::array{}}, {"places", places_of({d.error()})}};
    const auto errors = validate(s, **d, {.max_errors = 1'000});
    return {{"phase", errors.empty() ? "valid" : "invalid"},
            {"rules", rules_of(errors)},
            {"places", places_of(errors)},
            {"printed", print_compact(**d)}};
}

}  // namespace

int main()
{
    std::ios::sync_with_stdio(false);
    std::string line;
    std::getline(std::cin, line);
    const auto s = build_schema(std::string{json::parse(line).as_string()});
    if (!s)
    {
        for (const auto& e : s.error()) std::cerr << e.message << '\n';
        return 1;
    }
    while (std::getline(std::cin, line)) std::cout << verdict(**s, std::string{json::parse(line).as_string()}) << '\n';
    return 0;
}
