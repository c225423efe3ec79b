#include "platform/outbound/client.hpp"

#include <curl/curl.h>
#include <idn2.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <format>
#include <optional>
#include <stdexcept>

namespace roost::outbound {
namespace {

using boost::asio::ip::address;
using boost::asio::ip::address_v4;
using boost::asio::ip::address_v6;
using std::chrono::milliseconds;
using steady = std::chrono::steady_clock;

constexpr std::size_t longest_url = 2'000;
constexpr std::size_t most_header_bytes = 65'536;
constexpr std::size_t most_addresses = 32;

struct free_url
{
    void operator()(CURLU* u) const { curl_url_cleanup(u); }
};
using url_handle = std::unique_ptr<CURLU, free_url>;

struct free_list
{
    void operator()(curl_slist* l) const { curl_slist_free_all(l); }
};
using list_handle = std::unique_ptr<curl_slist, free_list>;

void append(list_handle& list, const std::string& line)
{
    auto* longer = curl_slist_append(list.get(), line.c_str());
    if (!longer) throw std::bad_alloc{};
    static_cast<void>(list.release());
    list.reset(longer);
}

std::optional<std::string> part(CURLU* u, CURLUPart which, unsigned flags = 0)
{
    char* text = nullptr;
    const auto code = curl_url_get(u, which, &text, flags);
    // libcurl leaves a host that it cannot convert to its caller along with the error.
    const std::unique_ptr<char, decltype(&curl_free)> owned{text, &curl_free};
    return code == CURLUE_OK ? std::optional<std::string>{text} : std::nullopt;
}

/// The host as the DNS knows it. libcurl would convert one that is not ASCII by what the process' locale says.
std::optional<std::string> ascii_host(CURLU* u)
{
    auto host = part(u, CURLUPART_HOST);
    if (!host || std::ranges::all_of(*host, [](char c) { return static_cast<unsigned char>(c) < 0x80; })) return host;
    std::uint8_t* made = nullptr;
    const auto code = idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(host->c_str()), &made,
                                     IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    const std::unique_ptr<std::uint8_t, decltype(&idn2_free)> owned{made, &idn2_free};
    if (code != IDN2_OK) return std::nullopt;
    const std::string ascii{reinterpret_cast<const char*>(made)};
    return curl_url_set(u, CURLUPART_HOST, ascii.c_str(), 0) == CURLUE_OK ? std::optional{ascii} : std::nullopt;
}

/// Where one hop goes.
struct target
{
    url_handle url;
    std::string host;  // an IPv6 address without its brackets
    std::uint16_t port;
};

/// Characters that two readers of an address understand differently, and everything that names a user.
bool is_plain(std::string_view url)
{
    if (url.empty() || url.size() > longest_url) return false;
    for (const char c : url)
        if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || c == '\\') return false;
    const auto authority = url.find("//");
    if (authority == url.npos) return true;
    return !url.substr(authority, url.find_first_of("/?#", authority + 2) - authority).contains('@');
}

/// webcal is what calendars call https.
std::string without_webcal(std::string url)
{
    constexpr std::string_view names[] = {"webcal://", "webcals://"};
    for (const auto name : names)
        if (url.size() > name.size() && curl_strnequal(url.c_str(), name.data(), name.size()))
            return "https://" + url.substr(name.size());
    return url;
}

/// The one reader of addresses: what is checked here is handed to libcurl as it was read. `from` is the hop before.
std::optional<target> read_target(const std::string& text, const guard& g, const CURLU* from = nullptr)
{
    const auto url = without_webcal(text);
    if (!is_plain(url)) return std::nullopt;
    target t{.url = url_handle{from ? curl_url_dup(from) : curl_url()}, .host = {}, .port = 0};
    auto* u = t.url.get();
    if (!u || curl_url_set(u, CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return std::nullopt;
    if (part(u, CURLUPART_USER) || part(u, CURLUPART_PASSWORD) || part(u, CURLUPART_ZONEID)) return std::nullopt;
    const auto scheme = part(u, CURLUPART_SCHEME);
    if (scheme != "https" && !(scheme == "http" && g.plain_http)) return std::nullopt;
    const auto port = part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    const auto host = ascii_host(u);
    if (!port || !host || host->empty()) return std::nullopt;
    t.port = static_cast<std::uint16_t>(std::stoul(*port));
    if (t.port == 0 || (!g.ports.empty() && !std::ranges::contains(g.ports, t.port))) return std::nullopt;
    t.host = host->starts_with('[') ? host->substr(1, host->size() - 2) : *host;
    curl_url_set(u, CURLUPART_FRAGMENT, nullptr, 0);
    return t;
}

address address_of(const curl_sockaddr& a)
{
    if (a.family == AF_INET)
    {
        sockaddr_in in{};
        std::memcpy(&in, &a.addr, sizeof in);
        return address_v4{ntohl(in.sin_addr.s_addr)};
    }
    if (a.family != AF_INET6 || a.addrlen < sizeof(sockaddr_in6)) return address_v4{};
    sockaddr_in6 in{};
    std::memcpy(&in, reinterpret_cast<const char*>(&a) + offsetof(curl_sockaddr, addr), sizeof in);
    address_v6::bytes_type bytes;
    std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
    return address_v6{bytes};
}

/// One request to one target, and what libcurl calls back with.
struct exchange
{
    const guard& how;
    const std::vector<address>& checked;
    const std::stop_token& stop;
    answer got = {};
    std::size_t header_bytes = 0;
    bool too_large = false, strayed = false;

    /// The last word before a connection is made: whatever libcurl thinks the name stands for, it is one of those
    /// checked.
    static curl_socket_t open_socket(void* self, curlsocktype, curl_sockaddr* a)
    {
        auto& e = *static_cast<exchange*>(self);
        const auto to = address_of(*a);
        if (!std::ranges::contains(e.checked, to) || !e.how.allows(to))
        {
            e.strayed = true;
            return CURL_SOCKET_BAD;
        }
        return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
    }

    static std::size_t take_body(char* data, std::size_t, std::size_t size, void* self)
    {
        auto& e = *static_cast<exchange*>(self);
        e.too_large = e.got.body.size() + size > e.how.most_bytes;
        if (e.too_large) return 0;
        e.got.body.append(data, size);
        return size;
    }

    static std::size_t take_header(char* data, std::size_t, std::size_t size, void* self)
    {
        auto& e = *static_cast<exchange*>(self);
        e.header_bytes += size;
        e.too_large = e.header_bytes > most_header_bytes;
        if (e.too_large) return 0;
        e.keep_header({data, size});
        return size;
    }

    void keep_header(std::string_view line)
    {
        if (line.starts_with("HTTP/")) got = {};  // an interim answer's fields are not the answer's
        const auto colon = line.find(':');
        if (colon == line.npos) return;
        auto value = line.substr(colon + 1);
        while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
        while (!value.empty() && static_cast<unsigned char>(value.back()) <= ' ') value.remove_suffix(1);
        const std::pair<std::string_view, std::string*> kept[] = {{"content-type", &got.content_type},
                                                                  {"etag", &got.etag},
                                                                  {"last-modified", &got.last_modified},
                                                                  {"location", &got.location}};
        for (const auto& [name, into] : kept)
            if (colon == name.size() && curl_strnequal(line.data(), name.data(), colon)) *into = value;
    }

    static int progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t)
    {
        return static_cast<exchange*>(self)->stop.stop_requested() ? 1 : 0;
    }
};

fault fault_of(CURLcode code, const exchange& e, bool has_effect)
{
    if (e.too_large) return fault::too_large;
    if (e.strayed) return fault::forbidden_address;
    switch (code)
    {
        case CURLE_OPERATION_TIMEDOUT: return fault::timed_out;
        case CURLE_COULDNT_RESOLVE_HOST: return fault::unknown_host;
        case CURLE_COULDNT_CONNECT: return fault::unreachable;
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_SSL_CACERT_BADFILE: return fault::untrusted;
        case CURLE_TOO_LARGE: return fault::too_large;
        case CURLE_ABORTED_BY_CALLBACK: return has_effect ? fault::broken : fault::busy;
        default: return fault::broken;
    }
}

template <class T>
void set(CURL* c, CURLoption option, T value)
{
    if (curl_easy_setopt(c, option, value) != CURLE_OK) throw std::logic_error("libcurl does not take an option");
}

/// `reused`: a connection of before will do; `kept`: it stays open.
void set_bounds(CURL* c, const guard& g, milliseconds left, bool reused, bool kept)
{
    set(c, CURLOPT_PROTOCOLS_STR, g.plain_http ? "http,https" : "https");
    set(c, CURLOPT_FOLLOWLOCATION, 0L);
    set(c, CURLOPT_PROXY, "");  // nor one from the environment
    set(c, CURLOPT_NOSIGNAL, 1L);
    set(c, CURLOPT_FRESH_CONNECT, reused ? 0L : 1L);
    set(c, CURLOPT_FORBID_REUSE, kept ? 0L : 1L);
    set(c, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
    set(c, CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
    set(c, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::min(left, g.connect).count()));
    set(c, CURLOPT_LOW_SPEED_LIMIT, 200L);  // bytes a second,
    set(c, CURLOPT_LOW_SPEED_TIME, 5L);     // for so many seconds
    set(c, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
    set(c, CURLOPT_USERAGENT, "Roost/0.1");
    if (!g.ca_file.empty()) set(c, CURLOPT_CAINFO, g.ca_file.c_str());
}

void set_callbacks(CURL* c, exchange& e)
{
    set(c, CURLOPT_OPENSOCKETFUNCTION, exchange::open_socket);
    set(c, CURLOPT_OPENSOCKETDATA, &e);
    set(c, CURLOPT_WRITEFUNCTION, exchange::take_body);
    set(c, CURLOPT_WRITEDATA, &e);
    set(c, CURLOPT_HEADERFUNCTION, exchange::take_header);
    set(c, CURLOPT_HEADERDATA, &e);
    set(c, CURLOPT_XFERINFOFUNCTION, exchange::progress);
    set(c, CURLOPT_XFERINFODATA, &e);
    set(c, CURLOPT_NOPROGRESS, 0L);
}

list_handle pins(const target& t, const std::vector<address>& checked)
{
    std::string line = std::format("{}:{}:", t.host, t.port);
    for (const auto& a : checked)
    {
        if (!line.ends_with(':')) line += ',';
        line += a.is_v6() ? "[" + a.to_string() + "]" : a.to_string();
    }
    list_handle list;
    append(list, line);
    return list;
}

std::expected<answer, fault> exchange_with(const target& t, const request& r, const guard& g,
                                           const std::vector<address>& checked, milliseconds left,
                                           const std::stop_token& stop, connections* kept)
{
    const auto put_away = [kept](CURL* c) { kept ? kept->give_back(c) : curl_easy_cleanup(c); };
    const std::unique_ptr<CURL, decltype(put_away)> easy{kept ? kept->take() : curl_easy_init(), put_away};
    auto* c = easy.get();
    if (!c) throw std::bad_alloc{};
    exchange e{.how = g, .checked = checked, .stop = stop};
    // When one of before breaks off without an answer, libcurl sends the request again by itself: whatever may have an
    // effect would have it twice (RFC 9110, 9.2.2).
    set_bounds(c, g, left, kept && r.method == "GET", kept != nullptr);
    set_callbacks(c, e);
    const auto pinned = pins(t, checked);
    set(c, CURLOPT_RESOLVE, pinned.get());
    set(c, CURLOPT_CURLU, t.url.get());
    list_handle headers;
    for (const auto& [name, value] : r.headers) append(headers, std::format("{}: {}", name, value));
    if (r.method != "GET")
    {
        set(c, CURLOPT_CUSTOMREQUEST, r.method.c_str());
        set(c, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(r.body.size()));
        set(c, CURLOPT_POSTFIELDS, r.body.data());
        append(headers, "Expect:");
    }
    set(c, CURLOPT_HTTPHEADER, headers.get());

    if (const auto code = curl_easy_perform(c); code != CURLE_OK)
        return std::unexpected{fault_of(code, e, r.method != "GET")};
    long status = 0;
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    e.got.status = static_cast<int>(status);
    return std::move(e.got);
}

/// Every address of the host, all of them allowed.
std::expected<std::vector<address>, fault> check(const target& t, const guard& g, const resolver& names,
                                                 milliseconds left)
{
    boost::system::error_code not_an_address;
    const auto literal = boost::asio::ip::make_address(t.host, not_an_address);
    auto found = not_an_address ? names(t.host, std::min(left, g.connect)) : std::vector{literal};
    if (found.empty()) return std::unexpected{fault::unknown_host};
    if (!std::ranges::all_of(found, g.allows)) return std::unexpected{fault::forbidden_address};
    if (found.size() > most_addresses) found.resize(most_addresses);
    return found;
}

bool is_redirect(const request& r, const answer& a)
{
    return r.method == "GET" && a.status >= 300 && a.status < 400 && a.status != 304 && !a.location.empty();
}

}  // namespace

guard guard::trusted()
{
    guard g;
    g.plain_http = true;
    g.ports.clear();
    g.allows = [](const address&) { return true; };
    g.redirects = 0;
    return g;
}

bool may_name(const std::string& url, const guard& g) { return read_target(url, g).has_value(); }

std::expected<answer, fault> fetch(const request& r, const guard& g, const resolver& names, const std::stop_token& stop,
                                   connections* kept)
{
    static const auto ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (ready != CURLE_OK) throw std::runtime_error("libcurl does not start");
    const auto end = steady::now() + g.total;
    auto next = read_target(r.url, g);
    for (int hop = 0; next; ++hop)
    {
        if (hop > g.redirects) return std::unexpected{fault::too_many_redirects};
        const auto left = [end] { return std::chrono::duration_cast<milliseconds>(end - steady::now()); };
        if (left() <= milliseconds{0}) return std::unexpected{fault::timed_out};
        const auto checked = check(*next, g, names, left());
        if (!checked) return std::unexpected{checked.error()};
        if (left() <= milliseconds{0}) return std::unexpected{fault::timed_out};
        auto got = exchange_with(*next, r, g, *checked, left(), stop, kept);
        if (!got || !is_redirect(r, *got)) return got;
        next = read_target(got->location, g, next->url.get());
    }
    return std::unexpected{fault::bad_address};
}

task<std::expected<answer, fault>> client::send(request r, guard g, std::shared_ptr<connections> kept)
{
    auto got = co_await threads_.run([r = std::move(r), g = std::move(g), names = names_, kept = std::move(kept)](
                                         const std::stop_token& stop) { return fetch(r, g, names, stop, kept.get()); });
    if (!got) co_return std::unexpected{fault::busy};
    co_return *std::move(got);
}

}  // namespace roost::outbound
