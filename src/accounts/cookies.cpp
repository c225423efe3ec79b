#include "accounts/cookies.hpp"

#include <algorithm>
#include <format>

namespace roost::accounts {
namespace {

constexpr std::string_view sign_in_paths = "/api/v1/auth/";

http::header set(std::string_view name, std::string_view value, std::string_view path, std::int64_t seconds,
                 bool hidden)
{
    return {"Set-Cookie", std::format("{}={}; Path={}; Max-Age={}; Secure; SameSite=Lax{}", name, value, path, seconds,
                                      hidden ? "; HttpOnly" : "")};
}

}  // namespace

std::optional<std::string_view> cookie(const http::request& r, std::string_view name)
{
    std::optional<std::string_view> found;
    for (const auto& h : r.headers)
    {
        if (!http::same_name(h.name, "cookie")) continue;
        for (auto rest = h.value; !rest.empty();)
        {
            auto pair = rest.substr(0, rest.find(';'));
            rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
            pair.remove_prefix(std::min(pair.size(), pair.find_first_not_of(' ')));
            if (!pair.starts_with(name) || pair.substr(name.size(), 1) != "=") continue;
            if (found) return std::nullopt;
            found = pair.substr(name.size() + 1);
        }
    }
    return found;
}

std::vector<http::header> into_cookies(session_tokens& t, instant now)
{
    const auto left = std::chrono::ceil<std::chrono::seconds>(t.refresh_expires_at - now).count();
    std::vector<http::header> out{set(access_cookie, *t.access_token, "/", t.expires_in, true),
                                  set(refresh_cookie, *t.refresh_token, sign_in_paths, left, true),
                                  set(csrf_cookie, *t.csrf_token, "/", left, false)};
    t.access_token.reset();
    t.refresh_token.reset();
    t.token_type = "Cookie";
    return out;
}

std::vector<http::header> no_cookies()
{
    return {set(access_cookie, "", "/", 0, true), set(refresh_cookie, "", sign_in_paths, 0, true),
            set(csrf_cookie, "", "/", 0, false)};
}

}  // namespace roost::accounts
