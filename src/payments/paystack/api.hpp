#pragma once
#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "payments/paystack/objects.hpp"
#include "payments/paystack/settings.hpp"
#include "platform/outbound/origin.hpp"
#include "platform/schema/json.hpp"
#include "platform/task.hpp"

namespace roost::payments::paystack {

/// Why there is no object.
enum class trouble
{
    unclear,  // whether anything was done
    refused,  // nothing was done: the request cannot be
    absent,   // what it names is not there
};

struct failure
{
    trouble what;
    std::string code;  // Paystack's, or our word
};

template <class T>
using reply = std::expected<T, failure>;

using parameters = std::vector<std::pair<std::string, std::string>>;

/// Lower case with underscores: "Insufficient Funds" → "insufficient_funds".
std::string word_of(std::string_view text);

/// Requests to Paystack's API. It has no keys of idempotency: what may be repeated is what carries a reference of ours.
class api
{
    outbound::origin origin_;
    std::string authorization_;

    task<reply<std::string>> send(outbound::request r);

    template <class T>
    static reply<T> read(const reply<std::string>& body)
    {
        if (!body) return std::unexpected{body.error()};
        auto said = schema::from_json<envelope<T>>(*body, schema::others::ignored);
        if (!said || !said->status) return std::unexpected{failure{trouble::unclear, "a reply that cannot be read"}};
        return std::move(said->data);
    }

public:
    static constexpr std::size_t page_size = 100;

    api(outbound::client& c, const paystack_settings& how, std::string ca_file, std::chrono::milliseconds timeout);

    template <class T>
    task<reply<T>> get(std::string path)
    {
        outbound::request r{.url = std::move(path), .headers = {{"Authorization", authorization_}}};
        co_return read<T>(co_await send(std::move(r)));
    }
    /// One page of a list, numbered from 1; the last is not full.
    template <class T>
    task<reply<std::vector<T>>> list(std::string path, parameters query, int page)
    {
        outbound::request r{.url = path_of(std::move(path), std::move(query), page),
                            .headers = {{"Authorization", authorization_}}};
        co_return read<std::vector<T>>(co_await send(std::move(r)));
    }
    template <class T, class Body>
    task<reply<T>> post(std::string path, const Body& body)
    {
        outbound::request r{.url = std::move(path),
                            .headers = {{"Authorization", authorization_}, {"Content-Type", "application/json"}},
                            .method = "POST",
                            .body = schema::to_json(body)};
        co_return read<T>(co_await send(std::move(r)));
    }

private:
    static std::string path_of(std::string path, parameters query, int page);
};

}  // namespace roost::payments::paystack
