#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "platform/http/answers.hpp"
#include "platform/http/message.hpp"
#include "platform/http/operation.hpp"
#include "platform/http/parameters.hpp"

namespace roost::pg {
class database;
}

namespace roost::http {

struct idempotency_key;

namespace detail {

template <class F>
struct signature : signature<decltype(&F::operator())>
{};
template <class C, class R, class... P>
struct signature<task<result<R>> (C::*)(P...) const>
{
    template <class F>
    static void install(operation& o, F f)
    {
        (parameter<P>::describe(o), ...);
        answer<R>::describe(o);
        o.run = [f = std::move(f)](call& c) -> task<result<reply>> {
            auto taken = std::tuple{parameter<P>::take(c)...};  // braces: from left to right
            if (auto bad = first_error(taken)) co_return std::unexpected{std::move(*bad)};
            auto got = co_await std::apply([&](auto&... p) { return f(static_cast<P>(*std::move(p))...); }, taken);
            if (!got) co_return std::unexpected{std::move(got.error())};
            co_return answer<R>::render(*std::move(got), c);
        };
    }

    template <class F>
    static void install_preparation(operation& o, F f)
    {
        o.prepare = [f = std::move(f)](call& c) -> task<result<void>> {
            auto taken = std::tuple{parameter<P>::take(c)...};
            if (auto bad = first_error(taken)) co_return std::unexpected{std::move(*bad)};
            auto got = co_await std::apply([&](auto&... p) { return f(static_cast<P>(*std::move(p))...); }, taken);
            if (!got) co_return std::unexpected{std::move(got.error())};
            c.prepared = *std::move(got);
            co_return result<void>{};
        };
    }

    template <class Tuple>
    static std::optional<error> first_error(Tuple& taken)
    {
        std::optional<error> bad;
        std::apply([&](auto&... p) { ((!p && !bad ? void(bad = std::move(p.error())) : void()), ...); }, taken);
        return bad;
    }
};

}  // namespace detail

/// Declares one operation, word by word; `handle` ends it.
class route
{
    operation& op_;

public:
    explicit route(operation& op) : op_{op} {}

    /// 403 for those who lack the role, 401 for those who are not signed in.
    route& needs(role r) { return op_.needs = r, *this; }
    /// The Idempotency-Key is required, not only honoured.
    route& idempotent() { return op_.key_required = true, *this; }
    /// For what calls somebody outside between two transactions: the key is claimed and committed before `prepare`
    /// runs, and a repetition goes on with the same `work` once nobody else does. What `prepare` refuses it must not
    /// have begun.
    route& in_steps() { return op_.key_required = op_.in_steps = true, *this; }
    /// The codes of the feature's own that the contract lists; the usual ones are known.
    template <class... Code>
    route& fails_with(Code... codes)
    {
        (op_.failures.push_back(codes), ...);
        return *this;
    }
    /// The answer is there in these media types too; the handler takes what is `wanted` and gives an in_media<T>.
    template <class... Type>
    route& also_as(Type... types)
    {
        (op_.media_types.push_back(types), ...);
        return *this;
    }
    /// The same for everybody: shared caches may keep it and ask again.
    route& shared() { return op_.public_reply = true, *this; }
    route& details(std::string text) { return op_.details = std::move(text), *this; }

    /// What takes long and needs no transaction (hashing a password): a lambda like a handler, from any parameters but
    /// pg::tx& to task<result<T>>, that runs before the transaction begins. The handler takes its T as prepared<T>.
    template <class F>
    route& prepare(F f)
    {
        detail::signature<F>::install_preparation(op_, std::move(f));
        return *this;
    }
    /// The handler: a lambda from any parameters (parameters.hpp) to task<result<answer>> (answers.hpp). What it
    /// captures outlives the server.
    template <class F>
    void handle(F f)
    {
        detail::signature<F>::install(op_, std::move(f));
    }
};

/// Everything served: the typed operations under one prefix and some raw endpoints. An endpoint itself.
class api
{
public:
    /// Who is asking. Nothing: nobody claims to be anybody. An error: the claim is false.
    using authenticator = std::function<task<result<std::optional<identity>>>(const request&)>;

    api(std::string prefix, pg::database& db);
    ~api();
    api(const api&) = delete;

    /// Operations declared from here on stand under this heading in the contract.
    void tag(std::string name) { tag_ = std::move(name); }
    route get(std::string path, std::string summary) { return declare(method::get, path, summary); }
    route post(std::string path, std::string summary) { return declare(method::post, path, summary); }
    route patch(std::string path, std::string summary) { return declare(method::patch, path, summary); }
    route put(std::string path, std::string summary) { return declare(method::put, path, summary); }
    route del(std::string path, std::string summary) { return declare(method::delete_, path, summary); }

    using raw_handler = std::function<task<response>(const request&)>;
    /// Something outside the contract, at a whole path: health, metrics, documents. It is asked with the method and,
    /// where that is GET, with HEAD.
    void raw(std::string path, raw_handler answer, std::vector<method> methods = {method::get});
    /// The same for every path below one that ends in a slash, "/ical/"; `route` is their name in metrics.
    void raw_below(std::string path, std::string route, raw_handler answer,
                   std::vector<method> methods = {method::get});
    void authenticate_with(authenticator a) { authenticate_ = std::move(a); }

    task<response> operator()(request& r);

    /// Who makes the request, as operator() finds out.
    task<result<std::optional<identity>>> authenticate(const request& r) const;
    /// Does what a declared operation does for `c.who`, with its roles, transaction and Idempotency-Key: another way in
    /// to it. The call's request has the body and the fields of the head that the operation reads.
    task<result<reply>> perform(const operation& op, call& c);
    /// The operation of "POST", "/bookings/"; nullptr when there is none.
    const operation* find(method m, std::string_view path) const;

    const std::string& prefix() const { return prefix_; }
    const std::vector<std::unique_ptr<operation>>& operations() const { return operations_; }

private:
    struct node;
    struct raw_route
    {
        std::string name;
        std::vector<method> methods;
        raw_handler answer;
    };

    route declare(method m, std::string path, std::string summary);
    const raw_route* find_raw(std::string_view path) const;
    task<response> serve_raw(const raw_route& to, const request& r);
    task<response> serve(const operation& op, call& c);
    task<result<reply>> run(const operation& op, call& c);
    task<result<reply>> run_in_steps(const operation& op, call& c, const idempotency_key& key);

    std::string prefix_;
    pg::database& db_;
    std::string tag_;
    authenticator authenticate_;
    std::vector<std::unique_ptr<operation>> operations_;
    std::unique_ptr<node> root_;
    std::map<std::string, raw_route, std::less<>> raw_, raw_below_;
};

/// Whether the operation is for them at all: errc::not_signed_in, errc::not_allowed. What it is about may yet refuse.
result<void> allowed(const operation& op, const std::optional<identity>& who);

/// The contract (OpenAPI 3.1) of everything declared, as JSON.
std::string openapi(const api& a, std::string_view version);

}  // namespace roost::http
