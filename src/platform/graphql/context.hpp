#pragma once
#include <any>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "platform/auth/identity.hpp"
#include "platform/http/message.hpp"

namespace roost::graphql {

/// What the fields of one request share. It lives until the answer is written.
class context
{
    std::deque<std::shared_ptr<const void>> kept_;

public:
    std::optional<identity> who = {};
    /// The request that asks, for what is done as over REST.
    const http::request* from = nullptr;
    /// Fields of the answer's head that a mutation adds, such as cookies.
    std::vector<http::header> headers = {};

    /// Keeps what objects point to.
    template <class T>
    T& keep(T value)
    {
        auto held = std::make_shared<T>(std::move(value));
        auto& out = *held;
        kept_.push_back(std::move(held));
        return out;
    }
    void keep(std::shared_ptr<const void> held) { kept_.push_back(std::move(held)); }
};

}  // namespace roost::graphql
