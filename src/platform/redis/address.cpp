#include "platform/redis/address.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>
#include <stdexcept>

namespace roost::redis {
namespace {

int parse_db(std::string_view text)
{
    int db = 0;
    auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), db);
    if (ec != std::errc{} || end != text.data() + text.size() || db < 0)
        throw std::invalid_argument("the Redis URL's database is not a number");
    return db;
}

}  // namespace

address parse_address(std::string_view text)
{
    auto url = boost::urls::parse_uri(text);
    if (!url) throw std::invalid_argument("the Redis URL is not a URL");
    address to;
    if (url->has_userinfo())
    {
        if (!url->user().empty()) to.user = url->user();
        to.password = url->password();
    }
    if (url->scheme() == "unix")
    {
        to.path = url->path();
        if (to.path.empty()) throw std::invalid_argument("the Redis URL names no socket");
        if (auto db = url->params().find("db"); db != url->params().end()) to.db = parse_db((*db).value);
    }
    else if (url->scheme() == "redis")
    {
        if (!url->host_address().empty()) to.host = url->host_address();
        if (url->has_port() && !url->port().empty()) to.port = url->port();
        if (auto path = url->path(); path.size() > 1) to.db = parse_db(std::string_view{path}.substr(1));
    }
    else
        throw std::invalid_argument("the Redis URL begins with neither redis:// nor unix://");
    return to;
}

}  // namespace roost::redis
