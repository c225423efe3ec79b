#pragma once
#include <string>
#include <vector>

#include "platform/http/message.hpp"

namespace roost::http {

/// The names a server is called by. Where they are known, a request for another one is somebody else's: of a browser
/// that was told a stranger's name is at our address, or through a proxy that mixes up whom it asks.
class hosts
{
    std::vector<std::string> names_;

public:
    /// Names or addresses without port, "api.example", "[::1]"; none: any will do.
    explicit hosts(std::vector<std::string> names) : names_{std::move(names)} {}

    bool serve(const request& r) const;
};

}  // namespace roost::http
