#include "accounts/key_store.hpp"

#include <stdexcept>

#include "accounts/queries.hpp"
#include "platform/auth/access_token.hpp"
#include "platform/auth/crypto.hpp"

namespace roost::accounts {
namespace {

constexpr std::string_view sealed_mark = "sealed:";

struct key_row
{
    std::string kid, private_key;
    instant signs_from{}, created_at{};
    std::optional<instant> verifies_until;

    static constexpr auto fields = schema::fields(
        schema::field<&key_row::kid>("kid"), schema::field<&key_row::private_key>("private_key", schema::secret),
        schema::field<&key_row::signs_from>("signs_from"), schema::field<&key_row::created_at>("created_at"),
        schema::field<&key_row::verifies_until>("verifies_until"));
};

auth::signing_key opened(const key_row& row, const std::string& secret)
{
    auto pem = row.private_key;
    if (pem.starts_with(sealed_mark))
    {
        const auto sealed = auth::from_base64url(std::string_view{pem}.substr(sealed_mark.size()));
        auto plain = sealed ? auth::unseal(secret, *sealed) : std::nullopt;
        if (!plain) throw std::runtime_error("ROOST_AUTH_SECRET does not open signing key " + row.kid);
        pem = std::move(*plain);
    }
    return auth::signing_key_from(row.kid, std::move(pem), row.signs_from, row.verifies_until);
}

}  // namespace

key_store::key_store(pg::database& db, const clock& now, auth::key_ring& ring, std::string secret,
                     std::chrono::seconds longest)
    : db_{db}, clock_{now}, ring_{ring}, secret_{std::move(secret)}, longest_{longest}
{}

task<> key_store::insert(pg::tx& tx, const auth::signing_key& key)
{
    const auto stored = secret_.empty()
                            ? key.private_pem
                            : std::string{sealed_mark} + auth::base64url(auth::seal(secret_, key.private_pem));
    co_await tx.run(sql::insert_signing_key, key.kid, stored, key.signs_from, clock_.now());
}

task<> key_store::load()
{
    auto rows = co_await db_.all<key_row>(sql::list_signing_keys);
    if (rows.empty())
    {
        co_await db_.transaction([this](pg::tx& tx) -> task<result<bool>> {
            co_await tx.one<bool>(sql::lock_signing_keys);
            const auto meanwhile = co_await tx.all<key_row>(sql::list_signing_keys);
            // It signs at any time, also when a test has moved the clock on before the first start and moves it back.
            if (meanwhile.empty()) co_await insert(tx, auth::make_signing_key(instant{}));
            co_return true;
        });
        rows = co_await db_.all<key_row>(sql::list_signing_keys);
    }
    std::vector<auth::signing_key> keys;
    keys.reserve(rows.size());
    for (const auto& row : rows) keys.push_back(opened(row, secret_));
    ring_.replace(std::move(keys));
}

task<> key_store::ready()
{
    if (ring_.version() == 0) co_await load();
}

task<std::string> key_store::rotate(bool at_once)
{
    const auto now = clock_.now();
    const auto key = auth::make_signing_key(at_once ? now : now + lead);
    const auto retire = at_once ? now : key.signs_from + longest_ + 2 * auth::token_service::skew;
    co_await db_.transaction([&](pg::tx& tx) -> task<result<bool>> {
        co_await tx.one<bool>(sql::lock_signing_keys);
        co_await insert(tx, key);
        co_await tx.run(sql::retire_signing_keys, key.kid, retire);
        co_await tx.run(sql::delete_signing_keys, now - std::chrono::days{30});
        co_return true;
    });
    co_return key.kid;
}

task<std::vector<key_view>> key_store::list()
{
    auto rows = co_await db_.all<key_row>(sql::list_signing_keys);
    std::vector<key_view> all;
    all.reserve(rows.size());
    for (auto& row : rows) all.push_back({std::move(row.kid), row.signs_from, row.created_at, row.verifies_until});
    co_return all;
}

}  // namespace roost::accounts
