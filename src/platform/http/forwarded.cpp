#include "platform/http/forwarded.hpp"

#include <algorithm>
#include <charconv>
#include <ranges>
#include <stdexcept>

namespace roost::http {
namespace {

namespace ip = boost::asio::ip;

ip::address_v6 widened(const ip::address& a)
{
    return a.is_v4() ? ip::make_address_v6(ip::v4_mapped, a.to_v4()) : a.to_v6();
}

std::string plain(const ip::address& a)
{
    if (a.is_v6() && a.to_v6().is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, a.to_v6()).to_string();
    return a.to_string();
}

std::string_view trimmed(std::string_view s)
{
    s.remove_prefix(std::min(s.find_first_not_of(" \t"), s.size()));
    return s.substr(0, s.find_last_not_of(" \t") + 1);
}

}  // namespace

trusted_proxies::trusted_proxies(std::span<const std::string> networks)
{
    for (const auto& text : networks)
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
                throw std::invalid_argument{"trusted_proxies: not a network: " + text};
        }
        if (bad) throw std::invalid_argument{"trusted_proxies: not an address: " + text};
        networks_.push_back({widened(address).to_bytes(), bits + (128 - most)});
    }
}

bool trusted_proxies::trusts(const ip::address& a) const
{
    const auto bytes = widened(a).to_bytes();
    return std::ranges::any_of(networks_, [&](const network& n) {
        const unsigned whole = n.bits / 8, rest = n.bits % 8;
        if (!std::equal(bytes.begin(), bytes.begin() + whole, n.prefix.begin())) return false;
        return rest == 0 || (bytes[whole] >> (8 - rest)) == (n.prefix[whole] >> (8 - rest));
    });
}

std::string trusted_proxies::client_of(const request& r) const
{
    std::string nearest;
    for (const auto& h : r.headers | std::views::reverse)
    {
        if (!same_name(h.name, "X-Forwarded-For")) continue;
        auto rest = h.value;
        while (!rest.empty())
        {
            const auto comma = rest.rfind(',');
            const auto item = trimmed(comma == rest.npos ? rest : rest.substr(comma + 1));
            rest = comma == rest.npos ? std::string_view{} : rest.substr(0, comma);
            boost::system::error_code bad;
            const auto address = ip::make_address(item, bad);
            if (bad) return nearest;
            nearest = plain(address);
            if (!trusts(address)) return nearest;
        }
    }
    return nearest;
}

}  // namespace roost::http
