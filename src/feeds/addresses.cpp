#include "feeds/addresses.hpp"

#include "feeds/access.hpp"
#include "feeds/ical_writer.hpp"
#include "feeds/queries.hpp"
#include "feeds/store.hpp"
#include "platform/auth/crypto.hpp"

namespace roost::feeds {
namespace {

constexpr std::size_t most_addresses = 10;
constexpr std::size_t secret_bytes = 32;
/// Writing down every reading would make each a write.
constexpr std::chrono::hours reading_noted_every{1};

std::string_view stored(const auth::digest& d) { return auth::as_bytes(d); }

ical_entry entry_of(exported_range r)
{
    return {.uid = std::move(r.uid) + "@roost",
            .from = r.from,
            .to = r.to,
            .summary = r.is_stay ? "Reserved" : "Not available",
            .changed = r.changed,
            .sequence = r.version - 1};
}

}  // namespace

task<result<made_address>> addresses::add(pg::tx& tx, const identity& who, property_id property, new_address asked,
                                          std::string origin)
{
    const auto p = co_await tx.one<owned_property>(sql::property_to_feed, property);
    if (auto allowed = only_owner(p, who); !allowed) co_return std::unexpected{std::move(allowed.error())};
    const auto count = co_await tx.one<std::int64_t>(sql::count_addresses, property);
    if (*count >= static_cast<std::int64_t>(most_addresses))
        co_return invalid("/name", "a property's calendar has at most 10 addresses: revoke one");
    const auto id = address_id::make();
    const auto secret = auth::base64url(auth::random_bytes(secret_bytes));
    const auto now = clock_.now();
    const auto hash = auth::sha256(secret);
    tx.queue(sql::insert_address, id, property, asked.name, pg::bytes{stored(hash)}, now);
    co_return made_address{id, std::move(asked.name), std::move(origin) + "/ical/" + id.text() + ".ics?s=" + secret,
                           now};
}

task<std::vector<result<std::vector<ical_address>>>> addresses::list(const identity& who,
                                                                     std::vector<property_id> properties)
{
    return lists_of<ical_address>(db_, who, std::move(properties), sql::addresses_of_properties);
}

task<result<void>> addresses::revoke(pg::tx& tx, const identity& who, property_id property, address_id id)
{
    const auto p = co_await tx.one<owned_property>(sql::properties_of_host, just(property));
    if (auto allowed = only_owner(p, who); !allowed) co_return std::unexpected{std::move(allowed.error())};
    if (co_await tx.run(sql::delete_address, id, property) == 0)
        co_return fail(errc::not_found, "there is no such address");
    co_return result<void>{};
}

task<std::optional<rendered_calendar>> addresses::render(address_id id, std::string_view secret)
{
    const auto now = clock_.now();
    const auto hash = auth::sha256(secret);
    const auto found = co_await db_.one<found_address>(sql::find_address, id, pg::bytes{stored(hash)});
    if (!found) co_return std::nullopt;
    if (!found->last_read_at || now - *found->last_read_at >= reading_noted_every)
        co_await db_.run(sql::note_reading, id, now);

    std::vector<ical_entry> entries;
    for (auto& r :
         co_await db_.all<exported_range>(sql::exported_nights, found->property, found->time_zone.day_of(now)))
        entries.push_back(entry_of(std::move(r)));
    rendered_calendar c{write_calendar(found->title, entries), {}};
    c.etag = '"' + auth::base64url(auth::as_bytes(auth::sha256(c.text)).substr(0, 12)) + '"';
    co_return c;
}

}  // namespace roost::feeds
