#pragma once
#include <chrono>
#include <expected>
#include <string>
#include <vector>

#include "payments/access_token.hpp"
#include "payments/paypal/objects.hpp"
#include "payments/paypal/settings.hpp"
#include "platform/outbound/origin.hpp"
#include "platform/schema/json.hpp"
#include "platform/task.hpp"

namespace roost::payments::paypal {

/// Why there is no object.
enum class trouble
{
    unclear,  // whether anything was done
    absent,   // nothing was done: what was named is not there
    refused,  // nothing was done: the request cannot be
};

struct failure
{
    trouble what;
    std::string code;              // PayPal's, "INSTRUMENT_DECLINED", or our word
    std::vector<link> links = {};  // of a refusal
};

template <class T>
using reply = std::expected<T, failure>;

/// PayPal's REST API. For all threads, which share one access token.
class api
{
    outbound::origin origin_;
    std::string basic_;  // client id and secret, as HTTP has them
    access_token token_;

    task<reply<std::string>> token();
    task<reply<std::string>> send(outbound::request r);

    template <class T>
    static reply<T> read(const reply<std::string>& body)
    {
        if (!body) return std::unexpected{body.error()};
        auto object = schema::from_json<T>(*body, schema::others::ignored);
        if (!object) return std::unexpected{failure{trouble::unclear, "a reply that cannot be read"}};
        return *std::move(object);
    }

public:
    api(outbound::client& c, const paypal_settings& how, std::string ca_file, std::chrono::milliseconds timeout);

    template <class T>
    task<reply<T>> get(std::string path)
    {
        outbound::request r{.url = std::move(path)};
        co_return read<T>(co_await send(std::move(r)));
    }

    /// The body of what it answers. `request_id`: the same one has one effect as long as PayPal remembers it, which is
    /// hours to weeks.
    task<reply<std::string>> post(std::string path, std::string request_id, std::string body);

    template <class T>
    task<reply<T>> make(std::string path, std::string request_id, std::string body)
    {
        co_return read<T>(co_await post(std::move(path), std::move(request_id), std::move(body)));
    }
};

}  // namespace roost::payments::paypal
