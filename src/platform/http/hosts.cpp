#include "platform/http/hosts.hpp"

#include <algorithm>

namespace roost::http {
namespace {

/// The target's host counts when it has one (RFC 9112, 3.2.2), else the field's.
std::string_view host_of(const request& r)
{
    auto host = r.find("Host").value_or("");
    if (const auto scheme = r.target.find("://"); !r.target.starts_with('/') && scheme != r.target.npos)
        host = r.target.substr(scheme + 3);
    host = host.substr(0, host.find_first_of("/?"));
    const auto end = host.starts_with('[') ? host.find(']') : 0;
    return host.substr(0, host.find(':', std::min(end, host.size())));
}

}  // namespace

bool hosts::serve(const request& r) const
{
    return names_.empty()
           || std::ranges::any_of(names_, [host = host_of(r)](const auto& name) { return same_name(name, host); });
}

}  // namespace roost::http
