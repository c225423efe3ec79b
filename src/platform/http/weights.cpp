#include "platform/http/weights.hpp"

#include <algorithm>

#include "platform/http/message.hpp"

namespace roost::http {
namespace {

std::string_view trimmed(std::string_view s)
{
    const auto first = std::min(s.find_first_not_of(" \t"), s.size());
    s.remove_prefix(first);
    return s.substr(0, s.find_last_not_of(" \t") + 1);
}

// "0.5" → 500; what is not a weight counts as 0, so it is never chosen.
int weight_of(std::string_view q)
{
    if (q.empty() || q.size() > 5 || (q[0] != '0' && q[0] != '1') || (q.size() > 1 && q[1] != '.')) return 0;
    int value = q[0] - '0';
    for (std::size_t i = 2; i < 5; ++i)
    {
        const char c = i < q.size() ? q[i] : '0';
        if (c < '0' || c > '9') return 0;
        value = value * 10 + (c - '0');
    }
    return std::min(value, 1000);
}

/// Takes what stands before the first `sign` off the beginning.
std::string_view next_part(std::string_view& text, char sign)
{
    const auto end = std::min(text.find(sign), text.size());
    const auto part = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

/// How well a range such as text/* fits a media type; 0: not at all.
int fit_of(std::string_view range, std::string_view type)
{
    if (same_name(range, type)) return 3;
    if (range == "*/*") return 1;
    const auto slash = type.find('/') + 1;
    return range.ends_with("/*") && same_name(range.substr(0, slash), type.substr(0, slash)) ? 2 : 0;
}

}  // namespace

std::vector<weighted> weights_of(std::string_view field)
{
    std::vector<weighted> all;
    while (!field.empty())
    {
        auto item = next_part(field, ',');
        weighted w{next_part(item, ';'), 1000};
        while (!item.empty())
            if (const auto parameter = next_part(item, ';'); same_name(parameter.substr(0, 2), "q="))
                w.weight = weight_of(parameter.substr(2));
        all.push_back(w);
    }
    return all;
}

std::string_view preferred(std::string_view accept, const std::vector<std::string_view>& offered)
{
    const auto ranges = weights_of(accept);
    std::string_view best;
    int most = 0;
    for (const auto type : offered)
    {
        int fit = 0, weight = 0;
        for (const auto& r : ranges)
            if (const auto f = fit_of(r.name, type); f > fit) fit = f, weight = r.weight;
        if (weight > most) best = type, most = weight;
    }
    return best;
}

}  // namespace roost::http
