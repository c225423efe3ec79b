#include "payments/mpesa/api.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <format>

#include "payments/mpesa/rules.hpp"
#include "platform/auth/crypto.hpp"
#include "platform/observe/log.hpp"

namespace roost::payments::mpesa {
namespace {

constexpr std::chrono::seconds usual_life{3'599};
constexpr int unauthorized = 401, forbidden = 403, too_many_requests = 429;

/// With which nothing can have gone out.
constexpr auto before_anything_went_out = std::to_array(
    {outbound::fault::bad_address, outbound::fault::forbidden_address, outbound::fault::unknown_host,
     outbound::fault::unreachable, outbound::fault::untrusted, outbound::fault::busy, outbound::fault::resting});
/// Of 4xx, those that are about us, or about now.
constexpr auto not_about_the_request = std::to_array({unauthorized, forbidden, 408, 409, too_many_requests});

/// What Daraja itself turns away before M-Pesa hears of it, with status 500: too many requests at once, or in all.
constexpr auto turned_away = std::to_array<std::string_view>({"500.003.02", "500.003.03"});

failure failure_of(const outbound::answer& a)
{
    const auto said = schema::from_loose_json<refusal>(a.body);
    if (!said || !is_word(said->code)) return {trouble::unclear, std::format("status {}", a.status)};
    // M-Pesa answers 500 to what is its usual course.
    if (said->code == "500.001.1001" && said->message.contains("being processed"))
        return {trouble::under_way, said->code};
    if (said->code == "500.002.1001" && said->message.contains("Duplicate")) return {trouble::sent_before, said->code};
    if (std::ranges::contains(turned_away, std::string_view{said->code})) return {trouble::not_sent, said->code};
    const bool clear = a.status / 100 == 4 && !std::ranges::contains(not_about_the_request, a.status);
    return {clear ? trouble::refused : trouble::unclear, said->code};
}

bool is_broken(const outbound::answer& a)
{
    if (a.status < 500) return a.status == too_many_requests;
    const auto what = failure_of(a).what;
    return what != trouble::under_way && what != trouble::sent_before;
}

/// 401, or other codes with the same words.
bool is_about_the_token(const outbound::answer& a)
{
    if (a.status == unauthorized) return true;
    const auto said = schema::from_loose_json<refusal>(a.body);
    return a.status / 100 == 4 && said && said->message.contains("Invalid Access Token");
}

/// The short code or its passkey, which M-Pesa answers with 500.
bool is_about_our_keys(const outbound::answer& a)
{
    const auto said = schema::from_loose_json<refusal>(a.body);
    return said && said->code == "500.001.1001"
           && (said->message.contains("Wrong credentials") || said->message.contains("Merchant does not exist"));
}

failure no_answer(outbound::fault f)
{
    const bool stayed = std::ranges::contains(before_anything_went_out, f);
    return {stayed ? trouble::not_sent : trouble::unclear, std::string{name_of(f)}};
}

failure not_let_in(int status)
{
    log::error("M-Pesa does not let us do this with our keys", {{"status", status}});
    return {trouble::not_sent, "our keys are refused"};
}

}  // namespace

api::api(outbound::client& c, const mpesa_settings& how, std::string ca_file, std::chrono::milliseconds timeout)
    : origin_{c,
              {.name = "mpesa",
               .base = how.api_base,
               .ca_file = std::move(ca_file),
               .total = timeout,
               .is_failure = is_broken}},
      basic_{"Basic " + auth::padded_base64(how.consumer_key + ":" + how.consumer_secret)}
{}

/// Whatever goes wrong here, the request that needs it has not gone out.
task<reply<std::string>> api::token()
{
    if (auto kept = token_.kept(); !kept.empty()) co_return kept;
    outbound::request r{.url = "/oauth/v1/generate?grant_type=client_credentials",
                        .headers = {{"Authorization", basic_}}};
    const auto asked = std::chrono::steady_clock::now();
    const auto got = co_await origin_.send(std::move(r));
    if (!got) co_return std::unexpected{failure{trouble::not_sent, std::format("no token: {}", name_of(got.error()))}};
    if (got->status == unauthorized || got->status == forbidden || got->status == 400)
        co_return std::unexpected{not_let_in(got->status)};
    const auto made = schema::from_loose_json<access>(got->body);
    if (got->status != 200 || !made)
        co_return std::unexpected{failure{trouble::not_sent, std::format("no token: status {}", got->status)}};
    auto life = usual_life.count();
    std::from_chars(made->seconds.data(), made->seconds.data() + made->seconds.size(), life);
    token_.keep(made->token, asked, std::min(std::chrono::seconds{life}, usual_life));
    co_return made->token;
}

task<reply<std::string>> api::send(std::string path, std::string body)
{
    for (bool again = false;; again = true)
    {
        const auto bearer = co_await token();
        if (!bearer) co_return std::unexpected{bearer.error()};
        outbound::request r{.url = path,
                            .headers = {{"Authorization", "Bearer " + *bearer}, {"Content-Type", "application/json"}},
                            .method = "POST",
                            .body = body};
        auto got = co_await origin_.send(std::move(r));
        if (!got) co_return std::unexpected{no_answer(got.error())};
        if (got->status == 200) co_return std::move(got->body);
        if (is_about_our_keys(*got)) co_return std::unexpected{not_let_in(got->status)};
        if (!is_about_the_token(*got)) co_return std::unexpected{failure_of(*got)};
        token_.forget(*bearer);
        if (again) co_return std::unexpected{not_let_in(got->status)};
    }
}

}  // namespace roost::payments::mpesa
