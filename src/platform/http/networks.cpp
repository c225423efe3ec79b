#include "platform/http/networks.hpp"

#include <algorithm>
#include <charconv>
#include <format>
#include <stdexcept>

namespace roost::http {
namespace {

namespace ip = boost::asio::ip;

ip::address_v6 widened(const ip::address& a)
{
    return a.is_v4() ? ip::make_address_v6(ip::v4_mapped, a.to_v4()) : a.to_v6();
}

}  // namespace

networks::networks(std::span<const std::string> texts, std::string_view setting)
{
    for (const auto& text : texts)
    {
        const auto slash = std::min(text.find('/'), text.size());
        boost::system::error_code bad;
        const auto address = ip::make_address(text.substr(0, slash), bad);
        const unsigned most = address.is_v4() ? 32 : 128;
        unsigned bits = most;
        if (slash < text.size())
        {
            const char* const end = text.data() + text.size();
            const auto parsed = std::from_chars(text.data() + slash + 1, end, bits);
            if (parsed.ec != std::errc{} || parsed.ptr != end || bits > most)
                throw std::invalid_argument{std::format("{}: not a network: {}", setting, text)};
        }
        if (bad) throw std::invalid_argument{std::format("{}: not an address: {}", setting, text)};
        all_.push_back({widened(address).to_bytes(), bits + (128 - most)});
    }
}

bool networks::contain(const ip::address& a) const
{
    const auto bytes = widened(a).to_bytes();
    return std::ranges::any_of(all_, [&](const network& n) {
        const unsigned whole = n.bits / 8, rest = n.bits % 8;
        if (!std::equal(bytes.begin(), bytes.begin() + whole, n.prefix.begin())) return false;
        return rest == 0 || (bytes[whole] >> (8 - rest)) == (n.prefix[whole] >> (8 - rest));
    });
}

bool networks::contain(std::string_view text) const
{
    boost::system::error_code bad;
    const auto a = ip::make_address(text, bad);
    return !bad && contain(a);
}

}  // namespace roost::http
