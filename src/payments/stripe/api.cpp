#include "payments/stripe/api.hpp"

#include <algorithm>
#include <array>
#include <boost/url/url.hpp>
#include <format>

#include "platform/observe/log.hpp"

namespace roost::payments::stripe {
namespace {

/// What replies look like; Stripe keeps every version for good.
constexpr std::string_view version = "2026-10-28.endive";

/// A page of a hundred intents with what is asked for about each.
constexpr std::size_t longest_reply = 4'000'000;

/// Of 4xx, those that do not tell what became of an earlier request, or are about us and not about the request.
constexpr auto not_about_the_request = std::to_array({401, 403, 404, 409, 429});
/// It may be had later.
constexpr std::string_view too_little_balance = "balance_insufficient";

std::string encoded(const parameters& all)
{
    boost::urls::url u;
    for (const auto& [name, value] : all) u.params().append({name, value});
    return std::string{u.encoded_query()};
}

failure failure_of(const outbound::answer& a)
{
    const auto unclear = [&](std::string_view code) {
        return failure{trouble::unclear, std::format("status {} {}", a.status, code)};
    };
    const auto said = schema::from_json<error_reply>(a.body, schema::others::ignored);
    if (!said) return unclear("and no reason");
    const auto& [type, code, decline] = said->error;
    if (a.status == 401 || a.status == 403)
        log::error("Stripe does not let us do this with our key", {{"status", a.status}, {"type", type}});
    if (a.status >= 500 || std::ranges::contains(not_about_the_request, a.status)) return unclear(code.value_or(type));
    if (type == "card_error") return {trouble::declined, decline.value_or(code.value_or(type))};
    if (type == "invalid_request_error" && code != too_little_balance) return {trouble::refused, code.value_or(type)};
    return unclear(code.value_or(type));
}

}  // namespace

api::api(outbound::client& c, const stripe_settings& how, std::string ca_file, std::chrono::milliseconds timeout)
    : origin_{c,
              {.name = "stripe",
               .base = how.api_base,
               .ca_file = std::move(ca_file),
               .total = timeout,
               .most_bytes = longest_reply}},
      authorization_{"Bearer " + how.secret_key}
{}

outbound::request api::reading(std::string path, const parameters& query) const
{
    if (!query.empty()) path += "?" + encoded(query);
    return {.url = std::move(path),
            .headers = {{"Authorization", authorization_}, {"Stripe-Version", std::string{version}}}};
}

outbound::request api::writing(std::string path, const parameters& form, std::string key) const
{
    outbound::request r{.url = std::move(path),
                        .headers = {{"Authorization", authorization_},
                                    {"Stripe-Version", std::string{version}},
                                    {"Content-Type", "application/x-www-form-urlencoded"}},
                        .method = "POST",
                        .body = encoded(form)};
    if (!key.empty()) r.headers.emplace_back("Idempotency-Key", std::move(key));
    return r;
}

task<reply<std::string>> api::send(outbound::request r)
{
    auto got = co_await origin_.send(std::move(r));
    if (!got) co_return std::unexpected{failure{trouble::unclear, std::string{name_of(got.error())}}};
    if (got->status == 200) co_return std::move(got->body);
    co_return std::unexpected{failure_of(*got)};
}

}  // namespace roost::payments::stripe
