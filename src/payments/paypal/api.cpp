#include "payments/paypal/api.hpp"

#include <algorithm>
#include <format>
#include <iterator>

#include "platform/auth/crypto.hpp"
#include "platform/observe/log.hpp"

namespace roost::payments::paypal {
namespace {

constexpr int unauthorized = 401, forbidden = 403, absent = 404;

struct token_reply
{
    std::string access_token;
    std::int64_t expires_in;

    static constexpr auto fields =
        schema::fields(field<&token_reply::access_token>("access_token", schema::length{1, 10'000}),
                       field<&token_reply::expires_in>("expires_in", schema::between(1, 10'000'000)));
};

struct error_detail
{
    std::optional<std::string> issue;
    std::vector<link> links;  // of payouts; others have theirs beside the details

    static constexpr auto fields =
        schema::fields(field<&error_detail::issue>("issue"), field<&error_detail::links>("link", schema::defaulted));
};

struct error_reply
{
    std::string name;
    std::vector<error_detail> details;
    std::vector<link> links;

    static constexpr auto fields =
        schema::fields(field<&error_reply::name>("name"), field<&error_reply::details>("details", schema::defaulted),
                       field<&error_reply::links>("links", schema::defaulted));
};

failure unclear(std::string why) { return {trouble::unclear, std::move(why)}; }

failure not_let_in(int status)
{
    log::error("PayPal does not let us do this with our credentials", {{"status", status}});
    return unclear(std::format("status {}", status));
}

/// A word like INSTRUMENT_DECLINED: what else stands there may be anything, and goes no further.
bool is_issue(std::string_view text)
{
    return !text.empty() && text.size() <= 64
           && std::ranges::all_of(text, [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; });
}

/// Ids come from outside: nothing of them may turn a path into another.
bool is_path(std::string_view path)
{
    return !path.contains("//") && std::ranges::all_of(path, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '-'
               || c == '_';
    });
}

failure failure_of(const outbound::answer& a)
{
    if (a.status == unauthorized || a.status == forbidden) return not_let_in(a.status);
    auto said = schema::from_json<error_reply>(a.body, schema::others::ignored);
    // 409 and 423: another request about the same is under way.
    const bool clear = a.status == 400 || a.status == absent || a.status == 422;
    if (!clear || !said) return unclear(std::format("status {}", a.status));
    const auto it = std::ranges::find_if(said->details, [](const auto& d) { return d.issue && is_issue(*d.issue); });
    auto code = it != said->details.end() ? *it->issue : is_issue(said->name) ? said->name : "UNNAMED";
    for (auto& d : said->details) std::ranges::move(d.links, std::back_inserter(said->links));
    if (a.status != absent) return {trouble::refused, std::move(code), std::move(said->links)};
    const bool of_the_id = code == "INVALID_RESOURCE_ID" || code == "RESOURCE_NOT_FOUND";
    return {of_the_id ? trouble::absent : trouble::unclear, std::move(code)};
}

}  // namespace

api::api(outbound::client& c, const paypal_settings& how, std::string ca_file, std::chrono::milliseconds timeout)
    : origin_{c, {.name = "paypal", .base = how.api_base, .ca_file = std::move(ca_file), .total = timeout}},
      basic_{"Basic " + auth::padded_base64(how.client_id + ":" + how.client_secret)}
{}

task<reply<std::string>> api::token()
{
    if (auto kept = token_.kept(); !kept.empty()) co_return kept;
    outbound::request r{.url = "/v1/oauth2/token",
                        .headers = {{"Authorization", basic_},
                                    {"Content-Type", "application/x-www-form-urlencoded"},
                                    {"Accept", "application/json"}},
                        .method = "POST",
                        .body = "grant_type=client_credentials"};
    const auto asked = std::chrono::steady_clock::now();
    const auto got = co_await origin_.send(std::move(r));
    if (!got) co_return std::unexpected{unclear(std::format("no token: {}", name_of(got.error())))};
    if (got->status == unauthorized || got->status == forbidden) co_return std::unexpected{not_let_in(got->status)};
    if (got->status != 200) co_return std::unexpected{unclear(std::format("no token: status {}", got->status))};
    const auto made = schema::from_json<token_reply>(got->body, schema::others::ignored);
    if (!made) co_return std::unexpected{unclear("no token: not readable")};
    token_.keep(made->access_token, asked, std::chrono::seconds{made->expires_in});
    co_return made->access_token;
}

task<reply<std::string>> api::send(outbound::request r)
{
    if (!is_path(r.url)) co_return std::unexpected{unclear("an id that cannot be")};
    for (bool again = false;; again = true)
    {
        const auto bearer = co_await token();
        if (!bearer) co_return bearer;
        auto asked = r;
        asked.headers.emplace_back("Authorization", "Bearer " + *bearer);
        asked.headers.emplace_back("Accept", "application/json");
        auto got = co_await origin_.send(std::move(asked));
        if (!got) co_return std::unexpected{unclear(std::string{name_of(got.error())})};
        if (got->status / 100 == 2) co_return std::move(got->body);
        // A token may end, or be revoked, before its time.
        if (got->status == unauthorized) token_.forget(*bearer);
        if (got->status != unauthorized || again) co_return std::unexpected{failure_of(*got)};
    }
}

task<reply<std::string>> api::post(std::string path, std::string request_id, std::string body)
{
    outbound::request r{.url = std::move(path),
                        .headers = {{"Content-Type", "application/json"},
                                    {"PayPal-Request-Id", std::move(request_id)},
                                    {"Prefer", "return=representation"}},
                        .method = "POST",
                        .body = std::move(body)};
    co_return co_await send(std::move(r));
}

}  // namespace roost::payments::paypal
