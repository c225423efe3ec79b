#include "platform/http/forwarded.hpp"

#include <algorithm>
#include <ranges>

namespace roost::http {
namespace {

namespace ip = boost::asio::ip;

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
