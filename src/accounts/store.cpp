#include "accounts/store.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>

#include "accounts/queries.hpp"
#include "platform/auth/crypto.hpp"

namespace asio = boost::asio;

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

struct session_made
{
    std::int64_t made = 0, told = 0;

    static constexpr auto fields =
        schema::fields(schema::field<&session_made::made>("made"), schema::field<&session_made::told>("told"));
};

/// The network of an address that one subscriber has.
std::string half_of(const asio::ip::address_v6& a)
{
    auto bytes = a.to_bytes();
    std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
    return asio::ip::address_v6{bytes}.to_string() + "/64";
}

}  // namespace

std::string origin::network() const
{
    boost::system::error_code ec;
    const auto parsed = asio::ip::make_address(address, ec);
    if (ec || parsed.is_v4()) return address;
    const auto v6 = parsed.to_v6();
    return v6.is_v4_mapped() ? asio::ip::make_address_v4(asio::ip::v4_mapped, v6).to_string() : half_of(v6);
}

std::string origin::place() const
{
    boost::system::error_code ec;
    const auto v4 = asio::ip::make_address_v4(network(), ec);
    return ec ? network() : asio::ip::network_v4{v4, 24}.canonical().to_string();
}

std::string subject_of(std::string name)
{
    for (char& c : name)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return auth::base64url(auth::as_bytes(auth::sha256(name))).substr(0, 22);
}

task<std::optional<credentials>> find_credentials(pg::database& db, const std::string& name, const std::string& network,
                                                  instant since)
{
    // Names and addresses are ASCII. PostgreSQL lowers some letters beyond it to ASCII ones ("K", the Kelvin sign, to
    // "k"), which would give an account spellings that subject_of() counts apart.
    if (std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) co_return std::nullopt;
    co_return co_await db.one<credentials>(sql::find_credentials, name, network, since);
}

task<std::optional<credentials>> find_credentials(pg::database& db, user_id of)
{
    co_return co_await db.one<credentials>(sql::find_credentials_of, of);
}

task<bool> insert_session(pg::database& db, const new_session& s)
{
    const token_hashes hashes{s.token};
    const auto row = co_await db.one<session_made>(sql::insert_session, s.id, s.user, s.password_hash, hashes.family(),
                                                   hashes.secret(), s.cookies, s.from.address, s.from.network(),
                                                   s.from.user_agent, s.now, s.expires_at, s.from.place());
    co_return row.value().made == 1;
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
