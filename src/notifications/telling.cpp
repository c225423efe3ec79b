#include "notifications/telling.hpp"

#include <format>

#include "notifications/words.hpp"

namespace roost::notifications {
namespace {

using enum kind;
using list = std::vector<to_tell>;

list both(kind k) { return {{k, side::guest}, {k, side::host}}; }

side proposer_of(const event& e) { return e.proposed_by == "host" ? side::host : side::guest; }
side other_than(side s) { return s == side::host ? side::guest : side::host; }

list became(std::string_view status, std::string_view from)
{
    const bool unpaid = from == "hold" || from == "awaiting_payment";
    if (status == "awaiting_payment" && from == "requested") return {{request_accepted, side::guest}};
    if (status == "confirmed" && from == "requested")
        return {{request_accepted, side::guest}, {booking_confirmed, side::host}};
    if (status == "confirmed") return both(booking_confirmed);
    if (status == "declined") return {{request_declined, side::guest}};
    if (status == "expired") return unpaid ? list{{booking_expired, side::guest}} : both(request_expired);
    if (status.starts_with("cancelled_")) return from == "hold" ? list{} : both(booking_cancelled);
    if (status == "completed") return both(review_invitation);
    return {};
}

std::string joined(std::initializer_list<std::string_view> parts)
{
    std::string out;
    for (const auto part : parts)
    {
        if (part.empty()) continue;
        if (!out.empty()) out += ", ";
        out += part;
    }
    return out;
}

/// Reviews are written until the fifteenth midnight after check-out there (domain rules, 4.4).
instant reviews_close(const booking_to_tell& b)
{
    return b.time_zone.at(b.check_out + std::chrono::days{15}, std::chrono::minutes{0});
}

std::string review_link(std::string_view site, booking_id stay)
{
    return std::format("{}/reviews/new?booking={}", site, stay.text());
}

/// Who cancelled, as seen from this side.
std::string_view who_did_it(std::string_view actor, side s)
{
    if (actor == "guest" || actor == "host") return actor == name_of(s) ? "by_self" : "by_other";
    return "by_service";
}

void add_cancellation(facts& out, const booking_to_tell& b, const event& e, side s, const language& l)
{
    out.push_back({std::string{who_did_it(b.actor, s)}, "yes"});
    const auto unit = b.total.unit();
    if (e.refund) out.push_back({"refund", l.amount({*e.refund, unit})});
    if (e.refund_due && *e.refund_due > 0) out.push_back({"refund_due", l.amount({*e.refund_due, unit})});
}

/// Why it came to nothing, in the words there are for that: providers have more reasons than people need.
std::string reason_of(std::string_view what, std::string_view reason, const language& l)
{
    const auto word = std::format("{}_{}", what, reason);
    return l.word(l.has_word(word) ? word : what);
}

/// For the calendar file that is attached.
void add_invitation(facts& out, const booking_to_tell& b)
{
    out.push_back({"ics_start", format(b.starts_at)});
    out.push_back({"ics_end", format(b.ends_at)});
    out.push_back({"ics_version", std::format("{}", b.version)});
    out.push_back({"ics_uid", b.id.text()});
}

}  // namespace

std::vector<to_tell> messages_of(const event& e)
{
    if (e.kind == "booking.created")
    {
        if (e.status == "requested") return {{request_sent, side::guest}, {request_received, side::host}};
        return e.status == "confirmed" ? both(booking_confirmed) : list{};
    }
    if (e.kind == "booking.altered") return both(booking_altered);
    if (e.kind == "booking.alteration_proposed") return {{alteration_proposed, other_than(proposer_of(e))}};
    if (e.kind == "booking.alteration_declined" || e.kind == "booking.alteration_expired")
        return {{alteration_declined, proposer_of(e)}};
    if (e.kind == std::format("booking.{}", e.status)) return became(e.status, e.from);
    return {};
}

std::optional<to_tell> message_of(const event& e, const review_to_tell& r, instant now)
{
    const auto author = r.direction == "host_to_guest" ? side::host : side::guest;
    // Written second, or told late: by now it is public, or cannot be answered by another any more.
    if (e.kind == "review.received" && r.status == "pending" && now < r.closes_at)
        return to_tell{review_received, other_than(author)};
    if (r.status != "published") return std::nullopt;
    if (e.kind == "review.published") return to_tell{review_published, other_than(author)};
    if (e.kind == "review.replied") return to_tell{review_replied, author};
    return std::nullopt;
}

std::optional<to_tell> message_of(const event& e, const payment_to_tell& p)
{
    if (e.kind == "payment.succeeded") return to_tell{payment_received, side::guest};
    // Who has cancelled does not wait for it.
    if (e.kind == "payment.failed" && p.booking_status != "cancelled_by_guest")
        return to_tell{payment_failed, side::guest};
    if (e.kind == "payment.orphaned") return to_tell{payment_not_taken, side::guest};
    if (e.kind == "payment.refunded") return to_tell{payment_refunded, side::guest};
    if (e.kind == "payment.refund_failed") return to_tell{refund_refused, side::person};
    return std::nullopt;
}

facts facts_of(const booking_to_tell& b, const event& e, to_tell what, std::string_view site)
{
    const bool to_guest = what.side == side::guest;
    const auto& me = to_guest ? b.guest : b.host;
    const auto& l = language_of(me.locale);
    const auto link = std::format("{}/bookings/{}", site, b.id.text());
    facts out{{"name", me.name},
              {"other", to_guest ? b.host.name : b.guest.name},
              {"property", b.property},
              {"city", b.city},
              {"place", joined({b.line, b.postcode, b.city, b.country})},
              {"check_in", l.day(b.check_in)},
              {"check_out", l.day(b.check_out)},
              {"check_in_time", b.check_in_time},
              {"check_out_time", b.check_out_time},
              {"guests", std::format("{}", b.guests)},
              {to_guest ? "total" : "payout", l.amount(to_guest ? b.total : b.host_payout)},
              {"message", b.message},
              {"reason", b.reason},
              {"site", std::string{site}},
              {"link", link}};
    const bool waits_for_payment = e.status == "awaiting_payment";
    if (b.due_at) out.push_back({waits_for_payment ? "pay_until" : "answer_until", l.moment(*b.due_at, b.time_zone)});
    if (!waits_for_payment && what.kind == request_accepted) out.push_back({"confirmed", "yes"});
    if (what.kind == booking_cancelled) add_cancellation(out, b, e, what.side, l);
    if (what.kind == review_invitation)
    {
        out.push_back({"review_until", l.moment(reviews_close(b), b.time_zone)});
        out.push_back({"review_link", review_link(site, b.id)});
    }
    if (what.kind == booking_confirmed || what.kind == booking_altered
        || (what.kind == request_accepted && !waits_for_payment))
        add_invitation(out, b);
    return out;
}

facts facts_of(const review_to_tell& r, to_tell what, std::string_view site)
{
    const bool to_author = what.kind == review_replied;
    const auto& me = to_author ? r.author : r.reviewed;
    const auto& other = to_author ? r.reviewed : r.author;
    const auto& l = language_of(me.locale);
    return {{"name", me.name},
            {"other", other.open ? other.name : l.word("somebody")},  // nobody's name outlives the account
            {"property", r.property},
            {"review_until", l.moment(r.closes_at, r.time_zone)},
            {"review_link", review_link(site, r.booking)},
            {"link", std::format("{}/reviews/{}", site, r.id.text())}};
}

facts facts_of(const payment_to_tell& p, const person& to, std::string_view site)
{
    const auto& l = language_of(to.locale);
    const bool may_try_again = p.booking_status == "awaiting_payment" || p.booking_status == "requested";
    return {{"name", to.name},
            {"guest", p.guest.name},
            {"property", p.property},
            {"amount", l.amount(p.amount)},
            {"number", p.number},
            {"receipt", p.receipt},
            {"reason", reason_of("failed", p.failure_reason, l)},
            {"again", may_try_again ? "yes" : ""},
            {"booking", p.booking.text()},
            {"link", std::format("{}/bookings/{}", site, p.booking.text())}};
}

facts facts_of(const payout_to_tell& p, std::string_view site)
{
    const auto& l = language_of(p.host.locale);
    const bool we_kept_it = p.failure_reason == "disputed" || p.failure_reason == "held";
    return {{"name", p.host.name},
            {"amount", l.amount(p.amount)},
            {"reason", reason_of("unpaid", p.failure_reason, l)},
            {"account", we_kept_it ? "" : "yes"},
            {"link", std::format("{}/account/payouts", site)}};
}

facts facts_of(const property_to_tell& p, const event& e, std::string_view site)
{
    const auto& l = language_of(p.host.locale);
    facts out{{"name", p.host.name},
              {"property", p.property},
              {"feed", e.feed},
              {"link", std::format("{}/properties/{}/calendar", site, p.id.text())}};
    const auto from = parse_date(e.from), to = parse_date(e.to);
    if (from && to)
    {
        out.push_back({"from", l.day(*from)});
        out.push_back({"to", l.day(*to)});
    }
    return out;
}

facts facts_of(const person& p, const event& e, kind k, std::string_view site)
{
    facts out{{"name", p.name}};
    if (k == verify_address || k == reset_password) return out;  // their links are made with the mail
    out.push_back({"when", language_of(p.locale).moment(e.at, time_zone{})});
    out.push_back({"address", e.address});
    out.push_back({"device", e.user_agent});
    out.push_back({"link", std::format("{}/account/{}", site, k == new_sign_in ? "sessions" : "password-reset")});
    return out;
}

}  // namespace roost::notifications
