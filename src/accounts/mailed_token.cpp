#include "accounts/mailed_token.hpp"

#include "accounts/queries.hpp"
#include "accounts/store.hpp"
#include "platform/auth/crypto.hpp"

using namespace std::chrono_literals;

namespace roost::accounts {
namespace {

std::unexpected<error> bad_token()
{
    return invalid("/token", "is not valid, was used, or is too old: ask for another mail", "token");
}

}  // namespace

mailed_tokens::mailed_tokens(pg::database& db, const clock& now, live_sessions& sessions,
                             auth::password_pool& passwords, auth::rate_limiter& limiter, auth_settings how,
                             limit_settings limits)
    : db_{db},
      clock_{now},
      sessions_{sessions},
      passwords_{passwords},
      limiter_{limiter},
      how_{std::move(how)},
      limits_{limits}
{}

std::chrono::minutes mailed_tokens::good_for(token_purpose purpose) const
{
    if (purpose == token_purpose::verify_email) return std::chrono::hours{how_.verify_hours};
    return std::chrono::minutes{how_.reset_minutes};
}

task<std::optional<std::string>> mailed_tokens::issue(pg::tx& tx, user_id whose, token_purpose purpose)
{
    auto token = auth::base64url(auth::random_bytes(32));
    const auto hash = auth::sha256(token);
    const auto now = clock_.now();
    const auto made = co_await tx.run(sql::insert_account_token, pg::bytes{auth::as_bytes(hash)}, whose, purpose, now,
                                      now + good_for(purpose));
    if (made == 0) co_return std::nullopt;
    co_return token;
}

task<result<bool>> mailed_tokens::admit_resend(const identity& who)
{
    std::vector<auth::budget> budgets{{"verify-account", {limits_.verify_account, 1h}, who.user.text()}};
    if (const auto v = co_await limiter_.take(std::move(budgets)); !v.allowed) co_return std::unexpected{v.refusal()};
    co_return true;
}

task<result<void>> mailed_tokens::resend_verification(pg::tx& tx, const identity& who)
{
    const auto person = co_await tx.one<user>(sql::find_user, who.user);
    if (!person) co_return fail(errc::not_signed_in);
    if (person->email_verified) co_return fail(errc::wrong_state, "the address is verified already");
    tx.queue(sql::tell, "account.verify_asked", who.user, pg::json{"{}"}, clock_.now());
    co_return result<void>{};
}

task<result<void>> mailed_tokens::verify_email(pg::tx& tx, std::string token)
{
    const auto now = clock_.now();
    const auto hash = auth::sha256(token);
    const auto whose =
        co_await tx.one<user_id>(sql::use_token, pg::bytes{auth::as_bytes(hash)}, token_purpose::verify_email, now);
    if (!whose) co_return bad_token();
    co_await tx.run(sql::mark_email_verified, *whose, now);
    co_return result<void>{};
}

task<result<bool>> mailed_tokens::admit_reset(const reset_request& asked, const origin& from)
{
    // By what was typed, so that the limit says nothing about who is registered.
    std::vector<auth::budget> budgets{{"reset-account", {limits_.reset_account, 1h}, subject_of(asked.email)},
                                      {"reset-network", {limits_.reset_network, 1h}, from.network()},
                                      {"reset-all", {limits_.reset_all, 1min}, ""}};
    if (const auto v = co_await limiter_.take(std::move(budgets)); !v.allowed) co_return std::unexpected{v.refusal()};
    co_return true;
}

task<result<void>> mailed_tokens::ask_reset(pg::tx& tx, reset_request asked)
{
    co_await tx.run(sql::ask_reset, asked.email, clock_.now());
    co_return result<void>{};
}

task<result<bool>> mailed_tokens::admit_token(const origin& from)
{
    std::vector<auth::budget> budgets{{"token-network", {limits_.token_network, 15min}, from.network()}};
    if (const auto v = co_await limiter_.take(std::move(budgets)); !v.allowed) co_return std::unexpected{v.refusal()};
    co_return true;
}

task<result<std::string>> mailed_tokens::prepare_reset(password_reset wanted, const origin& from)
{
    if (auto may = co_await admit_token(from); !may) co_return std::unexpected{std::move(may.error())};
    const auto hash = auth::sha256(wanted.token);
    const auto person = co_await db_.one<user>(sql::person_of_token, pg::bytes{auth::as_bytes(hash)},
                                               token_purpose::reset_password, clock_.now());
    if (!person) co_return bad_token();
    if (const auto why = weakness(wanted.new_password, person->username, person->email.value_or("")))
        co_return invalid("/new_password", std::string{*why}, "weak");
    co_return co_await passwords_.hash(std::move(wanted.new_password));
}

task<result<void>> mailed_tokens::reset(pg::tx& tx, std::string token, std::string password_hash)
{
    const auto now = clock_.now();
    const auto hash = auth::sha256(token);
    const auto whose =
        co_await tx.one<user_id>(sql::use_token, pg::bytes{auth::as_bytes(hash)}, token_purpose::reset_password, now);
    if (!whose) co_return bad_token();
    co_await tx.run(sql::reset_password, *whose, password_hash, now);
    tx.after_commit([this] { sessions_.forget_all(); });
    co_return result<void>{};
}

}  // namespace roost::accounts
