#include "platform/graphql/suggestions.hpp"

#include <algorithm>
#include <format>
#include <numeric>
#include <utility>

namespace roost::graphql {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// How many letters are put in, left out, or others: Levenshtein's distance, without regard to case.
std::size_t distance(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i)
    {
        auto diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < b.size(); ++j)
        {
            const auto other = diagonal + (lower(a[i]) == lower(b[j]) ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({other, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& names)
{
    constexpr std::size_t longest = 64, most = 3;  // nobody is helped with names of hundreds of letters
    if (name.size() > longest) return {};
    const auto close_enough = name.size() * 2 / 5 + 1;
    std::vector<std::pair<std::size_t, std::string_view>> near;
    for (const auto candidate : names)
    {
        const auto longer = std::max(name.size(), candidate.size()), shorter = std::min(name.size(), candidate.size());
        if (longer - shorter > close_enough) continue;
        if (const auto d = distance(name, candidate); d <= close_enough) near.emplace_back(d, candidate);
    }
    std::ranges::sort(near);
    if (near.size() > most) near.resize(most);
    std::string out;
    for (const auto& [_, candidate] : near)
        out += std::format("{}\"{}\"", out.empty() ? " Did you mean " : " or ", candidate);
    return out.empty() ? out : out + '?';
}

}  // namespace roost::graphql
