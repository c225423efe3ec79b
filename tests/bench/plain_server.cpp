// The same fixed reply as bare_beast through http::server with its limits, deadlines, metrics and access log: what the
// server itself costs, without router and handlers.
//
//     plain_server PORT [THREADS [BODY_FILE [LOG_FILE]]]
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "platform/http/server.hpp"
#include "platform/observe/log.hpp"

using namespace roost;

int main(int argc, char** argv)
{
    if (argc < 2) return 2;
    http::server_config config;
    config.port = static_cast<std::uint16_t>(std::atoi(argv[1]));
    config.threads = argc > 2 ? static_cast<std::size_t>(std::atoi(argv[2])) : 1;
    config.access_log = argc > 4;
    std::string body = R"({"hello":"world"})";
    if (argc > 3)
    {
        std::ifstream file{argv[3], std::ios::binary};
        body.assign(std::istreambuf_iterator<char>{file}, {});
    }
    log::settings logs;
    if (argc > 4) logs.file = argv[4];
    log::init(logs);
    const auto shared = std::make_shared<const std::string>(std::move(body));
    http::server server{config, [&shared](http::request&) -> task<http::response> {
                            http::response r;
                            r.content_type = "application/json";
                            r.route = "/";
                            r.body = shared;
                            co_return r;
                        }};
    server.run();
    log::shutdown();
}
