#include "platform/http/api.hpp"

#include <algorithm>
#include <ranges>
#include <span>

#include "platform/http/idempotency.hpp"
#include "platform/http/problem.hpp"
#include "platform/http/weights.hpp"
#include "platform/pg/database.hpp"
#include "platform/schema/text.hpp"

namespace roost::http {
namespace {

std::vector<std::string_view> segments_of(std::string_view path)
{
    std::vector<std::string_view> out;
    if (path.starts_with('/')) path.remove_prefix(1);
    if (path.ends_with('/')) path.remove_suffix(1);
    for (const auto part : path | std::views::split('/')) out.emplace_back(part);
    return out;
}

/// What the client would rather have; empty when it takes nothing that there is.
std::string_view wanted_of(const operation& op, const request& r)
{
    const auto accept = r.find("accept");
    const auto json = op.media_types.front();
    if (!accept) return json;
    const auto best = preferred(*accept, op.media_types);
    return best.empty() && accept->contains("application/problem+json") ? json : best;
}

std::string listed(const std::vector<std::string_view>& types)
{
    std::string all;
    for (const auto t : types) all.append(all.empty() ? "" : ", ").append(t);
    return all;
}

/// Takes ?fields= out of the query of a read, where every operation understands it.
result<void> take_fields(const operation& op, call& c)
{
    if (op.method != method::get || !op.answer) return {};
    const auto it = std::ranges::find(c.query, "fields", &std::pair<std::string, std::string>::first);
    if (it == c.query.end()) return {};
    auto mask = schema::parse_field_mask(*op.answer, it->second);
    if (!mask) return std::unexpected{std::move(mask.error())};
    c.fields = *mask;
    c.fields_text = std::move(it->second);
    c.query.erase(it);
    return {};
}

result<void> check_syntax(const operation& op, call& c)
{
    c.media_type = wanted_of(op, c.req);
    if (c.media_type.empty()) return fail(errc::not_acceptable, "this is served as " + listed(op.media_types));
    auto query = schema::split_query(c.req.query);
    if (!query) return std::unexpected{std::move(query.error())};
    c.query = std::move(*query);
    if (auto fields = take_fields(op, c); !fields) return fields;
    if (!op.query && !c.query.empty()) return invalid(c.query.front().first, "there is no such parameter", "unknown");
    if (!op.body && !c.req.body.empty() && c.req.body != "{}") return fail(errc::malformed, "this takes no body");
    return {};
}

/// Whether If-None-Match names the tag (weak comparison, RFC 9110, 13.1.2).
bool still_fresh(const request& r, std::string_view etag)
{
    const auto known = r.find("if-none-match");
    return known && (*known == "*" || known->contains(etag));
}

response not_done_here(const request& r, std::span<const method> methods)
{
    auto refused = r.method == method::options ? response{.status = 204}
                                               : problem(error{errc::method_not_allowed, "this is not done here"}, r);
    std::string allow = "OPTIONS";
    for (const auto m : methods)
    {
        allow.append(", ").append(name_of(m));
        if (m == method::get) allow += ", HEAD";
    }
    refused.set("Allow", std::move(allow));
    return refused;
}

method without_head(method m) { return m == method::head ? method::get : m; }

/// To be called where something was caught: a database that is away is the caller's business, anything else is not.
response database_is_away(const request& r)
try
{
    throw;
}
catch (const pg::outcome_unknown&)
{
    return problem(error{errc::unavailable,
                         "the database was interrupted: repeat the request with the same "
                         "Idempotency-Key to learn whether it was done"},
                   r);
}
catch (const pg::unavailable&)
{
    return problem(error{errc::unavailable, "the database cannot take the request now, try again shortly"}, r);
}

/// Longer than the request may take, so that nobody goes on with what is still being done.
std::chrono::milliseconds lease_of(const request& r)
{
    constexpr std::chrono::seconds beyond{10}, without_deadline{60};
    if (r.deadline == std::chrono::steady_clock::time_point::max()) return without_deadline;
    return std::chrono::ceil<std::chrono::milliseconds>(r.deadline - std::chrono::steady_clock::now()) + beyond;
}

/// What was answered before, or why the key cannot be used.
result<reply> earlier_reply(result<std::optional<reply>> earlier)
{
    if (!earlier) return std::unexpected{std::move(earlier.error())};
    return **std::move(earlier);
}

}  // namespace

result<void> allowed(const operation& op, const std::optional<identity>& who)
{
    if ((op.signed_in || op.needs) && !who) return fail(errc::not_signed_in, "sign in first");
    if (op.needs && !who->has(*op.needs))
        return fail(errc::not_allowed, "this needs the role " + std::string{name_of(*op.needs)});
    return {};
}

struct api::node
{
    std::map<std::string, std::unique_ptr<node>, std::less<>> below;
    std::unique_ptr<node> parameter;
    std::vector<const operation*> operations;

    node& child(std::string_view segment)
    {
        auto& place = segment.starts_with('{') ? parameter : below[std::string{segment}];
        if (!place) place = std::make_unique<node>();
        return *place;
    }
};

api::api(std::string prefix, pg::database& db) : prefix_{std::move(prefix)}, db_{db}, root_{std::make_unique<node>()} {}
api::~api() = default;

route api::declare(method m, std::string path, std::string summary)
{
    auto& op = *operations_.emplace_back(std::make_unique<operation>());
    op.method = m;
    op.path = std::move(path);
    op.summary = std::move(summary);
    op.tag = tag_;
    auto* at = root_.get();
    for (const auto segment : segments_of(op.path)) at = &at->child(segment);
    at->operations.push_back(&op);
    return route{op};
}

void api::raw(std::string path, raw_handler answer, std::vector<method> methods)
{
    raw_route to{path, std::move(methods), std::move(answer)};
    raw_.emplace(std::move(path), std::move(to));
}

void api::raw_below(std::string path, std::string route, raw_handler answer, std::vector<method> methods)
{
    raw_below_.emplace(std::move(path), raw_route{std::move(route), std::move(methods), std::move(answer)});
}

const api::raw_route* api::find_raw(std::string_view path) const
{
    if (const auto exact = raw_.find(path); exact != raw_.end()) return &exact->second;
    for (const auto& [above, route] : raw_below_)
        if (path.starts_with(above)) return &route;
    return nullptr;
}

task<response> api::serve_raw(const raw_route& to, const request& r)
{
    response out;
    try
    {
        if (std::ranges::contains(to.methods, without_head(r.method)))
            out = co_await to.answer(r);
        else
            out = not_done_here(r, to.methods);
    }
    catch (const pg::unavailable&)
    {
        out = database_is_away(r);
    }
    out.route = to.name;
    co_return out;
}

const operation* api::find(method m, std::string_view path) const
{
    const auto it = std::ranges::find_if(operations_, [&](const auto& o) { return o->method == m && o->path == path; });
    return it == operations_.end() ? nullptr : it->get();
}

task<response> api::operator()(request& r)
{
    if (const auto* raw = find_raw(r.path)) co_return co_await serve_raw(*raw, r);

    call c{r};
    const node* at = r.path.starts_with(prefix_ + '/') ? root_.get() : nullptr;
    if (at)
    {
        for (const auto segment : segments_of(r.path.substr(prefix_.size())))
        {
            if (const auto found = at->below.find(segment); found != at->below.end())
                at = found->second.get();
            else if ((at = at->parameter.get()))
                c.path_parameters.push_back(segment);
            if (!at) break;
        }
    }
    if (!at || at->operations.empty()) co_return problem(error{errc::not_found, "there is nothing here"}, r);

    std::vector<method> done_here;
    for (const auto* op : at->operations)
    {
        if (op->method == without_head(r.method)) co_return co_await serve(*op, c);
        done_here.push_back(op->method);
    }
    co_return not_done_here(r, done_here);
}

task<result<reply>> api::run(const operation& op, call& c)
{
    if (auto good = check_syntax(op, c); !good) co_return std::unexpected{std::move(good.error())};
    auto who = co_await authenticate(c.req);
    if (!who) co_return std::unexpected{std::move(who.error())};
    c.who = *std::move(who);
    co_return co_await perform(op, c);
}

task<result<std::optional<identity>>> api::authenticate(const request& r) const
{
    if (!authenticate_) co_return std::nullopt;
    co_return co_await authenticate_(r);
}

task<result<reply>> api::perform(const operation& op, call& c)
{
    if (auto good = allowed(op, c.who); !good) co_return std::unexpected{std::move(good.error())};
    auto key = idempotency_key::of(c, op);
    if (!key) co_return std::unexpected{std::move(key.error())};
    if (op.in_steps) co_return co_await run_in_steps(op, c, **key);
    if (op.prepare)
        if (auto done = co_await op.prepare(c); !done)
        {
            // What the first request used up, such as a token, is why its repetition cannot be prepared.
            if (*key)
                if (auto earlier = co_await find_kept(db_, **key); !earlier || *earlier)
                    co_return earlier_reply(std::move(earlier));
            co_return std::unexpected{std::move(done.error())};
        }
    c.next_path_parameter = 0;
    if (!op.in_transaction) co_return co_await op.run(c);

    co_return co_await db_.transaction([&](pg::tx& tx) -> task<result<reply>> {
        if (*key)
            if (auto earlier = co_await claim(tx, **key); !earlier || *earlier)
                co_return earlier_reply(std::move(earlier));
        c.tx = &tx;
        c.next_path_parameter = 0;
        auto done = co_await op.run(c);
        if (done && *key) keep(tx, **key, *done);
        co_return done;
    });
}

task<result<reply>> api::run_in_steps(const operation& op, call& c, const idempotency_key& key)
{
    const auto claimed = co_await claim_work(db_, key, lease_of(c.req));
    if (!claimed) co_return std::unexpected{claimed.error()};
    if (claimed->kept) co_return *claimed->kept;
    c.work = claimed->work;

    if (auto done = co_await op.prepare(c); !done)
    {
        co_await forget_work(db_, key);
        co_return std::unexpected{std::move(done.error())};
    }
    co_return co_await db_.transaction([&](pg::tx& tx) -> task<result<reply>> {
        // Whoever was slower than the lease finds the work done.
        if (auto earlier = co_await find_kept_work(tx, key); !earlier || *earlier)
            co_return earlier_reply(std::move(earlier));
        c.tx = &tx;
        c.next_path_parameter = 0;
        auto done = co_await op.run(c);
        if (done) keep(tx, key, *done);
        co_return done;
    });
}

task<response> api::serve(const operation& op, call& c)
{
    response out;
    try
    {
        auto done = co_await run(op, c);
        if (done)
        {
            out.status = done->status;
            out.body = std::move(done->body);
            out.headers = std::move(done->headers);
            if (out.status != 204) out.content_type = done->content_type;
            out.headers.push_back({"Cache-Control", op.method != method::get ? "no-store"
                                                    : op.public_reply        ? "public, no-cache"
                                                                             : "private, no-cache"});
            for (auto& h : out.headers)
                if (h.name == "Location" && h.value.starts_with('/')) h.value.insert(0, prefix_);
            const auto etag = out.find("ETag");
            if (op.method == method::get && etag && still_fresh(c.req, *etag))
            {
                out.status = 304;
                out.content_type = {};
                out.body = {};
            }
        }
        else
        {
            out = problem(done.error(), c.req);
            if (out.status == 401) out.set("WWW-Authenticate", "Bearer");
        }
    }
    catch (const pg::unavailable&)
    {
        out = database_is_away(c.req);
    }
    out.route = op.path;
    co_return out;
}

}  // namespace roost::http
