#include "platform/auth/access_token.hpp"

#include <boost/json.hpp>
#include <cstring>
#include <list>
#include <memory>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "platform/auth/crypto.hpp"

namespace json = boost::json;

namespace roost::auth {
namespace {

std::int64_t unix_seconds(instant t) { return std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count(); }

json::array roles_of(const identity& who)
{
    json::array roles;
    for (auto r : {role::guest, role::host, role::admin})
        if (who.has(r)) roles.emplace_back(name_of(r));
    return roles;
}

std::string_view text_claim(const json::object& says, std::string_view name)
{
    const auto* found = says.if_contains(name);
    return found && found->is_string() ? std::string_view{found->get_string()} : std::string_view{};
}

/// A time that must be there, in whole seconds.
std::optional<instant> time_claim(const json::object& says, std::string_view name)
{
    const auto* found = says.if_contains(name);
    if (!found || !found->is_int64()) return std::nullopt;
    auto seconds = found->get_int64();
    if (seconds <= 0 || seconds > 253'402'300'799) return std::nullopt;
    return instant{std::chrono::seconds{seconds}};
}

/// The payload of a token that one of the keys signed.
std::optional<json::object> signed_payload(std::string_view token, const key_set& keys, instant now)
{
    auto header_end = token.find('.'), payload_end = token.rfind('.');
    if (header_end == token.npos || payload_end == header_end) return std::nullopt;
    const auto* key = keys.verifier(token.substr(0, header_end), now);
    auto payload = from_base64url(token.substr(header_end + 1, payload_end - header_end - 1));
    auto signature = from_base64url(token.substr(payload_end + 1));
    if (!key || !payload || !signature || !key->verify(token.substr(0, payload_end), *signature)) return std::nullopt;
    boost::system::error_code ec;
    auto parsed = json::parse(*payload, ec);
    if (ec || !parsed.is_object()) return std::nullopt;
    return std::move(parsed.get_object());
}

}  // namespace

std::string token_service::mint(const identity& who, std::string_view csrf) const
{
    auto now = clock_.now();
    auto keys = keys_.get();
    const auto* key = keys->signer(now);
    if (!key) throw std::runtime_error("there is no key to sign access tokens with");
    auto seconds = unix_seconds(now);
    json::object says{
        {"iss", settings_.issuer},
        {"aud", settings_.audience},
        {"sub", who.user.text()},
        {"sid", who.session.text()},
        {"jti", base64url(random_bytes(12))},
        {"roles", roles_of(who)},
        {"iat", seconds},
        {"nbf", seconds},
        {"exp", seconds + settings_.lifetime.count()},
    };
    if (!csrf.empty()) says["csrf"] = base64url(as_bytes(sha256(csrf)));
    auto token = encoded_header(key->kid) + "." + base64url(json::serialize(says));
    return token + "." + base64url(key->sign(token));
}

std::optional<claims> token_service::verify(std::string_view token) const
{
    if (token.size() > longest) return std::nullopt;
    auto now = clock_.now();
    auto says = signed_payload(token, *keys_.get(), now);
    if (!says) return std::nullopt;
    if (text_claim(*says, "iss") != settings_.issuer || text_claim(*says, "aud") != settings_.audience
        || text_claim(*says, "jti").empty())
        return std::nullopt;
    auto expires = time_claim(*says, "exp"), begins = time_claim(*says, "nbf"), issued = time_claim(*says, "iat");
    if (!expires || !begins || !issued) return std::nullopt;
    if (now >= *expires + skew || now < *begins - skew || now < *issued - skew) return std::nullopt;
    auto user = user_id::parse(text_claim(*says, "sub"));
    auto session = session_id::parse(text_claim(*says, "sid"));
    if (!user || !session) return std::nullopt;
    return claims{*user, *session, *expires, std::string{text_claim(*says, "csrf")}};
}

struct verified_tokens::state
{
    struct entry
    {
        digest key;
        claims says;
    };
    struct digest_hash
    {
        std::size_t operator()(const digest& d) const
        {
            std::size_t h;
            std::memcpy(&h, d.data(), sizeof h);  // already evenly spread
            return h;
        }
    };

    const token_service& tokens;
    const clock& now;
    std::size_t most;
    std::uint64_t keys_version = 0;
    std::list<entry> by_use = {};
    std::unordered_map<digest, std::list<entry>::iterator, digest_hash> by_key = {};

    void clear() { by_use.clear(), by_key.clear(); }
};

verified_tokens::verified_tokens(const token_service& tokens, const clock& now, std::size_t most)
    : state_{std::make_unique<state>(tokens, now, most)}
{}

verified_tokens::~verified_tokens() = default;

std::size_t verified_tokens::size() const { return state_->by_key.size(); }

std::optional<claims> verified_tokens::verify(std::string_view token)
{
    auto& s = *state_;
    if (token.size() > token_service::longest) return std::nullopt;
    // A key may have been withdrawn: what it vouched for is verified again.
    const auto version = s.tokens.keys().version();
    if (std::exchange(s.keys_version, version) != version) s.clear();

    auto key = sha256(token);
    if (auto found = s.by_key.find(key); found != s.by_key.end())
    {
        auto at = found->second;
        if (s.now.now() < at->says.expires + token_service::skew)
        {
            s.by_use.splice(s.by_use.begin(), s.by_use, at);
            return at->says;
        }
        s.by_key.erase(found);
        s.by_use.erase(at);
        return std::nullopt;
    }
    auto says = s.tokens.verify(token);
    if (!says) return std::nullopt;
    if (s.by_key.size() >= s.most)
    {
        s.by_key.erase(s.by_use.back().key);
        s.by_use.pop_back();
    }
    s.by_use.push_front({key, *says});
    s.by_key.emplace(key, s.by_use.begin());
    return says;
}

}  // namespace roost::auth
