#include "notifications/unsubscribing.hpp"

#include "notifications/queries.hpp"
#include "platform/auth/crypto.hpp"

namespace roost::notifications {
namespace {

constexpr std::size_t id_bytes = 16, signed_bytes = id_bytes + 1, signature_bytes = 16;

struct key_row
{
    std::string key, locale;

    static constexpr auto fields = schema::fields(field<&key_row::key>("key"), field<&key_row::locale>("locale"));
};

std::string signature(std::string_view key, std::string_view what)
{
    return std::string{auth::as_bytes(auth::hmac_sha256(key, what)).substr(0, signature_bytes)};
}

}  // namespace

task<std::string> unsubscribe_token(pg::tx& tx, user_id who, category what)
{
    co_await tx.run(sql::make_unsubscribe_key, who, pg::bytes{auth::random_bytes(32)});
    const auto row = co_await tx.one<key_row>(sql::find_unsubscribe_key, who);
    std::string says{reinterpret_cast<const char*>(who.value.bytes.data()), id_bytes};
    says += static_cast<char>(what);
    co_return auth::base64url(says + signature(row.value().key, says));
}

task<std::optional<unsubscription>> read_unsubscribe_token(pg::queryable& q, std::string_view token)
{
    const auto bytes = auth::from_base64url(token);
    if (!bytes || bytes->size() != signed_bytes + signature_bytes) co_return std::nullopt;
    const auto says = std::string_view{*bytes}.substr(0, signed_bytes);
    unsubscription u;
    std::copy_n(says.data(), id_bytes, reinterpret_cast<char*>(u.user.value.bytes.data()));
    const auto which = static_cast<std::size_t>(static_cast<unsigned char>(says.back()));
    const auto row = co_await q.one<key_row>(sql::find_unsubscribe_key, u.user);
    if (!row || which >= enum_names<category>.size()) co_return std::nullopt;
    if (!auth::equal(signature(row->key, says), std::string_view{*bytes}.substr(signed_bytes))) co_return std::nullopt;
    u.what = static_cast<category>(which);
    u.locale = row->locale;
    co_return u;
}

}  // namespace roost::notifications
