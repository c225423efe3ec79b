#include "accounts/store.hpp"

#include <boost/asio/ip/address.hpp>

#include "accounts/queries.hpp"
#include "platform/auth/crypto.hpp"

namespace roost::accounts {
namespace {

/// The hashes of a refresh token's halves, alive as long as the statement that sends them.
struct token_hashes
{
    auth::digest family_digest, secret_digest;

    explicit token_hashes(const refresh_token& t)
        : family_digest{auth::sha256(t.family)}, secret_digest{auth::sha256(t.secret)}
    {}
    pg::bytes family() const { return {auth::as_bytes(family_digest)}; }
    pg::bytes secret() const { return {auth::as_bytes(secret_digest)}; }
};

struct password_changed
{
    std::int64_t changed = 0, told = 0;

    static constexpr auto fields = schema::fields(schema::field<&password_changed::changed>("changed"),
                                                  schema::field<&password_changed::told>("told"));
};

}  // namespace

std::string origin::network() const
{
    boost::system::error_code ec;
    const auto parsed = boost::asio::ip::make_address(address, ec);
    if (ec || parsed.is_v4()) return address;
    const auto v6 = parsed.to_v6();
    if (v6.is_v4_mapped()) return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, v6).to_string();
    auto bytes = v6.to_bytes();
    std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
    return boost::asio::ip::address_v6{bytes}.to_string() + "/64";
}

task<std::optional<credentials>> find_credentials(pg::database& db, const std::string& name, const std::string& network,
                                                  instant since)
{
    co_return co_await db.one<credentials>(sql::find_credentials, name, network, since);
}

task<std::optional<credentials>> find_credentials(pg::database& db, user_id of)
{
    co_return co_await db.one<credentials>(sql::find_credentials_of, of);
}

task<bool> insert_session(pg::database& db, const new_session& s)
{
    const token_hashes hashes{s.token};
    const auto made =
        co_await db.run(sql::insert_session, s.id, s.user, s.password_hash, hashes.family(), hashes.secret(), s.cookies,
                        s.from.address, s.from.network(), s.from.user_agent, s.now, s.expires_at);
    co_return made == 1;
}

task<std::optional<rotation>> rotate(pg::database& db, const refresh_token& token, const std::string& salt,
                                     bool cookies, instant now)
{
    const token_hashes old{token}, next{token.successor(salt)};
    co_return co_await db.one<rotation>(sql::rotate_session, old.family(), old.secret(), next.secret(), salt, cookies,
                                        now);
}

task<std::optional<rotation>> repeat_rotation(pg::database& db, const refresh_token& token, bool cookies, instant now,
                                              instant since)
{
    const token_hashes hashes{token};
    co_return co_await db.one<rotation>(sql::repeat_rotation, hashes.family(), hashes.secret(), cookies, now, since);
}

task<bool> end_reused(pg::database& db, const refresh_token& token, instant now, instant since)
{
    const token_hashes hashes{token};
    const auto ended =
        co_await db.one<std::int64_t>(sql::end_reused_family, hashes.family(), hashes.secret(), now, since);
    co_return ended.value_or(0) > 0;
}

task<bool> change_password(pg::database& db, user_id of, const std::string& old_hash, const std::string& new_hash,
                           instant now)
{
    const auto done = co_await db.one<password_changed>(sql::change_password, of, old_hash, new_hash, now);
    co_return done && done->changed == 1;
}

}  // namespace roost::accounts
