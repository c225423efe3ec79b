#include <gtest/gtest.h>

#include <set>

#include "notifications/invitation.hpp"
#include "notifications/rendering.hpp"
#include "notifications/telling.hpp"
#include "notifications/words.hpp"

using namespace roost;
using namespace roost::notifications;
using namespace std::chrono_literals;

namespace {

std::set<std::string> placeholders(const message_template& t)
{
    std::set<std::string> out;
    const auto add = [&](const std::string& text) {
        for (auto at = text.find('{'); at != text.npos; at = text.find('{', at + 1))
            out.insert(text.substr(at + 1, text.find('}', at) - at - 1));
    };
    add(t.subject);
    for (const auto& b : t.blocks) add(b.text), add(b.target), add("{?" + b.condition + "}");
    return out;
}

event step(std::string kind, std::string from, std::string status)
{
    event e;
    e.kind = std::move(kind), e.from = std::move(from), e.status = std::move(status);
    return e;
}

money of(std::int64_t minor, std::string_view code) { return {minor, *currency::parse(code)}; }

}  // namespace

TEST(languages, say_the_same_of_the_same)
{
    const auto& english = language_of("en").templates();
    EXPECT_EQ(language_of("fr").templates().size(), english.size());
    for (const auto& [name, t] : english)
    {
        ASSERT_TRUE(language_of("fr").templates().contains(name)) << name;
        EXPECT_EQ(placeholders(language_of("fr").templates().at(name)), placeholders(t)) << name;
    }
}

TEST(languages, have_a_template_for_every_message_that_can_be_made)
{
    const std::vector<std::pair<const char*, const char*>> steps{
        {"requested", "awaiting_payment"},  {"requested", "confirmed"}, {"awaiting_payment", "confirmed"},
        {"requested", "declined"},          {"requested", "expired"},   {"awaiting_payment", "expired"},
        {"confirmed", "cancelled_by_host"}, {"in_stay", "completed"},   {"confirmed", "in_stay"}};
    std::vector<to_tell> all;
    const auto add = [&](const event& e) {
        for (const auto& m : messages_of(e)) all.push_back(m);
    };
    for (const auto& [from, to] : steps) add(step(std::string{"booking."} + to, from, to));
    for (const auto* status : {"requested", "confirmed", "awaiting_payment"}) add(step("booking.created", "", status));
    for (const auto* kind : {"booking.altered", "booking.alteration_proposed", "booking.alteration_declined"})
        add(step(kind, "", ""));
    for (const auto k : {kind::verify_address, kind::reset_password, kind::password_changed, kind::new_sign_in})
        all.push_back({k, side::person});
    for (const auto s : {side::guest, side::host}) all.push_back({kind::check_in_reminder, s});
    for (const auto k : {kind::review_received, kind::review_published, kind::review_replied})
        for (const auto s : {side::guest, side::host}) all.push_back({k, s});
    all.push_back({kind::calendar_conflict, side::host});
    for (const auto k : {kind::payment_received, kind::payment_failed, kind::payment_not_taken, kind::payment_refunded})
        all.push_back({k, side::guest});
    all.push_back({kind::refund_refused, side::person});
    for (const auto k : {kind::payout_paid, kind::payout_failed}) all.push_back({k, side::host});
    for (const auto locale : text::languages::all())
        for (const auto& m : all)
        {
            const auto r =
                render(locale, m.kind, m.side,
                       {{"name", "Ann"}, {"link", "https://x"}, {"by_self", "yes"}, {"confirmed", "yes"}}, {});
            EXPECT_FALSE(r.subject.empty() || r.summary.empty()) << name_of(m.kind);
            EXPECT_FALSE((r.subject + r.text + r.html).contains("{?")) << r.text;
        }
    std::set<std::string> made;
    for (const auto& m : all) made.insert(std::format("{} {}", name_of(m.kind), name_of(m.side)));
    for (const auto& [name, t] : language_of("en").templates())
        EXPECT_TRUE(made.contains(name) || name.starts_with("alteration_")) << name << " is never told";
}

TEST(languages, are_chosen_by_the_first_subtag)
{
    EXPECT_EQ(language_of("fr").word("code"), "fr");
    EXPECT_EQ(language_of("FR-ca").word("code"), "fr");
    for (const auto* other : {"en", "de", "", "frr", "f", "-fr"})
        EXPECT_EQ(language_of(other).word("code"), "en") << other;
}

TEST(languages, write_dates_and_times_as_people_do)
{
    const date d{2027y / 3 / 5};
    EXPECT_EQ(language_of("en").day(d), "Friday, 5 March 2027");
    EXPECT_EQ(language_of("fr").day(d), "vendredi 5 mars 2027");
    EXPECT_EQ(language_of("fr").day(date{2027y / 8 / 1}), "dimanche 1 août 2027");
    const auto paris = *time_zone::parse("Europe/Paris");
    EXPECT_EQ(language_of("en").moment(instant{d} + 23h + 30min, paris),
              "Saturday, 6 March 2027, 00:30 (Europe/Paris)");
}

TEST(languages, write_money_with_the_currencys_decimals)
{
    const auto& en = language_of("en");
    EXPECT_EQ(en.amount(of(123450, "EUR")), "EUR 1,234.50");
    EXPECT_EQ(en.amount(of(5, "EUR")), "EUR 0.05");
    EXPECT_EQ(en.amount(of(0, "EUR")), "EUR 0.00");
    EXPECT_EQ(en.amount(of(-123, "EUR")), "EUR -1.23");
    EXPECT_EQ(en.amount(of(1234567, "JPY")), "JPY 1,234,567");
    EXPECT_EQ(en.amount(of(1234567, "KWD")), "KWD 1,234.567");
    EXPECT_EQ(language_of("fr").amount(of(123450, "EUR")), "1\u202f234,50 EUR");
}

TEST(telling, means_these_messages)
{
    using enum kind;
    using list = std::vector<to_tell>;
    EXPECT_EQ(messages_of(step("booking.created", "", "requested")),
              (list{{request_sent, side::guest}, {request_received, side::host}}));
    EXPECT_EQ(messages_of(step("booking.confirmed", "requested", "confirmed")),
              (list{{request_accepted, side::guest}, {booking_confirmed, side::host}}));
    EXPECT_EQ(messages_of(step("booking.expired", "awaiting_payment", "expired")),
              (list{{booking_expired, side::guest}}));
    EXPECT_EQ(messages_of(step("booking.expired", "requested", "expired")),
              (list{{request_expired, side::guest}, {request_expired, side::host}}));
    auto proposal = step("booking.alteration_proposed", "", "");
    proposal.proposed_by = "host";
    EXPECT_EQ(messages_of(proposal), (list{{alteration_proposed, side::guest}}));
    for (const auto* unknown : {"booking.", "booking.weather", "booking.hold", "payment.orphaned", ""})
        EXPECT_TRUE(messages_of(step(unknown, "", "")).empty()) << unknown;
}

TEST(telling, means_these_messages_of_reviews)
{
    using enum kind;
    const auto close = instant{date{2027y / 3 / 20}};
    const auto told = [&](const char* event, const char* direction, const char* status, instant now) {
        review_to_tell r;
        r.direction = direction, r.status = status, r.closes_at = close;
        return message_of(step(event, "", ""), r, now);
    };
    const auto soon = close - 1s;
    EXPECT_EQ(told("review.received", "guest_to_property", "pending", soon), (to_tell{review_received, side::host}));
    EXPECT_EQ(told("review.received", "host_to_guest", "pending", soon), (to_tell{review_received, side::guest}));
    EXPECT_EQ(told("review.published", "host_to_guest", "published", close), (to_tell{review_published, side::guest}));
    EXPECT_EQ(told("review.replied", "host_to_guest", "published", close), (to_tell{review_replied, side::host}));
    EXPECT_EQ(told("review.replied", "guest_to_property", "published", close), (to_tell{review_replied, side::guest}));
    EXPECT_FALSE(told("review.received", "host_to_guest", "pending", close)) << "too late to answer it";
    EXPECT_FALSE(told("review.weather", "host_to_guest", "published", soon));
    for (const auto* status : {"published", "hidden", "superseded"})
        EXPECT_FALSE(told("review.received", "host_to_guest", status, soon)) << status;
    for (const auto* status : {"pending", "hidden", "superseded"})
        for (const auto* event : {"review.published", "review.replied"})
            EXPECT_FALSE(told(event, "host_to_guest", status, soon)) << event << status;
}

TEST(rendering, makes_one_harmless_line_of_what_people_write)
{
    EXPECT_EQ(harmless("  a\r\n\tb \x01 c\x7f "), "a b c");
    EXPECT_EQ(harmless("\u202egnp\u2066.exe\u200f"), "gnp.exe");
    EXPECT_EQ(harmless("🏠 مريم é"), "🏠 مريم é");
    EXPECT_EQ(harmless(std::string(10'000, 'x')).size(), 2'000u);
}

TEST(rendering, escapes_values_in_html_and_reads_nothing_into_them)
{
    const facts f{{"name", "{link}"}, {"link", "https://x/?a=1&b=\"2\""}, {"address", "<script>"}, {"device", "'x'"}};
    const auto r = render("en", kind::new_sign_in, side::person, f, {});
    EXPECT_TRUE(r.html.contains("Hello <bdi>{link}</bdi>")) << r.html;
    EXPECT_TRUE(r.html.contains("href=\"https://x/?a=1&amp;b=&quot;2&quot;\"")) << r.html;
    EXPECT_TRUE(r.html.contains("<bdi>&lt;script&gt;</bdi>")) << r.html;
    EXPECT_TRUE(r.text.contains("Address: <script>\n")) << r.text;
}

TEST(invitations, are_events_with_a_stable_id)
{
    const facts f{{"ics_start", "2027-03-05T14:00:00Z"},
                  {"ics_end", "2027-03-09T10:00:00Z"},
                  {"ics_version", "3"},
                  {"ics_uid", "0193e0a0"},
                  {"place", "12 Quai; de, Jemmapes"},
                  {"link", "https://x/bookings/1"}};
    const auto text =
        invitation(f, std::string(100, 'y'), "roost.example", parse_instant("2027-01-01T00:00:00Z").value());
    for (const auto* line : {"DTSTART:20270305T140000Z\r\n", "DTEND:20270309T100000Z\r\n", "SEQUENCE:3\r\n",
                             "UID:0193e0a0@roost.example\r\n", "LOCATION:12 Quai\\; de\\, Jemmapes\r\n",
                             "DTSTAMP:20270101T000000Z\r\n", "METHOD:PUBLISH\r\n"})
        EXPECT_TRUE(text.contains(line)) << line << text;
    EXPECT_TRUE(invitation({}, "x", "y", {}).empty());
}
