#include "accounts/cli.hpp"

#include "accounts/queries.hpp"
#include "platform/auth/password.hpp"
#include "platform/pg/run.hpp"
#include "platform/schema/text.hpp"

namespace roost::accounts::cli {
namespace {

/// What the declaration says of a registration.
result<void> check(const new_user& u)
{
    error all{errc::invalid_input, "these settings of the account are not right"};
    for (const auto& f : new_user::fields)
    {
        if (f.name == "password" && u.password.empty()) continue;
        const void* value = f.at(const_cast<new_user*>(&u));
        if (auto bad = schema::check(*f.of, f.bounds, value, std::string{f.name}))
            all.fields.push_back(std::move(*bad));
    }
    if (const auto why = weakness(u.password, u.username, u.email); why && !u.password.empty())
        all.fields.push_back({"password", "weak", std::string{*why}});
    if (all.fields.empty()) return {};
    return std::unexpected{std::move(all)};
}

task<result<user>> promote(pg::tx& tx, user u, const wanted_user& wanted, instant now)
{
    auto changed = co_await tx.one<user>(sql::update_user, u.id, u.display_name, u.phone, u.bio, u.avatar_url, u.locale,
                                         u.is_host || wanted.host, u.is_admin || wanted.admin, now);
    co_await tx.one<std::int64_t>(sql::announce_sessions, u.id);
    co_return std::move(changed.value());
}

}  // namespace

result<own_account> create_user(pg::database& db, const clock& now, const wanted_user& wanted)
{
    const new_user form{.username = wanted.username,
                        .email = wanted.email.empty() ? wanted.username + "@localhost.invalid" : wanted.email,
                        .password = wanted.password,
                        .display_name = wanted.display_name.empty() ? wanted.username : wanted.display_name};
    auto made = pg::run(db, db.transaction([&](pg::tx& tx) -> task<result<user>> {
        if (auto found = co_await tx.one<user>(sql::find_user_by_username, wanted.username))
            co_return co_await promote(tx, std::move(*found), wanted, now.now());
        if (auto good = check(form); !good) co_return std::unexpected{std::move(good.error())};
        std::optional<std::string> hash;
        if (!form.password.empty()) hash = auth::hash_password(form.password);
        auto u = co_await tx.one<user>(sql::insert_user, user_id::make(), form.username, form.email, hash,
                                       form.display_name, form.locale, wanted.host, wanted.admin, false, now.now());
        co_return std::move(u.value());
    }));
    return std::move(made).transform(own_view);
}

std::string rotate_keys(pg::database& db, const clock& now, const auth_settings& how, bool at_once)
{
    auth::key_ring ring;
    key_store keys{db, now, ring, how.secret, std::chrono::minutes{how.access_minutes}};
    return pg::run(db, keys.rotate(at_once));
}

std::vector<key_view> list_keys(pg::database& db, const clock& now, const auth_settings& how)
{
    auth::key_ring ring;
    key_store keys{db, now, ring, how.secret, std::chrono::minutes{how.access_minutes}};
    return pg::run(db, keys.list());
}

}  // namespace roost::accounts::cli
