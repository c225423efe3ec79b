#pragma once
#include <boost/asio/ip/address.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace roost::http {

/// Where machines may be: "127.0.0.1", "10.0.0.0/8", "fd00::/8".
class networks
{
    struct network
    {
        boost::asio::ip::address_v6::bytes_type prefix;  // v4 as v4-mapped
        unsigned bits;
    };
    std::vector<network> all_;

public:
    /// Throws std::invalid_argument that begins with `setting` and names what is neither an address nor a network.
    networks(std::span<const std::string> texts, std::string_view setting);

    bool empty() const { return all_.empty(); }
    bool contain(const boost::asio::ip::address& a) const;
    /// False also for what is no address.
    bool contain(std::string_view text) const;
};

}  // namespace roost::http
