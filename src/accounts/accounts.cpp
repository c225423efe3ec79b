#include "accounts/accounts.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <thread>

#include "accounts/cookies.hpp"
#include "platform/auth/crypto.hpp"
#include "platform/observe/log.hpp"
#include "platform/pg/listener.hpp"

namespace asio = boost::asio;

namespace roost::accounts {
namespace {

auth::token_settings token_settings_of(const auth_settings& how)
{
    return {how.issuer, how.audience, std::chrono::minutes{how.access_minutes}};
}

auth::password_pool::settings pool_settings_of(const auth_settings& how)
{
    const auto half = std::max(1u, std::thread::hardware_concurrency() / 2);
    return {.threads = how.hash_threads > 0 ? static_cast<unsigned>(how.hash_threads) : half,
            .most_waiting = static_cast<std::size_t>(how.hash_queue)};
}

bool changes_nothing(http::method m)
{
    return m == http::method::get || m == http::method::head || m == http::method::options;
}

/// The token of "Bearer <token>"; nothing for another scheme.
std::optional<std::string_view> bearer(std::string_view authorization)
{
    constexpr std::string_view scheme = "bearer ";
    if (!http::same_name(authorization.substr(0, scheme.size()), scheme)) return std::nullopt;
    return authorization.substr(scheme.size());
}

std::unexpected<error> bad_token() { return fail(errc::not_signed_in, "the access token is not valid"); }

}  // namespace

feature::feature(pg::database& database, redis::client& redis, const roost::clock& now, const auth_settings& how,
                 const limit_settings& limits)
    : db{database},
      clock{now},
      tokens{ring, now, token_settings_of(how)},
      keys{database, now, ring, how.secret, std::chrono::minutes{how.access_minutes}},
      sessions{database, tokens, now},
      passwords{pool_settings_of(how)},
      limiter{redis},
      sign_in{database, now, keys, tokens, sessions, passwords, limiter, how, limits},
      people{database, now, sessions, passwords, limiter, limits},
      mailed{database, now, sessions, passwords, limiter, how, limits}
{}

feature::~feature() = default;

task<result<std::optional<identity>>> feature::authenticate(const http::request& r)
{
    std::string csrf;
    if (const auto header = r.find("authorization"))
    {
        const auto token = bearer(*header);
        if (!token || r.count("authorization") != 1) co_return bad_token();
        co_await keys.ready();
        auto who = co_await sessions.who(*token, csrf);
        // A cookie's token is no bearer token: it must not work without the CSRF token it names.
        if (!who || !csrf.empty()) co_return bad_token();
        co_return who;
    }
    const auto token = cookie(r, access_cookie);
    if (!token) co_return std::nullopt;
    co_await keys.ready();
    auto who = co_await sessions.who(*token, csrf);
    if (!who || csrf.empty()) co_return std::nullopt;
    if (changes_nothing(r.method)) co_return who;
    const auto repeated = r.find("x-csrf-token").value_or("");
    if (auth::equal(auth::base64url(auth::as_bytes(auth::sha256(repeated))), csrf)) co_return who;
    co_return fail(errc::not_allowed, "X-CSRF-Token is missing or not this session's");
}

struct feature::background
{
    feature& of;
    asio::io_context& on;
    pg::listener listener;
    asio::steady_timer timer;
    asio::cancellation_signal end_listening{};
    bool stopped = false;

    background(feature& f, asio::io_context& io, pg::config database)
        : of{f}, on{io}, listener{io, std::move(database), {std::string{live_sessions::channel}}}, timer{io}
    {}

    static task<> listen(std::shared_ptr<background> self)
    {
        while (!self->stopped)
        {
            const auto heard = co_await self->listener.next();
            if (heard.gap)
                self->of.sessions.forget_all();
            else
                self->of.sessions.heard(heard.payload);
        }
    }

    /// Says why it fails when it begins to, not at every try of an outage.
    static task<> attempt(task<> work, std::string_view complaint, bool& failing)
    {
        try
        {
            co_await std::move(work);
            failing = false;
        }
        catch (const std::exception& e)
        {
            if (!std::exchange(failing, true)) log::warn(complaint, {{"error", e.what()}});
        }
    }

    static task<> look_after(std::shared_ptr<background> self)
    {
        bool no_keys = false, untidy = false;
        while (!self->stopped)
        {
            co_await attempt(self->of.keys.load(), "signing keys could not be loaded, going on with those at hand",
                             no_keys);
            co_await attempt(self->of.sign_in.tidy(), "what expired long ago could not be deleted", untidy);
            self->timer.expires_after(key_store::reload_every);
            co_await self->timer.async_wait(asio::as_tuple(asio::use_awaitable));
        }
    }
};

void feature::start(asio::io_context& on, pg::config database)
{
    background_ = std::make_shared<background>(*this, on, std::move(database));
    const auto ended = [](std::exception_ptr) {};  // the listener throws when cancelled
    asio::co_spawn(on, background::listen(background_),
                   asio::bind_cancellation_slot(background_->end_listening.slot(), ended));
    asio::co_spawn(on, background::look_after(background_), ended);
}

void feature::stop()
{
    if (!background_) return;
    background_->stopped = true;
    background_->end_listening.emit(asio::cancellation_type::terminal);
    background_->timer.cancel();
    background_.reset();
}

}  // namespace roost::accounts
