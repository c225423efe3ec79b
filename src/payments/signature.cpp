#include "payments/signature.hpp"

#include <algorithm>
#include <charconv>
#include <format>
#include <ranges>
#include <vector>

#include "platform/auth/crypto.hpp"

namespace roost::payments {
namespace {

std::string code_of(std::string_view secret, std::string_view time, std::string_view body)
{
    const auto code = auth::hmac_sha256(secret, std::format("{}.{}", time, body));
    std::string hex;
    for (const auto byte : code) hex += std::format("{:02x}", byte);
    return hex;
}

/// Seconds since 1970, in digits and nothing else.
std::optional<std::int64_t> seconds_of(std::string_view text)
{
    std::int64_t value = 0;
    const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (bad != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
    return value;
}

}  // namespace

std::string sign(std::string_view secret, std::string_view body, instant now)
{
    const auto time = std::format("{}", std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
    return std::format("t={},v1={}", time, code_of(secret, time, body));
}

bool is_signed(std::string_view header, std::string_view body, std::span<const std::string> secrets, instant now)
{
    std::string_view time;
    std::vector<std::string_view> codes;
    for (const auto part : header | std::views::split(','))
    {
        const std::string_view item{part};
        if (item.starts_with("t=")) time = item.substr(2);
        if (item.starts_with("v1=")) codes.push_back(item.substr(3));
    }
    const auto at = seconds_of(time);
    if (!at || codes.size() > 10) return false;
    const auto here = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    const auto apart = *at > here ? *at - here : here - *at;
    if (apart > signature_tolerance.count()) return false;
    bool good = false;
    for (const auto& secret : secrets)
    {
        const auto code = code_of(secret, time, body);
        for (const auto given : codes) good |= auth::equal(given, code);
    }
    return good;
}

}  // namespace roost::payments
