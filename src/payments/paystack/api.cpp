#include "payments/paystack/api.hpp"

#include <boost/url/url.hpp>
#include <cctype>
#include <format>

#include "platform/observe/log.hpp"

namespace roost::payments::paystack {
namespace {

/// A page of a hundred transactions with all that is told of each.
constexpr std::size_t longest_reply = 4'000'000;
constexpr std::size_t longest_word = 60;

/// Which 4xx stands for what differs between Paystack's operations, so its words decide (paystack.com/docs/api/errors).
failure failure_of(const outbound::answer& a)
{
    const auto said = schema::from_json<refusal>(a.body, schema::others::ignored);
    if (!said) return {trouble::unclear, std::format("status {} and no reason", a.status)};
    const auto words = word_of(said->message);
    const auto code = said->code ? word_of(*said->code) : words;
    const auto has = [&](std::string_view word) { return code.contains(word) || words.contains(word); };
    if (a.status == 401 || a.status == 403 || has("invalid_key"))
    {
        log::error("Paystack does not let us do this with our key", {{"status", a.status}, {"code", code}});
        return {trouble::unclear, code};
    }
    // Too little balance: it may be had later.
    const bool of_the_request = a.status == 400 || a.status == 404 || a.status == 422;
    if (!of_the_request || said->type.value_or("validation_error") != "validation_error" || has("balance"))
        return {trouble::unclear, std::format("status {} {}", a.status, code)};
    return {a.status == 404 || has("not_found") ? trouble::absent : trouble::refused, code};
}

}  // namespace

std::string word_of(std::string_view text)
{
    std::string word;
    for (const unsigned char c : text.substr(0, longest_word))
        if (std::isalnum(c) != 0)
            word += static_cast<char>(std::tolower(c));
        else if (!word.empty() && word.back() != '_')
            word += '_';
    if (word.ends_with('_')) word.pop_back();
    return word;
}

api::api(outbound::client& c, const paystack_settings& how, std::string ca_file, std::chrono::milliseconds timeout)
    : origin_{c,
              {.name = "paystack",
               .base = how.api_base,
               .ca_file = std::move(ca_file),
               .total = timeout,
               .most_bytes = longest_reply}},
      authorization_{"Bearer " + how.secret_key}
{}

std::string api::path_of(std::string path, parameters query, int page)
{
    query.emplace_back("perPage", std::to_string(page_size));
    query.emplace_back("page", std::to_string(page));
    boost::urls::url u;
    for (const auto& [name, value] : query) u.params().append({name, value});
    return std::move(path) + "?" + std::string{u.encoded_query()};
}

task<reply<std::string>> api::send(outbound::request r)
{
    auto got = co_await origin_.send(std::move(r));
    if (!got) co_return std::unexpected{failure{trouble::unclear, std::string{name_of(got.error())}}};
    if (got->status >= 200 && got->status < 300) co_return std::move(got->body);
    co_return std::unexpected{failure_of(*got)};
}

}  // namespace roost::payments::paystack
