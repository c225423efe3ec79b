#include "accounts/accounts.hpp"
#include "accounts/cookies.hpp"
#include "platform/http/api.hpp"

namespace roost::accounts {
namespace {

using http::body;
using http::client_info;
using http::no_content;
using http::signed_in;
using tokens_reply = http::with_headers<session_tokens>;
using ended_reply = http::with_headers<no_content>;

/// Browsers say ASCII; what is not would be no valid text for the database.
origin origin_of(client_info c)
{
    for (char& ch : c.user_agent)
        if (ch < ' ' || ch > '~') ch = '?';
    return {std::move(c.address), std::move(c.user_agent)};
}

std::string header_of(const http::request& r, std::string_view name) { return std::string{r.find(name).value_or("")}; }

/// Tokens in the body, or in cookies when the session is a browser's.
result<tokens_reply> reply(result<session_tokens> t, bool cookies, instant now)
{
    if (!t) return std::unexpected{std::move(t.error())};
    tokens_reply out;
    if (cookies) out.headers = into_cookies(*t, now);
    out.value = std::move(*t);
    return out;
}

void install_users(http::api& a, feature& f)
{
    a.tag("Accounts");
    a.post("/users/", "Register.")
        .fails_with(errc::username_taken, errc::email_taken, errc::too_many_requests, errc::overloaded)
        .prepare([&f](body<new_user> wanted, client_info from) -> task<result<std::string>> {
            co_return co_await f.people.prepare(wanted.value, origin_of(std::move(from)));
        })
        .handle([&f](pg::tx& tx, body<new_user> wanted,
                     http::prepared<std::string> hash) -> task<result<http::created<own_account>>> {
            auto made = co_await f.people.add(tx, std::move(wanted.value), std::move(hash.value));
            if (!made) co_return std::unexpected{std::move(made.error())};
            co_return http::created<own_account>{"/users/" + made->id.text() + "/", std::move(*made)};
        });
    a.get("/users/me/", "Read your own account.").handle([&f](signed_in who) -> task<result<own_account>> {
        co_return co_await f.people.find(who.user);
    });
    a.patch("/users/me/", "Change your own account, or become a host.")
        .fails_with(errc::version_mismatch)
        .handle([&f](signed_in who, pg::tx& tx, body<account_changes> changes,
                     http::if_match condition) -> task<result<own_account>> {
            co_return co_await f.people.change(tx, who, std::move(changes.value), std::move(condition));
        });
    a.del("/users/me/", "Close your account.")
        .details("Refused while bookings of yours are live, as a guest or as a host. Cannot be undone.")
        .fails_with(errc::has_live_bookings)
        .handle([&f](signed_in who, pg::tx& tx) -> task<result<ended_reply>> {
            auto left = co_await f.people.leave(tx, who);
            if (!left) co_return std::unexpected{std::move(left.error())};
            co_return ended_reply{{}, no_cookies()};
        });
    a.get("/users/{user_id}/", "Read somebody's public profile.")
        .shared()
        .handle([&f](user_id whose) -> task<result<public_profile>> { co_return co_await f.people.profile(whose); });
}

void install_sign_in(http::api& a, feature& f)
{
    a.tag("Signing in");
    a.post("/auth/login/", "Sign in.")
        .fails_with(errc::invalid_credentials, errc::too_many_requests, errc::overloaded)
        .handle([&f](body<login_request> what, client_info from) -> task<result<tokens_reply>> {
            const bool cookies = what->cookies;
            auto done = co_await f.sign_in.login(std::move(what.value), origin_of(std::move(from)));
            co_return reply(std::move(done), cookies, f.clock.now());
        });
    a.post("/auth/refresh/", "Get new tokens for the last refresh token.")
        .details(
            "A refresh token is good for one use. Repeating the request within ten seconds gives the same successor, "
            "so a lost reply does no harm; using an older token ends the session, because somebody has a copy. "
            "Browsers leave `refresh_token` out and send X-CSRF-Token.")
        .fails_with(errc::invalid_credentials)
        .handle([&f](body<refresh_request> what, const http::request& r) -> task<result<tokens_reply>> {
            const bool cookies = !what->refresh_token;
            auto token = cookies ? std::string{cookie(r, refresh_cookie).value_or("")} : *what->refresh_token;
            auto done = co_await f.sign_in.refresh(std::move(token), cookies, header_of(r, "x-csrf-token"));
            co_return reply(std::move(done), cookies, f.clock.now());
        });
    a.post("/auth/logout/", "End this session.").handle([&f](signed_in who) -> task<result<ended_reply>> {
        // Ended already is as good.
        (void)co_await f.sign_in.end(who, who.session, "logout");
        co_return ended_reply{{}, no_cookies()};
    });
    a.post("/auth/logout-all/", "End all your sessions, this one too.")
        .handle([&f](signed_in who) -> task<result<ended_reply>> {
            auto ended = co_await f.sign_in.end_all(who);
            if (!ended) co_return std::unexpected{std::move(ended.error())};
            co_return ended_reply{{}, no_cookies()};
        });
    a.post("/auth/password/change/", "Change your password.")
        .details("Ends all your sessions and gives the tokens of a new one.")
        .fails_with(errc::too_many_requests, errc::overloaded)
        .handle([&f](signed_in who, body<password_change> what, client_info from,
                     const http::request& r) -> task<result<tokens_reply>> {
            const bool cookies = !r.find("authorization");
            auto done =
                co_await f.sign_in.change_password(who, std::move(what.value), cookies, origin_of(std::move(from)));
            co_return reply(std::move(done), cookies, f.clock.now());
        });
}

result<no_content> nothing_or(result<void> done)
{
    if (!done) return std::unexpected{std::move(done.error())};
    return no_content{};
}

void install_mailed_tokens(http::api& a, feature& f)
{
    a.post("/auth/verify-email/", "Prove your address with the token from the mail.")
        .fails_with(errc::too_many_requests)
        .prepare([&f](client_info from) -> task<result<bool>> {
            co_return co_await f.mailed.admit_token(origin_of(std::move(from)));
        })
        .handle([&f](pg::tx& tx, body<email_proof> what) -> task<result<no_content>> {
            co_return nothing_or(co_await f.mailed.verify_email(tx, std::move(what.value.token)));
        });
    a.post("/auth/verify-email/resend/", "Ask for another mail to prove your address.")
        .fails_with(errc::wrong_state, errc::too_many_requests)
        .prepare([&f](signed_in who) -> task<result<bool>> { co_return co_await f.mailed.admit_resend(who); })
        .handle([&f](signed_in who, pg::tx& tx) -> task<result<no_content>> {
            co_return nothing_or(co_await f.mailed.resend_verification(tx, who));
        });
    a.post("/auth/password/reset/", "Ask for a mail to set a new password.")
        .details("The answer is the same whether or not there is an account of that address.")
        .fails_with(errc::too_many_requests)
        .prepare([&f](body<reset_request> asked, client_info from) -> task<result<bool>> {
            co_return co_await f.mailed.admit_reset(asked.value, origin_of(std::move(from)));
        })
        .handle([&f](pg::tx& tx, body<reset_request> asked) -> task<result<no_content>> {
            co_return nothing_or(co_await f.mailed.ask_reset(tx, std::move(asked.value)));
        });
    a.post("/auth/password/reset/confirm/", "Set a new password with the token from the mail.")
        .details(
            "Ends all sessions of the account. The token works once; a password that is refused does not use it up.")
        .fails_with(errc::too_many_requests, errc::overloaded)
        .prepare([&f](body<password_reset> wanted, client_info from) -> task<result<std::string>> {
            co_return co_await f.mailed.prepare_reset(std::move(wanted.value), origin_of(std::move(from)));
        })
        .handle([&f](pg::tx& tx, body<password_reset> wanted,
                     http::prepared<std::string> hash) -> task<result<no_content>> {
            co_return nothing_or(co_await f.mailed.reset(tx, std::move(wanted.value.token), std::move(hash.value)));
        });
}

void install_sessions(http::api& a, feature& f)
{
    a.get("/auth/sessions/", "List your sessions, the last used first.")
        .handle([&f](signed_in who) -> task<result<http::page<session_view>>> {
            http::page<session_view> all;
            all.results = co_await f.sign_in.list(who);
            co_return all;
        });
    a.del("/auth/sessions/{session_id}/", "End one of your sessions.")
        .handle([&f](signed_in who, session_id which) -> task<result<no_content>> {
            auto ended = co_await f.sign_in.end(who, which, "ended");
            if (!ended) co_return std::unexpected{std::move(ended.error())};
            co_return no_content{};
        });
}

}  // namespace

void feature::install(http::api& a)
{
    install_users(a, *this);
    install_sign_in(a, *this);
    install_mailed_tokens(a, *this);
    install_sessions(a, *this);
    a.raw("/.well-known/jwks.json", [this](const http::request&) -> task<http::response> {
        co_await keys.ready();
        http::response r{.content_type = "application/json"};
        r.body = ring.get()->jwks(clock.now());
        r.set("Cache-Control", "public, max-age=60");
        co_return r;
    });
}

}  // namespace roost::accounts
