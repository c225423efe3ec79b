#pragma once
#include <boost/asio/ip/address.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/http/message.hpp"

namespace roost::http {

/// The proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.
class trusted_proxies
{
    struct network
    {
        boost::asio::ip::address_v6::bytes_type prefix;  // v4 as v4-mapped
        unsigned bits;
    };
    std::vector<network> networks_;

public:
    /// Addresses or networks, "127.0.0.1", "10.0.0.0/8", "fd00::/8". Throws std::invalid_argument naming a bad one.
    explicit trusted_proxies(std::span<const std::string> networks);

    bool trusts(const boost::asio::ip::address& a) const;
    /// The nearest address that is no trusted proxy, seen from us: walks X-Forwarded-For from its right end. What is
    /// left of the first entry we do not trust can be written by anybody, so it never counts. Empty: there is none.
    std::string client_of(const request& r) const;
};

}  // namespace roost::http
