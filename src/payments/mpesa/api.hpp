#pragma once
#include <chrono>
#include <expected>
#include <string>

#include "payments/access_token.hpp"
#include "payments/mpesa/objects.hpp"
#include "payments/mpesa/settings.hpp"
#include "platform/outbound/origin.hpp"
#include "platform/schema/loose_json.hpp"
#include "platform/task.hpp"

namespace roost::payments::mpesa {

/// Why a request was not taken.
enum class trouble
{
    not_sent,     // it did not go out
    unclear,      // whether it was taken
    refused,      // it was not: the request cannot be
    under_way,    // what is asked about is not decided
    sent_before,  // its OriginatorConversationID is known
};

struct failure
{
    trouble what;
    std::string code;  // M-Pesa's, or our word
};

template <class T>
using reply = std::expected<T, failure>;

/// Requests to Daraja, Safaricom's API. For all threads, which share one access token.
class api
{
    outbound::origin origin_;
    std::string basic_;
    access_token token_;

    task<reply<std::string>> token();
    task<reply<std::string>> send(std::string path, std::string body);

public:
    api(outbound::client& c, const mpesa_settings& how, std::string ca_file, std::chrono::milliseconds timeout);

    template <class T, class Body>
    task<reply<T>> post(std::string path, const Body& body)
    {
        const auto got = co_await send(std::move(path), schema::to_json(body));
        if (!got) co_return std::unexpected{got.error()};
        auto said = schema::from_loose_json<T>(*got);
        if (!said) co_return std::unexpected{failure{trouble::unclear, "a reply that cannot be read"}};
        co_return *std::move(said);
    }
};

}  // namespace roost::payments::mpesa
