#include "accounts/sign_in.hpp"

#include "accounts/queries.hpp"
#include "accounts/user.hpp"
#include "platform/auth/crypto.hpp"
#include "platform/observe/log.hpp"
#include "platform/observe/metrics.hpp"

using namespace std::chrono_literals;

namespace roost::accounts {
namespace {

constexpr auto known_for = std::chrono::days{90};
constexpr auto sessions_kept_for = std::chrono::days{90};  // after they expired: they say which networks are known

std::unexpected<error> wrong() { return fail(errc::invalid_credentials, "the name or the password is wrong"); }
std::unexpected<error> no_session() { return fail(errc::invalid_credentials, "sign in again"); }

/// Attacks show here: wrong passwords, refusals, shedding.
void count(const result<session_tokens>& outcome)
{
    const auto counter_of = [](const char* how) -> observe::counter& {
        return observe::metrics().counter("roost_sign_ins_total", "Tries to sign in.", {{"outcome", how}});
    };
    static auto &good = counter_of("good"), &wrong = counter_of("wrong"), &limited = counter_of("limited"),
                &shed = counter_of("shed");
    if (outcome) return good.add();
    if (outcome.error().code == errc::too_many_requests) return limited.add();
    if (outcome.error().code == errc::overloaded) return shed.add();
    wrong.add();
}

}  // namespace

sign_in::sign_in(pg::database& db, const clock& now, key_store& keys, const auth::token_service& tokens,
                 live_sessions& sessions, auth::password_pool& passwords, auth::rate_limiter& limiter,
                 auth_settings how, limit_settings limits)
    : db_{db},
      clock_{now},
      keys_{keys},
      tokens_{tokens},
      sessions_{sessions},
      passwords_{passwords},
      limiter_{limiter},
      how_{std::move(how)},
      limits_{limits}
{}

task<result<credentials>> sign_in::checked(std::string name, std::string password, const origin& from)
{
    const auto network = from.network();
    const auto subject = subject_of(name);
    const auth::budget pair{"login-account-network", {limits_.login_account_network, 15min}, subject + "@" + network};
    std::vector<auth::budget> budgets{pair, {"login-network", {limits_.login_network, 15min}, network}};
    if (const auto v = co_await limiter_.take(std::move(budgets)); !v.allowed) co_return std::unexpected{v.refusal()};

    auto found = co_await find_credentials(db_, name, network, clock_.now() - known_for);
    if (!found || !found->known)
    {
        // By the account, so that its username and its address are not two things to guess at.
        budgets = {{"login-account", {limits_.login_account, 1h}, found ? found->user.text() : subject},
                   {"login-all", {limits_.login_all, 1min}, ""}};
        if (const auto v = co_await limiter_.take(std::move(budgets)); !v.allowed)
            co_return std::unexpected{v.refusal()};
    }
    const bool has_password = found && !found->password_hash.empty();
    auto right = has_password ? co_await passwords_.verify(password, found->password_hash)
                              : co_await passwords_.verify_nobody(password);
    if (!right) co_return std::unexpected{std::move(right.error())};
    if (!*right) co_return wrong();
    co_await limiter_.refill(pair);
    if (auth::needs_rehash(found->password_hash, passwords_.cost()))
    {
        auto fresh = co_await passwords_.hash(std::move(password));
        if (fresh && co_await db_.run(sql::replace_password_hash, found->user, found->password_hash, *fresh) == 1)
            found->password_hash = std::move(*fresh);
    }
    co_return std::move(*found);
}

task<result<session_tokens>> sign_in::login(login_request body, origin from)
{
    if (body.username.has_value() == body.email.has_value())
        co_return invalid("/username", "give the username or the e-mail address", "required");
    result<session_tokens> done = wrong();
    auto who = co_await checked(body.username ? *body.username : *body.email, std::move(body.password), from);
    if (who)
    {
        const identity person{who->user, session_id::make(), who->is_host, who->is_admin};
        done = co_await begin(person, std::move(who->password_hash), body.cookies, std::move(from));
    }
    else
        done = std::unexpected{std::move(who.error())};
    count(done);
    co_return done;
}

task<result<session_tokens>> sign_in::begin(const identity& who, std::string password_hash, bool cookies, origin from)
{
    co_await keys_.ready();
    const auto now = clock_.now();
    const new_session s{.id = who.session,
                        .user = who.user,
                        .password_hash = std::move(password_hash),
                        .token = refresh_token::fresh(),
                        .cookies = cookies,
                        .from = std::move(from),
                        .now = now,
                        .expires_at = now + std::chrono::days{how_.session_days}};
    if (!co_await insert_session(db_, s)) co_return wrong();
    co_return reply(who, s.token, cookies, s.expires_at);
}

session_tokens sign_in::reply(const identity& who, const refresh_token& token, bool cookies, instant expires_at) const
{
    session_tokens t;
    t.session = who.session;
    t.expires_in = static_cast<std::int32_t>(tokens_.settings().lifetime.count());
    t.refresh_expires_at = expires_at;
    t.refresh_token = token.text();
    if (cookies) t.csrf_token = token.csrf();
    t.access_token = tokens_.mint(who, cookies ? *t.csrf_token : std::string_view{});
    return t;
}

task<result<session_tokens>> sign_in::refresh(std::string text, bool cookies, std::string csrf)
{
    const auto token = refresh_token::parse(text);
    if (!token) co_return no_session();
    if (cookies && !auth::equal(csrf, token->csrf()))
        co_return fail(errc::not_allowed, "X-CSRF-Token is missing or not this session's");
    co_await keys_.ready();
    const auto now = clock_.now();
    const auto since = now - std::chrono::seconds{how_.refresh_grace_seconds};
    const auto salt = auth::base64url(auth::random_bytes(16));
    auto moved = co_await rotate(db_, *token, salt, cookies, now);
    if (!moved) moved = co_await repeat_rotation(db_, *token, cookies, now, since);
    if (moved) co_return reply(moved->who(), token->successor(moved->successor_salt), cookies, moved->expires_at);
    if (co_await end_reused(db_, *token, now, since))
    {
        sessions_.forget_all();
        log::warn("an old refresh token was used: its session is ended");
    }
    co_return no_session();
}

task<result<void>> sign_in::end(identity who, session_id which, std::string reason)
{
    const auto ended = co_await db_.one<std::int64_t>(sql::end_session, which, who.user, clock_.now(), reason);
    if (ended.value_or(0) == 0) co_return fail(errc::not_found);
    sessions_.forget(which);
    co_return result<void>{};
}

task<result<void>> sign_in::end_all(identity who)
{
    co_await db_.one<std::int64_t>(sql::end_all_sessions, who.user, clock_.now(), "logout_all");
    sessions_.forget_all();
    co_return result<void>{};
}

task<std::vector<session_view>> sign_in::list(identity who)
{
    co_return co_await db_.all<session_view>(sql::list_sessions, who.user, who.session, clock_.now());
}

task<result<session_tokens>> sign_in::change_password(identity who, password_change body, bool cookies, origin from)
{
    std::vector<auth::budget> budgets{{"password-account", {limits_.password_account, 15min}, who.user.text()}};
    if (const auto v = co_await limiter_.take(std::move(budgets)); !v.allowed) co_return std::unexpected{v.refusal()};
    const auto person = co_await db_.one<user>(sql::find_user, who.user);
    const auto known = co_await find_credentials(db_, who.user);
    if (!person || !known) co_return fail(errc::not_signed_in);
    if (const auto why = weakness(body.new_password, person->username, person->email.value_or("")))
        co_return invalid("/new_password", std::string{*why}, "weak");
    auto right = co_await passwords_.verify(std::move(body.current_password), known->password_hash);
    if (!right) co_return std::unexpected{std::move(right.error())};
    if (!*right) co_return invalid("/current_password", "is not the current password", "wrong");
    auto fresh = co_await passwords_.hash(std::move(body.new_password));
    if (!fresh) co_return std::unexpected{std::move(fresh.error())};
    if (!co_await accounts::change_password(db_, who.user, known->password_hash, *fresh, clock_.now()))
        co_return invalid("/current_password", "is not the current password", "wrong");
    sessions_.forget_all();
    who.session = session_id::make();
    co_return co_await begin(who, std::move(*fresh), cookies, std::move(from));
}

task<> sign_in::tidy()
{
    co_await db_.run(sql::delete_old_sessions, clock_.now() - sessions_kept_for);
    co_await db_.run(sql::delete_old_tokens, clock_.now());
}

}  // namespace roost::accounts
