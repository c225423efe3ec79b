#pragma once
#include <chrono>
#include <expected>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include "payments/stripe/objects.hpp"
#include "payments/stripe/settings.hpp"
#include "platform/outbound/origin.hpp"
#include "platform/schema/json.hpp"
#include "platform/task.hpp"

namespace roost::payments::stripe {

/// Why there is no object.
enum class trouble
{
    unclear,   // whether anything was done
    refused,   // nothing was done: the request cannot be
    declined,  // nothing was done: the payer's bank says no
};

struct failure
{
    trouble what;
    std::string code;  // Stripe's, or our word
};

template <class T>
using reply = std::expected<T, failure>;

using parameters = std::vector<std::pair<std::string, std::string>>;

/// Requests to Stripe's API of one version.
class api
{
    outbound::origin origin_;
    std::string authorization_;

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
    api(outbound::client& c, const stripe_settings& how, std::string ca_file, std::chrono::milliseconds timeout);

    template <class T>
    task<reply<T>> get(std::string path, parameters query)
    {
        co_return read<T>(co_await send(reading(std::move(path), query)));
    }
    /// `key`: repetitions of it have one effect and the same reply, errors as well, for a day at least. Without one,
    /// what a repetition does is up to the object's state.
    template <class T>
    task<reply<T>> post(std::string path, parameters form, std::string key)
    {
        co_return read<T>(co_await send(writing(std::move(path), form, std::move(key))));
    }

private:
    outbound::request reading(std::string path, const parameters& query) const;
    outbound::request writing(std::string path, const parameters& form, std::string key) const;
};

}  // namespace roost::payments::stripe
