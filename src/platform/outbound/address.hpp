#pragma once
#include <boost/asio/ip/address.hpp>

namespace roost::outbound {

/// Whether an address is one of the public internet's: not this machine, not a private or link-local network, not
/// carrier-grade NAT, multicast, documentation, benchmarking or reserved, also not by way of an IPv6 form that carries
/// such an IPv4 address (mapped, compatible, NAT64, 6to4, Teredo).
bool is_public(const boost::asio::ip::address& a);

}  // namespace roost::outbound
