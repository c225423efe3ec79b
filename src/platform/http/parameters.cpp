#include "platform/http/parameters.hpp"

#include <algorithm>
#include <charconv>

namespace roost::http {

bool if_match::allows(std::int64_t version) const
{
    return !given || any || std::ranges::find(versions, version) != versions.end();
}

if_match if_match::of(const request& r)
{
    if_match condition;
    auto list = r.find("if-match");
    if (!list) return condition;
    condition.given = true;
    condition.any = *list == "*";
    // Our tags are versions in quotes; a weak or foreign tag matches nothing (RFC 9110, 13.1.1: strong comparison).
    for (std::string_view rest = *list; !rest.empty();)
    {
        const auto comma = rest.find(',');
        auto tag = rest.substr(0, comma);
        rest.remove_prefix(comma == rest.npos ? rest.size() : comma + 1);
        while (tag.starts_with(' ')) tag.remove_prefix(1);
        while (tag.ends_with(' ')) tag.remove_suffix(1);
        if (tag.size() < 3 || tag.front() != '"' || tag.back() != '"') continue;
        std::int64_t version = 0;
        const auto [end, ec] = std::from_chars(tag.data() + 1, tag.data() + tag.size() - 1, version);
        if (ec == std::errc{} && end == tag.data() + tag.size() - 1) condition.versions.push_back(version);
    }
    return condition;
}

result<std::string_view> json_body(const request& r)
{
    auto type = r.find("content-type").value_or("");
    type = type.substr(0, type.find(';'));
    while (type.ends_with(' ')) type.remove_suffix(1);
    const bool json = same_name(type, "application/json")
                      || (r.method == method::patch && same_name(type, "application/merge-patch+json"));
    if (!json) return fail(errc::unsupported_media_type, "send the body as Content-Type: application/json");
    return std::string_view{r.body};
}

}  // namespace roost::http
