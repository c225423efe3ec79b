#include "platform/http/message.hpp"

#include <algorithm>

namespace roost::http {
namespace {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

bool same_name(std::string_view a, std::string_view b) noexcept
{
    return a.size() == b.size() && std::ranges::equal(a, b, {}, lower, lower);
}

std::optional<std::string_view> request::find(std::string_view name) const noexcept
{
    for (const auto& h : headers)
        if (same_name(h.name, name)) return h.value;
    return std::nullopt;
}

std::size_t request::count(std::string_view name) const noexcept
{
    return static_cast<std::size_t>(
        std::ranges::count_if(headers, [&](const auto& h) { return same_name(h.name, name); }));
}

std::string_view response::bytes() const noexcept
{
    if (const auto* own = std::get_if<std::string>(&body)) return *own;
    const auto& shared = std::get<shared_bytes>(body);
    return shared ? std::string_view{*shared} : std::string_view{};
}

std::optional<std::string_view> response::find(std::string_view name) const noexcept
{
    for (const auto& h : headers)
        if (same_name(h.name, name)) return h.value;
    return std::nullopt;
}

response& response::set(std::string_view name, std::string value)
{
    for (auto& h : headers)
        if (same_name(h.name, name))
        {
            h.value = std::move(value);
            return *this;
        }
    headers.push_back({name, std::move(value)});
    return *this;
}

}  // namespace roost::http
