#include "accounts/service.hpp"

#include "accounts/queries.hpp"

using namespace std::chrono_literals;

namespace roost::accounts {

service::service(pg::database& db, const clock& now, live_sessions& sessions, auth::password_pool& passwords,
                 auth::rate_limiter& limiter, limit_settings limits)
    : db_{db}, clock_{now}, sessions_{sessions}, passwords_{passwords}, limiter_{limiter}, limits_{limits}
{}

task<result<std::string>> service::prepare(const new_user& wanted, const origin& from)
{
    if (const auto why = weakness(wanted.password, wanted.username, wanted.email))
        co_return invalid("/password", std::string{*why}, "weak");
    std::vector<auth::budget> budgets{{"register-network", {limits_.register_network, 1h}, from.network()},
                                      {"register-all", {limits_.register_all, 1min}, ""}};
    if (const auto v = co_await limiter_.take(std::move(budgets)); !v.allowed) co_return std::unexpected{v.refusal()};
    co_return co_await passwords_.hash(wanted.password);
}

task<result<own_account>> service::add(pg::tx& tx, new_user wanted, std::string password_hash)
{
    const auto now = clock_.now();
    auto made = co_await tx.one<user>(sql::insert_user, user_id::make(), wanted.username, wanted.email, password_hash,
                                      wanted.display_name, wanted.locale, false, false, false, now);
    tx.queue(sql::tell, "account.verify_asked", made.value().id, pg::json{"{}"}, now);
    co_return own_view(std::move(made.value()));
}

task<result<own_account>> service::find(user_id who)
{
    auto found = co_await db_.one<user>(sql::find_user, who);
    if (!found) co_return fail(errc::not_found);
    co_return own_view(std::move(*found));
}

task<result<public_profile>> service::profile(user_id whose)
{
    std::vector one{whose};
    auto found = co_await profiles(std::move(one));
    if (found.empty()) co_return fail(errc::not_found);
    co_return std::move(found.front());
}

task<std::vector<public_profile>> service::profiles(std::vector<user_id> whose)
{
    co_return co_await db_.all<public_profile>(sql::find_profiles, whose);
}

task<result<own_account>> service::change(pg::tx& tx, identity who, account_changes changes, http::if_match condition)
{
    auto now = co_await tx.one<user>(sql::lock_user, who.user);
    if (!now) co_return fail(errc::not_signed_in);
    if (!condition.allows(now->version)) co_return fail(errc::version_mismatch, "the account was changed meanwhile");
    const bool was_host = now->is_host;
    auto u = apply(std::move(*now), changes);
    if (!u) co_return std::unexpected{std::move(u.error())};
    auto changed = co_await tx.one<user>(sql::update_user, u->id, u->display_name, u->phone, u->bio, u->avatar_url,
                                         u->locale, u->is_host, u->is_admin, clock_.now());
    if (u->is_host != was_host)
    {
        co_await tx.one<std::int64_t>(sql::announce_sessions, who.user);
        tx.after_commit([this] { sessions_.forget_all(); });
    }
    co_return own_view(std::move(changed.value()));
}

task<result<void>> service::leave(pg::tx& tx, identity who)
{
    const auto now = clock_.now();
    if (co_await tx.run(sql::deactivate_user, who.user, now) == 0) co_return fail(errc::not_signed_in);
    for (const auto& f : farewells_)
        if (auto may = co_await f(tx, who.user); !may) co_return may;
    co_await tx.one<std::int64_t>(sql::end_all_sessions, who.user, now, "deactivated");
    tx.after_commit([this] { sessions_.forget_all(); });
    co_return result<void>{};
}

}  // namespace roost::accounts
