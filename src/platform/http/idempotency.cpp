#include "platform/http/idempotency.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <stdexcept>

#include "platform/http/queries.hpp"
#include "platform/pg/database.hpp"

namespace roost::http {
namespace {

struct kept_reply
{
    std::string fingerprint;
    std::int32_t status;
    std::optional<std::string> location, etag;
    std::string body;

    static constexpr auto fields =
        schema::fields(schema::field<&kept_reply::fingerprint>("fingerprint"),
                       schema::field<&kept_reply::status>("status"), schema::field<&kept_reply::location>("location"),
                       schema::field<&kept_reply::etag>("etag"), schema::field<&kept_reply::body>("body"));
};

struct claimed_row
{
    id<struct work_tag> work;

    static constexpr auto fields = schema::fields(schema::field<&claimed_row::work>("work_id"));
};

error still_running()
{
    error busy{errc::request_in_progress, "a request with this Idempotency-Key is still running"};
    busy.retry_after = std::chrono::seconds{1};
    return busy;
}

std::string sha256_hex(std::string_view text)
{
    std::array<unsigned char, 32> digest;
    if (!EVP_Q_digest(nullptr, "SHA256", nullptr, text.data(), text.size(), digest.data(), nullptr))
        throw std::runtime_error("SHA-256 is not available");
    std::string hex;
    for (const auto b : digest) hex.append({"0123456789abcdef"[b >> 4], "0123456789abcdef"[b & 15]});
    return hex;
}

/// The body as far as the fingerprint goes. Passwords are left out: it is kept beside everything else, and a fast hash
/// of a password is as good as the password to who has a copy of the table.
std::string without_secrets(const schema::type* body, const std::string& text)
{
    if (!body || !std::ranges::contains(body->fields, true, &schema::field_info::secret)) return text;
    boost::system::error_code bad;
    auto parsed = boost::json::parse(text, bad);
    if (bad || !parsed.is_object()) return {};  // refused, whatever its key
    for (const auto& f : body->fields)
        if (f.secret) parsed.get_object().erase(f.name);
    return boost::json::serialize(parsed);
}

std::optional<std::string> header_of(const reply& r, std::string_view name)
{
    const auto it = std::ranges::find(r.headers, name, &header::name);
    return it == r.headers.end() ? std::nullopt : std::optional{it->value};
}

std::string_view bytes_of(const reply& r)
{
    if (const auto* own = std::get_if<std::string>(&r.body)) return *own;
    return *std::get<shared_bytes>(r.body);
}

}  // namespace

result<std::optional<idempotency_key>> idempotency_key::of(const call& c, const struct operation& op)
{
    const auto given = c.req.count("idempotency-key");
    if (op.method != method::post || !op.in_transaction || (given == 0 && !op.key_required)) return std::nullopt;
    if (given == 0)
        return fail(errc::idempotency_key_required, "send an Idempotency-Key header, for example a random UUID");
    const auto key = *c.req.find("idempotency-key");
    const bool visible = std::ranges::all_of(key, [](char ch) { return ch > ' ' && ch <= '~'; });
    if (given > 1 || key.empty() || key.size() > 255 || !visible)
        return fail(errc::malformed, "Idempotency-Key must be given once, as 1 to 255 visible ASCII characters");
    // The path belongs to the fingerprint, so that one key cannot mean two things.
    auto request_text = std::string{c.req.path} + '\n' + without_secrets(op.body, c.req.body);
    return idempotency_key{c.who ? c.who->user.text() : "address:" + std::string{c.req.peer}, "POST " + op.path,
                           std::string{key}, sha256_hex(request_text)};
}

task<result<std::optional<reply>>> claim(pg::tx& tx, const idempotency_key& k)
{
    bool in_progress = false;
    try
    {
        if (co_await tx.one<bool>(sql::claim_key, k.principal, k.operation, k.key, k.fingerprint))
            co_return std::nullopt;
    }
    catch (const pg::lock_timeout&)
    {
        in_progress = true;
    }
    if (in_progress) co_return std::unexpected{still_running()};

    auto kept = co_await find_kept(tx, k);
    if (kept && !*kept) co_return std::unexpected{still_running()};
    co_return kept;
}

task<result<std::optional<reply>>> find_kept(pg::queryable& q, const idempotency_key& k)
{
    const auto kept = co_await q.one<kept_reply>(sql::find_kept_reply, k.principal, k.operation, k.key);
    if (!kept) co_return std::nullopt;
    if (kept->fingerprint != k.fingerprint)
        co_return fail(errc::idempotency_key_reused, "this Idempotency-Key was used for another request");
    reply r{.status = kept->status, .body = kept->body, .headers = {}};
    if (kept->location) r.headers.push_back({"Location", *kept->location});
    if (kept->etag) r.headers.push_back({"ETag", *kept->etag});
    r.headers.push_back({"Idempotent-Replayed", "true"});
    co_return r;
}

task<result<claimed_work>> claim_work(pg::database& db, const idempotency_key& k, std::chrono::milliseconds lease)
{
    const auto mine = co_await db.one<claimed_row>(sql::claim_work, k.principal, k.operation, k.key, k.fingerprint,
                                                   uuid::v7(), static_cast<std::int64_t>(lease.count()));
    if (mine) co_return claimed_work{mine->work.value};
    auto kept = co_await find_kept(db, k);
    if (!kept) co_return std::unexpected{std::move(kept.error())};
    if (*kept) co_return claimed_work{{}, *std::move(kept)};
    const auto fingerprint = co_await db.one<std::string>(sql::fingerprint_of_key, k.principal, k.operation, k.key);
    if (fingerprint && *fingerprint != k.fingerprint)
        co_return fail(errc::idempotency_key_reused, "this Idempotency-Key was used for another request");
    co_return std::unexpected{still_running()};
}

task<result<std::optional<reply>>> find_kept_work(pg::tx& tx, const idempotency_key& k)
{
    tx.queue(sql::lock_key, k.principal, k.operation, k.key);
    return find_kept(tx, k);
}

task<> forget_work(pg::database& db, const idempotency_key& k)
{
    co_await db.run(sql::forget_work, k.principal, k.operation, k.key);
}

void keep(pg::tx& tx, const idempotency_key& k, const reply& r)
{
    tx.queue(sql::keep_reply, k.principal, k.operation, k.key, std::int32_t{r.status}, header_of(r, "Location"),
             header_of(r, "ETag"), bytes_of(r));
}

task<std::int64_t> forget_old_replies(pg::database& db, int batch) { return db.run(sql::forget_old_replies, batch); }

}  // namespace roost::http
