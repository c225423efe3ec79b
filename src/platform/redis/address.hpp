#pragma once
#include <string>
#include <string_view>

namespace roost::redis {

/// Where a Redis server is. A path means a unix socket.
struct address
{
    std::string host = "127.0.0.1";
    std::string port = "6379";
    std::string path = {};
    std::string user = "default";
    std::string password = {};
    int db = 0;
};

/// Reads redis:// and unix:// URLs. Throws std::invalid_argument with a message that does not repeat the URL, which may
/// hold a password.
address parse_address(std::string_view url);

}  // namespace roost::redis
