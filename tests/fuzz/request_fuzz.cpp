// HTTP requests: however the bytes of a connection arrive, they are the same requests or the same refusal.
#include <string>
#include <string_view>

#include "fuzz/rich.hpp"
#include "platform/http/framing.hpp"

using namespace roost;
using fuzz::require;

namespace {

constexpr std::size_t most = 2'000;

/// Reads one body in pieces of that size. How many bytes it took; nothing when it is refused or incomplete.
std::optional<std::size_t> read_body(http::request_parser& p, std::string_view bytes, std::size_t piece,
                                     const http::request& r)
{
    std::size_t used = 0;
    for (std::size_t end = piece; !p.done(); end += piece)
    {
        end = std::min(end, bytes.size());
        const auto n = p.body(bytes.substr(used, end - used));
        if (!n) return std::nullopt;
        require(*n <= end - used, "no more is taken than is there");
        used += *n;
        require(r.body.size() <= most, "bodies are bounded");
        if (end == bytes.size() && *n == 0 && !p.done()) return std::nullopt;
        if (end == bytes.size() && !p.done() && used == bytes.size()) return std::nullopt;
    }
    return used;
}

/// All the requests of one connection, as a text that tells them apart.
std::string read_all(std::string_view bytes, std::size_t piece)
{
    std::string seen;
    while (!bytes.empty())
    {
        const auto end = http::find_head(bytes, 0);
        if (!end) return seen + std::string{end.error().detail};
        if (!*end) return seen + "incomplete head";
        http::request r;
        http::request_parser p{r, most};
        if (const auto head = p.head(bytes.substr(0, **end)); !head) return seen + std::string{head.error().detail};
        require(r.path == "*" || r.path.starts_with('/'), "a path is absolute");
        require(r.count("host") <= 1 && r.count("content-length") <= 1, "what frames a request comes once");
        require(!r.find("transfer-encoding") || !r.find("content-length"), "a body has one length");
        const auto used = read_body(p, bytes.substr(**end), piece, r);
        if (!used) return seen + "bad body";
        seen.append(r.method_name).append(" ").append(r.target).append(" ").append(r.body).append("\n");
        bytes.remove_prefix(**end + *used);
    }
    return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0) return 0;
    const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
    require(read_all(text, size) == read_all(text, 1u + data[0] % 16), "pieces change nothing");
    return 0;
}
