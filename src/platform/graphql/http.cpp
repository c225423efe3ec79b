#include "platform/graphql/http.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <boost/json/object.hpp>
#include <format>

#include "platform/graphql/document_cache.hpp"
#include "platform/graphql/event_stream.hpp"
#include "platform/graphql/limits.hpp"
#include "platform/graphql/parser.hpp"
#include "platform/graphql/request.hpp"
#include "platform/graphql/validation.hpp"
#include "platform/http/api.hpp"
#include "platform/http/problem.hpp"
#include "platform/schema/json.hpp"

namespace roost::graphql {
namespace {

using errors = std::vector<error>;
template <class T>
using outcome = std::expected<T, errors>;

constexpr std::string_view not_persisted = "PERSISTED_QUERY_NOT_FOUND";  // as Apollo's clients know it
constexpr std::string_view bad_hash = "graphql_persisted";
constexpr std::string_view no_introspection = "graphql_introspection";

std::unexpected<errors> refuse(std::string message, std::string_view code)
{
    return std::unexpected{errors{{.message = std::move(message), .code = code, .locations = {}}}};
}

bool introspects(std::span<const ast::selection> selections)
{
    return std::ranges::any_of(selections, [](const ast::selection& s) {
        const bool asks = s.kind == ast::selection_kind::field && (s.name == "__schema" || s.name == "__type");
        return asks || introspects(s.selections);
    });
}

bool introspects(const document& d)
{
    const auto does = [](const auto& part) { return introspects(part.selections); };
    return std::ranges::any_of(d.operations(), does) || std::ranges::any_of(d.fragments(), does);
}

query_limits limits_of(const settings& s)
{
    const auto n = [](int count) { return static_cast<std::uint32_t>(count); };
    return {.depth = n(s.depth),
            .aliases = n(s.aliases),
            .root_fields = n(s.root_fields),
            .directives = n(s.directives),
            .fields = n(s.selected),
            .cost = n(s.cost)};
}

std::string body_of(const errors& all)
{
    std::string out = R"({"errors":[)";
    for (const auto& e : all)
    {
        if (&e != &all.front()) out.push_back(',');
        write_error(out, e);
    }
    return out += "]}";
}

class endpoint
{
    http::api& api_;
    const std::shared_ptr<const executable> what_;
    const settings how_;
    subscriptions& subscriptions_;
    const query_limits limits_;
    const http::shared_bytes page_;
    document_cache documents_;

public:
    endpoint(http::api& a, std::shared_ptr<const executable> what, const settings& how, subscriptions& all,
             std::string page)
        : api_{a},
          what_{std::move(what)},
          how_{how},
          subscriptions_{all},
          limits_{limits_of(how)},
          page_{page.empty() ? nullptr : std::make_shared<const std::string>(std::move(page))},
          documents_{static_cast<std::size_t>(how.cached_bytes)}
    {}

    task<http::response> serve(const http::request& r)
    {
        auto type = negotiate(r);
        const bool shows_page = page_ && type == media_type::html && !r.query.contains("query=");
        if (shows_page) co_return page();
        if (type == media_type::html) type = media_type::json;
        if (type == media_type::none)
            co_return reply(media_type::json, 406, "this is served as application/graphql-response+json",
                            name_of(errc::not_acceptable));
        auto all = read_requests(r, static_cast<std::size_t>(how_.body_bytes), static_cast<std::size_t>(how_.batch));
        if (!all)
            co_return reply(type, all.error().status, std::move(all.error().message), code_of(all.error().status));
        auto who = co_await api_.authenticate(r);
        if (!who) co_return refused(type, who.error());
        if (all->list) co_return co_await answer_list(r, type, all->each, *who);
        co_return co_await answer(r, type, all->each.front(), *who);
    }

private:
    /// One after the other, each as if it were alone; what cannot be executed says so in its place.
    task<http::response> answer_list(const http::request& r, media_type type, const std::vector<asked>& all,
                                     std::optional<identity> who)
    {
        if (type == media_type::event_stream)
            co_return reply(media_type::json, 406, "a list is not answered as text/event-stream",
                            name_of(errc::not_acceptable));
        auto together = reply(type, 200, std::string{});
        std::string out;
        for (const auto& a : all)
        {
            const auto one = co_await answer(r, type, a, who);
            out += out.empty() ? '[' : ',';
            out += one.bytes();
            for (const auto& h : one.headers)
                if (http::same_name(h.name, "Set-Cookie")) together.headers.push_back(h);
        }
        together.body = std::move(out += ']');
        co_return together;
    }

    task<http::response> answer(const http::request& r, media_type type, const asked& a, std::optional<identity> who)
    {
        auto d = document_of(a);
        if (!d) co_return reply(type, bad_status(type), body_of(d.error()));
        co_return co_await answer(r, type, a, *std::move(d), who);
    }

    task<http::response> answer(const http::request& r, media_type type, const asked& a, document_ptr shared,
                                std::optional<identity> who)
    {
        const auto& d = *shared;
        const auto* operation = d.operation(a.operation);
        if (!operation)
            co_return reply(type, bad_status(type),
                            body_of(refuse(a.operation.empty() ? "Say which operation: the document has several."
                                                               : "There is no operation of that name.",
                                           code::bad_operation)
                                        .error()));
        if (auto bad = not_this_way(r, type, operation->kind)) co_return *std::move(bad);
        arena memory;
        const auto variables = coerce_variables(what_->schema(), d, *operation, a.variables, memory);
        if (!variables) co_return reply(type, bad_status(type), body_of(variables.error()));
        if (auto bad = check_cost(what_->schema(), d, *operation, *variables, limits_))
            co_return reply(type, bad_status(type), body_of({*std::move(bad)}));
        if (operation->kind == operation_kind::subscription)
        {
            const auto here = co_await boost::asio::this_coro::executor;
            if (!who) co_return refused(type, {.code = errc::not_signed_in, .detail = "sign in first"});
            co_return follow({api_, r, what_, std::move(shared), *operation, a.variables, *who}, here);
        }

        context c;
        c.who = who;
        c.from = &r;
        std::string out = "{";
        out.reserve(4096);
        const execution e{*what_, d, *operation, *variables, c};
        const auto got = co_await execute(e, out);
        out.push_back('}');
        auto done = type == media_type::event_stream ? events(next_event(out) + complete_event())
                                                     : reply(type, status_of(type, got), std::move(out));
        for (auto& h : c.headers) done.headers.push_back(std::move(h));
        co_return done;
    }

    /// Why an operation of that kind cannot be asked for, or answered, like this.
    static std::optional<http::response> not_this_way(const http::request& r, media_type type, operation_kind kind)
    {
        const bool follows = kind == operation_kind::subscription;
        if (follows && type != media_type::event_stream)
            return reply(type, 406, "a subscription is answered as text/event-stream", name_of(errc::not_acceptable));
        if (r.method == http::method::post || kind == operation_kind::query) return std::nullopt;
        if (follows && r.method == http::method::get) return std::nullopt;
        // Browsers send GET and HEAD across sites, with cookies and without the token against forgery.
        auto out = reply(type, 405, follows ? "HEAD is not for subscriptions" : "GET is not for mutations",
                         name_of(errc::method_not_allowed));
        out.set("Allow", follows ? "GET, POST" : "POST");
        return out;
    }

    http::response follow(subscribing s, const boost::asio::any_io_executor& on)
    {
        auto stream = begin_stream(std::move(s), subscriptions_, how_, on);
        if (!stream) return refused(media_type::event_stream, stream.error());
        auto r = events({});
        r.stream = *std::move(stream);
        return r;
    }

    outcome<document_ptr> document_of(const asked& a)
    {
        if (a.query.empty())
        {
            if (auto known = documents_.find_hash(a.hash)) return known;
            return refuse("PersistedQueryNotFound", not_persisted);
        }
        if (!a.hash.empty() && sha256_hex(a.query) != a.hash)
            return refuse("The SHA-256 is not that of the document.", bad_hash);
        if (auto known = documents_.find(a.query); known && a.hash.empty()) return known;
        auto d = checked(a.query);
        if (d) documents_.put(*d, a.hash);
        return d;
    }

    outcome<document_ptr> checked(const std::string& text) const
    {
        auto d = parse(text, {.tokens = static_cast<std::size_t>(how_.tokens)});
        if (!d) return std::unexpected{errors{std::move(d.error())}};
        if (auto bad = check_shape(**d, limits_)) return std::unexpected{errors{*std::move(bad)}};
        if (!how_.introspection && introspects(**d)) return refuse("The schema is not told here.", no_introspection);
        auto bad = validate(what_->schema(), **d, {.suggestions = how_.suggestions && how_.introspection});
        if (!bad.empty()) return std::unexpected{std::move(bad)};
        return *std::move(d);
    }

    /// Of a request that is well-formed and yet cannot be executed: to clients that know only application/json the
    /// answer itself says so.
    int bad_status(media_type type) const
    {
        if (type == media_type::json) return 200;
        return how_.draft_status ? 422 : 400;
    }

    int status_of(media_type type, executed got) const
    {
        if (!got.data) return bad_status(type);
        constexpr int partly = 294;
        return got.errors && how_.draft_status && type == media_type::graphql_response ? partly : 200;
    }

    static std::string_view code_of(int status)
    {
        if (status == 413) return name_of(errc::payload_too_large);
        if (status == 415) return name_of(errc::unsupported_media_type);
        return name_of(errc::malformed);
    }

    /// What is refused before anything is executed, by the status it has over REST.
    static http::response refused(media_type type, const roost::error& why)
    {
        auto out = reply(type, http::status_of(why.code), why.detail, name_of(why.code));
        if (why.code == errc::not_signed_in) out.set("WWW-Authenticate", "Bearer");
        if (why.retry_after) out.set("Retry-After", std::to_string(why.retry_after->count()));
        return out;
    }

    static http::response events(std::string text)
    {
        http::response r;
        r.content_type = "text/event-stream; charset=utf-8";
        r.body = std::move(text);
        r.set("Cache-Control", "no-store");
        r.set("X-Accel-Buffering", "no");  // nginx would keep events back
        r.set("Vary", "Accept");
        return r;
    }

    static http::response reply(media_type type, int status, std::string message, std::string_view code)
    {
        return reply(type, status, body_of({{.message = std::move(message), .code = code, .locations = {}}}));
    }

    static http::response reply(media_type type, int status, std::string body)
    {
        http::response r;
        r.status = status;
        r.content_type = type == media_type::graphql_response ? "application/graphql-response+json; charset=utf-8"
                                                              : "application/json; charset=utf-8";
        r.body = std::move(body);
        r.set("Cache-Control", "no-store");
        r.set("Vary", "Accept");
        return r;
    }

    http::response page() const
    {
        http::response r;
        r.content_type = "text/html; charset=utf-8";
        r.body = page_;
        r.set("Cache-Control", "public, max-age=300");
        r.set("Vary", "Accept");
        r.set("Content-Security-Policy",
              "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; font-src 'self' data:");
        return r;
    }
};

}  // namespace

void install(http::api& a, std::shared_ptr<const executable> what, const settings& how, subscriptions& all,
             std::string page)
{
    const auto served = std::make_shared<endpoint>(a, std::move(what), how, all, std::move(page));
    a.raw("/graphql", [served](const http::request& r) { return served->serve(r); },
          {http::method::get, http::method::post});
}

}  // namespace roost::graphql
