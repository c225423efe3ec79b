#include "properties/policies.hpp"

#include <format>

#include "platform/schema/json.hpp"
#include "properties/queries.hpp"

namespace roost::properties {
namespace {

constexpr std::int64_t most_policies = 200;  // of one host

pg::json document(const cancellation_terms& terms) { return {schema::to_json(terms)}; }

std::optional<user_id> user_of(const std::optional<identity>& who)
{
    return who ? std::optional{who->user} : std::nullopt;
}

}  // namespace

task<result<std::vector<policy>>> policies::list(const std::optional<identity>& who)
{
    co_return co_await db_.all<policy>(sql::list_policies, user_of(who));
}

task<result<policy>> policies::find(const std::optional<identity>& who, policy_id id)
{
    auto found = co_await db_.one<policy>(sql::find_policy, id, user_of(who), who && who->is_admin);
    if (!found) co_return fail(errc::not_found, "there is no such policy");
    co_return *std::move(found);
}

task<result<policy>> policies::own(pg::tx& tx, const identity& who, policy_id id, const http::if_match& expected)
{
    tx.queue(sql::lock_policy, id);
    auto found = co_await tx.one<policy>(sql::find_policy, id, who.user, who.is_admin);
    if (!found) co_return fail(errc::not_found, "there is no such policy");
    const bool shipped = found->code != cancellation_policy::custom;
    if (shipped || !(found->own || who.is_admin)) co_return fail(errc::not_allowed, "this policy is not yours");
    if (!expected.allows(found->version))
        co_return fail(errc::version_mismatch, std::format("the policy is at version {}", found->version));
    co_return *std::move(found);
}

task<result<policy>> policies::create(pg::tx& tx, const identity& who, new_policy given)
{
    if (!who.is_host) co_return fail(errc::not_allowed, "only hosts make policies");
    if (auto good = check(given.terms, "/terms"); !good) co_return std::unexpected{std::move(good.error())};
    const auto have = co_await tx.one<std::int64_t>(sql::count_policies, who.user);
    if (*have >= most_policies)
        co_return fail(errc::wrong_state, std::format("a host has at most {} policies", most_policies));

    const auto now = clock_.now();
    policy made{.id = policy_id::make(),
                .code = cancellation_policy::custom,
                .own = true,
                .name = std::move(given.name),
                .terms = std::move(given.terms),
                .created_at = now,
                .updated_at = now};
    tx.queue(sql::insert_policy, made.id, who.user, made.name, document(made.terms), now);
    co_return made;
}

task<result<policy>> policies::change(pg::tx& tx, const identity& who, policy_id id, const http::if_match& expected,
                                      policy_changes changes)
{
    auto p = co_await own(tx, who, id, expected);
    if (!p) co_return p;
    if (changes.terms)
        if (auto good = check(*changes.terms, "/terms"); !good) co_return std::unexpected{std::move(good.error())};

    p->updated_at = clock_.now();
    ++p->version;
    if (changes.name) p->name = *std::move(changes.name);
    if (changes.terms) p->terms = *std::move(changes.terms);
    tx.queue(sql::update_policy, id, p->name, document(p->terms), p->updated_at);
    co_return p;
}

task<result<void>> policies::archive(pg::tx& tx, const identity& who, policy_id id, const http::if_match& expected)
{
    const auto p = co_await own(tx, who, id, expected);
    if (!p) co_return std::unexpected{p.error()};
    // A statement of its own, after the lock: it sees the properties of those who held the policy before.
    if (*co_await tx.one<bool>(sql::policy_is_used, id))
        co_return fail(errc::wrong_state, "properties still have this policy");
    tx.queue(sql::archive_policy, id, clock_.now());
    co_return result<void>{};
}

}  // namespace roost::properties
