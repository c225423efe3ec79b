#include "platform/outbound/address.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace roost::outbound {
namespace {

using boost::asio::ip::address_v4;
using boost::asio::ip::address_v6;

struct network4
{
    std::uint32_t base;
    int bits;
};

constexpr std::uint32_t v4(unsigned a, unsigned b, unsigned c, unsigned d) { return a << 24 | b << 16 | c << 8 | d; }

/// IANA's special-purpose registry for IPv4, and multicast.
constexpr std::array not_public{
    network4{v4(0, 0, 0, 0), 8},       network4{v4(10, 0, 0, 0), 8},     network4{v4(100, 64, 0, 0), 10},
    network4{v4(127, 0, 0, 0), 8},     network4{v4(169, 254, 0, 0), 16}, network4{v4(172, 16, 0, 0), 12},
    network4{v4(192, 0, 0, 0), 24},    network4{v4(192, 0, 2, 0), 24},   network4{v4(192, 31, 196, 0), 24},
    network4{v4(192, 52, 193, 0), 24}, network4{v4(192, 88, 99, 0), 24}, network4{v4(192, 168, 0, 0), 16},
    network4{v4(192, 175, 48, 0), 24}, network4{v4(198, 18, 0, 0), 15},  network4{v4(198, 51, 100, 0), 24},
    network4{v4(203, 0, 113, 0), 24},  network4{v4(224, 0, 0, 0), 4},    network4{v4(240, 0, 0, 0), 4},
};

bool is_public4(std::uint32_t a)
{
    return std::ranges::none_of(not_public,
                                [a](const network4& n) { return a >> (32 - n.bits) == n.base >> (32 - n.bits); });
}

/// Only 2000::/3 is given out; of it these are special. What carries an IPv4 address is refused as a whole: nobody
/// serves a calendar there.
bool is_public6(const address_v6::bytes_type& b)
{
    const auto word = [&](std::size_t i) { return static_cast<unsigned>(b[i] << 8 | b[i + 1]); };
    if ((b[0] & 0xE0U) != 0x20U) return false;                  // loopback, mapped, NAT64, ULA, link-local, multicast …
    if (word(0) == 0x2001U && word(2) < 0x0200U) return false;  // 2001::/23: protocols, Teredo, ORCHID, benchmarking
    if (word(0) == 0x2001U && word(2) == 0x0DB8U) return false;                        // documentation
    if (word(0) == 0x2002U) return false;                                              // 6to4
    if (word(0) == 0x2620U && word(2) == 0x004FU && word(4) == 0x8000U) return false;  // AS112
    return word(0) != 0x3FFFU || word(2) >= 0x1000U;                                   // 3fff::/20: documentation
}

}  // namespace

bool is_public(const boost::asio::ip::address& a)
{
    return a.is_v4() ? is_public4(a.to_v4().to_uint()) : is_public6(a.to_v6().to_bytes());
}

}  // namespace roost::outbound
