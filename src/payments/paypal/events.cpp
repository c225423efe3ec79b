#include "payments/paypal/events.hpp"

#include <algorithm>
#include <array>

#include "payments/paypal/objects.hpp"
#include "platform/schema/json.hpp"

namespace roost::payments::paypal {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

/// PayPal repeats for three days what was not answered, and does not promise to sign it anew. An older one may be a
/// replay; one within that time is too, and is recognised: an event's id is kept for longer (inbox::forget_old).
constexpr std::chrono::hours oldest{96};
constexpr std::chrono::minutes most_ahead{5};
/// A certificate is good for a year or two, so few are ever needed; whoever names others makes us ask for them.
constexpr std::size_t most_kept = 8;
constexpr int most_fetched_a_minute = 60;
constexpr std::size_t longest_header = 1'000;

/// The part of an event that is the same for all.
struct event_head
{
    std::string id, kind;

    static constexpr auto fields = schema::fields(field<&event_head::id>("id", schema::length{1, 200}),
                                                  field<&event_head::kind>("event_type", schema::length{1, 200}));
};

/// A capture, authorization, refund, order, payout or dispute, as far as it says what to ask for.
struct event_resource
{
    std::optional<std::string> id, custom_id, batch, dispute;
    std::optional<supplementary_data> supplementary;
    std::vector<purchase_unit> units;

    static constexpr auto fields =
        schema::fields(field<&event_resource::id>("id"), field<&event_resource::custom_id>("custom_id"),
                       field<&event_resource::batch>("sender_batch_id"), field<&event_resource::dispute>("dispute_id"),
                       field<&event_resource::supplementary>("supplementary_data"),
                       field<&event_resource::units>("purchase_units", schema::defaulted));
};

struct event_body
{
    event_resource resource;

    static constexpr auto fields = schema::fields(field<&event_body::resource>("resource"));
};

enum class told : std::uint8_t
{
    nothing,
    order,
    movement,
    refund,
    payout,
    dispute,
};

told told_by(std::string_view kind)
{
    constexpr std::array<std::pair<std::string_view, told>, 7> kinds{{{"CHECKOUT.ORDER.", told::order},
                                                                      {"PAYMENT.CAPTURE.REFUNDED", told::refund},
                                                                      {"PAYMENT.REFUND.", told::refund},
                                                                      {"PAYMENT.CAPTURE.", told::movement},
                                                                      {"PAYMENT.AUTHORIZATION.", told::movement},
                                                                      {"PAYMENT.PAYOUTS-ITEM.", told::payout},
                                                                      {"CUSTOMER.DISPUTE.", told::dispute}}};
    const auto* const it = std::ranges::find_if(kinds, [kind](const auto& k) { return kind.starts_with(k.first); });
    return it == kinds.end() ? told::nothing : it->second;
}

std::optional<payment_id> payment_in(const std::optional<std::string>& custom_id)
{
    return custom_id ? payment_id::parse(*custom_id) : std::nullopt;
}

void point(provider_event& e, told what, const event_resource& r)
{
    const auto is_about = [&](event_subject s, const std::optional<std::string>& reference) {
        e.about = s;
        e.reference = reference.value_or("");
    };
    switch (what)
    {
        case told::nothing: break;
        case told::order:
            is_about(event_subject::payment, r.id);
            if (!r.units.empty()) e.payment = payment_in(r.units.front().custom_id);
            break;
        case told::movement:
            is_about(event_subject::payment,
                     r.supplementary && r.supplementary->related ? r.supplementary->related->order : std::nullopt);
            e.payment = payment_in(r.custom_id);
            break;
        case told::refund: is_about(event_subject::refund, r.custom_id); break;
        case told::payout: is_about(event_subject::payout, r.batch); break;
        case told::dispute: is_about(event_subject::dispute, r.dispute); break;
    }
    if (e.reference.empty() && !e.payment) e.about = event_subject::nothing;
}

result<provider_event> event_in(std::string_view body)
{
    auto head = schema::from_json<event_head>(body, schema::others::ignored);
    if (!head) return fail(errc::malformed, "this is no event");
    const auto what = told_by(head->kind);
    event_body rest;
    if (what != told::nothing)
    {
        auto read = schema::from_json<event_body>(body, schema::others::ignored);
        if (!read) return fail(errc::malformed, "this is no event");
        rest = *std::move(read);
    }
    provider_event e{.id = std::move(head->id), .kind = std::move(head->kind), .reference = {}};
    point(e, what, rest.resource);
    return e;
}

/// What PayPal says beside an event.
struct transmission
{
    std::string id, time, certificate, algorithm, signature;
};

std::optional<transmission> transmission_of(const event_request& e)
{
    transmission t;
    const std::array<std::pair<const char*, std::string*>, 5> all{{{"PayPal-Transmission-Id", &t.id},
                                                                   {"PayPal-Transmission-Time", &t.time},
                                                                   {"PayPal-Cert-Url", &t.certificate},
                                                                   {"PayPal-Auth-Algo", &t.algorithm},
                                                                   {"PayPal-Transmission-Sig", &t.signature}}};
    for (const auto& [name, into] : all)
    {
        const auto value = e.header(name);
        if (!value || value->empty() || value->size() > longest_header) return std::nullopt;
        *into = *value;
    }
    return t;
}

bool is_in_time(std::string_view time, instant now)
{
    const auto at = parse_instant(time);
    return at && *at >= now - oldest && *at <= now + most_ahead;
}

/// What follows the one place where certificates are: a name, and nothing that leads elsewhere.
std::optional<std::string> name_in(std::string_view url, std::string_view place)
{
    if (!url.starts_with(place)) return std::nullopt;
    const auto name = url.substr(place.size());
    const bool plain = std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
    return plain && !name.empty() && name.size() <= 100 ? std::optional{std::string{name}} : std::nullopt;
}

std::unexpected<error> not_paypal() { return fail(errc::invalid_credentials, "the event is not signed as it must be"); }

std::string with_slash(std::string place) { return place.ends_with('/') ? place : place + '/'; }

}  // namespace

events::events(outbound::client& c, const clock& now, const paypal_settings& how, const std::string& ca_file,
               std::chrono::milliseconds timeout)
    : clock_{now},
      webhook_id_{how.webhook_id},
      place_{with_slash(how.certificates)},
      trusted_{ca_file},
      certificates_{
          c,
          {.name = "paypal-certificates", .base = place_, .ca_file = ca_file, .total = timeout, .most_bytes = 65'536}},
      kept_{most_kept}
{}

std::optional<std::string> events::kept(const std::string& name)
{
    const std::scoped_lock alone{guard_};
    const auto* pem = kept_.find(name);
    return pem ? std::optional{*pem} : std::nullopt;
}

void events::keep(const std::string& name, const std::string& pem)
{
    const std::scoped_lock alone{guard_};
    kept_.put(name, pem);
}

bool events::may_fetch()
{
    const std::scoped_lock alone{guard_};
    if (const auto now = steady::now(); now - fetched_since_ > 1min)
    {
        fetched_since_ = now;
        fetched_ = 0;
    }
    return ++fetched_ <= most_fetched_a_minute;
}

task<result<public_key>> events::key_of(std::string name)
{
    if (const auto pem = kept(name))
        if (auto key = trusted_.key_in(*pem, clock_.now())) co_return result<public_key>{std::move(key)};
    const auto not_now = [] { return fail(errc::unavailable, "the certificate cannot be fetched now"); };
    if (!may_fetch()) co_return not_now();
    outbound::request r{.url = "/" + name};
    const auto got = co_await certificates_.send(std::move(r));
    if (!got || got->status >= 500 || got->status == 429) co_return not_now();
    if (got->status != 200) co_return not_paypal();
    auto key = trusted_.key_in(got->body, clock_.now());
    if (!key) co_return not_paypal();
    keep(name, got->body);
    co_return result<public_key>{std::move(key)};
}

task<result<provider_event>> events::read(event_request e)
{
    const auto t = transmission_of(e);
    if (!t || t->algorithm != "SHA256withRSA" || !is_in_time(t->time, clock_.now())) co_return not_paypal();
    const auto certificate = name_in(t->certificate, place_);
    if (!certificate) co_return not_paypal();
    const auto key = co_await key_of(*certificate);
    if (!key) co_return std::unexpected{key.error()};
    if (!is_signed(*key, signed_text(t->id, t->time, webhook_id_, e.body), t->signature)) co_return not_paypal();
    co_return event_in(e.body);
}

}  // namespace roost::payments::paypal
