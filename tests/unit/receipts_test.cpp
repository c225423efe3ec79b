#include <gtest/gtest.h>

#include "payments/receipts/sheet.hpp"
#include "platform/http/weights.hpp"
#include "platform/text/language.hpp"

using namespace roost;
using namespace roost::payments;
using namespace std::chrono_literals;

namespace {

receipt of(std::string_view code, std::int64_t night)
{
    const auto unit = *currency::parse(code);
    const money nothing{0, unit}, nights{2 * night, unit};
    receipt r{};
    r.guest = "Ann <b>", r.host = "Hugo", r.property = "Sea view", r.city = "Nice", r.country = "FR";
    r.time_zone = *time_zone::parse("Europe/Paris");
    r.check_in = std::chrono::sys_days{2027y / 3 / 5}, r.check_out = std::chrono::sys_days{2027y / 3 / 7};
    r.nights = r.guests = 2;
    r.lines.push_back({.kind = calendar::price_line_kind::nights,
                       .name = "Été",
                       .rule = calendar::night_rule::season,
                       .quantity = 2,
                       .unit_price = money{night, unit},
                       .amount = nights});
    r.total = r.due = nights;
    r.taxes = r.taken_off = r.paid = r.given_back = nothing;
    return r;
}

}  // namespace

TEST(receipt_sheet, is_written_in_the_language_of_its_reader)
{
    const auto english = sheet_of(of("KWD", 1'234'567), "en", {}), french = sheet_of(of("JPY", 1'234'567), "fr-CA", {});
    EXPECT_EQ(english.title, "Statement of a booking");
    const auto& first = english.sections.front().rows.front();
    EXPECT_EQ(first.label, "Nights of the season Été");
    EXPECT_EQ(first.detail, "2 × KWD 1,234.567");
    EXPECT_EQ(first.amount, "KWD 2,469.134");
    EXPECT_EQ(french.language, "fr");
    EXPECT_EQ(french.sections.front().rows.front().amount, "2\u202f469\u202f134 JPY");
}

TEST(receipt_sheet, says_the_same_in_every_language)
{
    const auto english = sheet_of(of("EUR", 100), "en", {}), french = sheet_of(of("EUR", 100), "fr", {});
    EXPECT_EQ(english.head.size(), french.head.size());
    EXPECT_EQ(english.sections.front().rows.size(), french.sections.front().rows.size());
    for (const auto m :
         {payment_method::card, payment_method::mobile_money, payment_method::bank_transfer, payment_method::paypal})
    {
        auto r = of("EUR", 100);
        receipt_entry paid{};
        paid.amount = r.total, paid.method = m;
        r.entries.push_back(paid);
        for (const auto* l : {"en", "fr"}) EXPECT_EQ(sheet_of(r, l, {}).sections.back().rows.size(), 2u) << l;
    }
}

TEST(receipt_sheet, escapes_what_people_wrote)
{
    const auto html = html_of(sheet_of(of("EUR", 100), "en", {}));
    EXPECT_TRUE(html.contains("Ann &lt;b&gt;")) << html;
    EXPECT_FALSE(html.contains("<b>"));
}

TEST(receipt_sheet, goes_on_on_the_next_page)
{
    // Every page has at least one stream of its own.
    const auto streams = [](std::size_t lines) {
        auto r = of("EUR", 100);
        r.lines.resize(lines, r.lines.front());
        const auto pdf = pdf_of(sheet_of(r, "en", {}));
        EXPECT_TRUE(pdf.starts_with("%PDF-"));
        int found = 0;
        for (auto at = pdf.find("\nendstream"); at != std::string::npos; at = pdf.find("\nendstream", at + 1)) ++found;
        return found;
    };
    EXPECT_GE(streams(200) - streams(1), 7);
}

TEST(languages, write_shares_as_people_do)
{
    const text::languages none{"", ""};
    EXPECT_EQ(none.of("en").percent(1200), "12\u00a0%");
    EXPECT_EQ(none.of("en").percent(550), "5.5\u00a0%");
    EXPECT_EQ(none.of("fr").percent(5), "0,05\u00a0%");
}

TEST(media_types, are_what_the_client_would_rather_have)
{
    const std::vector<std::string_view> all{"application/json", "text/html", "application/pdf"};
    const std::pair<const char*, const char*> cases[]{
        {"*/*", "application/json"},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"},
        {"Application/PDF", "application/pdf"},
        {"text/*", "text/html"},
        {"application/*;q=0.5, text/html;q=0.4", "application/json"},
        {"application/json;q=0, */*", "text/html"},
        {"application/json;charset=utf-8", "application/json"},
        {"image/png", ""},
        {"", ""},
        {"*/*;q=0", ""},
        {"text/html;q=nonsense", ""},
    };
    for (const auto& [accept, wanted] : cases) EXPECT_EQ(http::preferred(accept, all), wanted) << accept;
}
