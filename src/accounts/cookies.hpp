#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "accounts/session.hpp"
#include "platform/http/message.hpp"

/// Sessions of browsers. The tokens are in cookies no script can read; a third cookie, which the page's scripts can
/// read and another site's cannot, holds what every write repeats in X-CSRF-Token.
namespace roost::accounts {

inline constexpr std::string_view access_cookie = "__Host-roost_access";
inline constexpr std::string_view csrf_cookie = "__Host-roost_csrf";
/// Sent to the sign-in paths only, so its name cannot have the prefix that demands Path=/.
inline constexpr std::string_view refresh_cookie = "__Secure-roost_refresh";

/// The value of a cookie; nothing when there is none, or two: somebody planted one.
std::optional<std::string_view> cookie(const http::request& r, std::string_view name);

/// Moves the tokens from the reply into cookies.
std::vector<http::header> into_cookies(session_tokens& t, instant now);
/// Removes them from the browser.
std::vector<http::header> no_cookies();

}  // namespace roost::accounts
