#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "platform/http/operation.hpp"
#include "platform/schema/text.hpp"

/// What a handler may take, recognised by type, in any order.
namespace roost::http {

/// The request's JSON body, read strictly.
template <class T>
struct body
{
    T value;
    const T* operator->() const { return &value; }
};

/// All query parameters; one that T does not list is refused.
template <class T>
struct query
{
    T value;
    const T* operator->() const { return &value; }
};

/// Whoever signed in; without, the request is answered 401.
struct signed_in : identity
{};

/// Whoever signed in, if anybody did.
struct maybe_signed_in
{
    std::optional<identity> who;
};

/// A path parameter that is no id.
struct path_text
{
    std::string value;
};

/// What the client would rather have, of the media types that the operation has its answer in.
struct wanted
{
    std::string_view media_type;
};

/// The condition of a guarded write (RFC 9110, 13.1.1).
struct if_match
{
    bool given = false;
    bool any = false;
    std::vector<std::int64_t> versions;

    /// Whether a write to this version may go ahead; if not, answer errc::version_mismatch.
    bool allows(std::int64_t version) const;
    static if_match of(const request& r);
};

/// Where a request comes from, for limits and lists of sessions.
struct client_info
{
    std::string address;
    std::string user_agent;
    bool secure;
};

template <class P>
struct parameter;  // take(call&) → result<P>; describe(operation&)

template <class Tag>
struct parameter<id<Tag>>
{
    static result<id<Tag>> take(call& c)
    {
        // What is no id names nothing, so it is answered like any other absent thing.
        if (auto found = id<Tag>::parse(c.path_parameters.at(c.next_path_parameter++))) return *found;
        return fail(errc::not_found);
    }
    static void describe(operation&) {}
};

template <>
struct parameter<path_text>
{
    static result<path_text> take(call& c)
    {
        return path_text{std::string{c.path_parameters.at(c.next_path_parameter++)}};
    }
    static void describe(operation&) {}
};

/// The body, if it is JSON by its media type; else errc::unsupported_media_type.
result<std::string_view> json_body(const request& r);

template <class T>
struct parameter<body<T>>
{
    static result<body<T>> take(call& c)
    {
        const auto text = json_body(c.req);
        if (!text) return std::unexpected{text.error()};
        auto value = schema::from_json<T>(*text);
        if (!value) return std::unexpected{std::move(value.error())};
        return body<T>{std::move(*value)};
    }
    static void describe(operation& o) { o.body = &schema::type_of<T>; }
};

template <class T>
struct parameter<query<T>>
{
    static result<query<T>> take(call& c)
    {
        query<T> q{};
        auto done = schema::read_query(c.query, schema::type_of<T>, &q.value);
        if (!done) return std::unexpected{std::move(done.error())};
        return q;
    }
    static void describe(operation& o) { o.query = &schema::type_of<T>; }
};

template <>
struct parameter<signed_in>
{
    static result<signed_in> take(call& c)
    {
        if (!c.who) return fail(errc::not_signed_in);
        return signed_in{*c.who};
    }
    static void describe(operation& o) { o.signed_in = true; }
};

template <>
struct parameter<maybe_signed_in>
{
    static result<maybe_signed_in> take(call& c) { return maybe_signed_in{c.who}; }
    static void describe(operation& o) { o.may_sign_in = true; }
};

template <>
struct parameter<if_match>
{
    static result<if_match> take(call& c) { return if_match::of(c.req); }
    static void describe(operation& o) { o.takes_if_match = true; }
};

template <>
struct parameter<wanted>
{
    static result<wanted> take(call& c) { return wanted{c.media_type}; }
    static void describe(operation&) {}
};

template <>
struct parameter<client_info>
{
    static result<client_info> take(call& c)
    {
        return client_info{std::string{c.req.peer}, std::string{c.req.find("user-agent").value_or("").substr(0, 300)},
                           c.req.secure};
    }
    static void describe(operation&) {}
};

/// What the operation's preparation made.
template <class T>
struct prepared
{
    T value;
};

template <class T>
struct parameter<prepared<T>>
{
    static result<prepared<T>> take(call& c) { return prepared<T>{std::any_cast<const T&>(c.prepared)}; }
    static void describe(operation&) {}
};

/// What an operation in steps works on: the same id however often its request is repeated, so that a repetition goes on
/// where the first one stopped.
struct work
{
    uuid id;
};

template <>
struct parameter<work>
{
    static result<work> take(call& c) { return work{c.work}; }
    static void describe(operation&) {}
};

/// The raw request, for what nothing above covers (cookies, webhooks). Lives as long as the handler runs.
template <>
struct parameter<const request&>
{
    static result<std::reference_wrapper<const request>> take(call& c) { return std::cref(c.req); }
    static void describe(operation&) {}
};

/// The transaction the router opened for this request: it commits exactly if the handler succeeds, together with
/// the reply kept under the caller's Idempotency-Key. Write operations take one.
template <>
struct parameter<pg::tx&>
{
    static result<std::reference_wrapper<pg::tx>> take(call& c) { return std::ref(*c.tx); }
    static void describe(operation& o) { o.in_transaction = true; }
};

}  // namespace roost::http
