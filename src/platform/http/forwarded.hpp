#pragma once
#include <span>
#include <string>

#include "platform/http/message.hpp"
#include "platform/http/networks.hpp"

namespace roost::http {

/// The proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.
class trusted_proxies
{
    networks networks_;

public:
    /// Throws std::invalid_argument naming what is no network.
    explicit trusted_proxies(std::span<const std::string> texts) : networks_{texts, "trusted_proxies"} {}

    bool trusts(const boost::asio::ip::address& a) const { return networks_.contain(a); }
    /// The nearest address that is no trusted proxy, seen from us: walks X-Forwarded-For from its right end. What is
    /// left of the first entry we do not trust can be written by anybody, so it never counts. Empty: there is none.
    std::string client_of(const request& r) const;
};

}  // namespace roost::http
