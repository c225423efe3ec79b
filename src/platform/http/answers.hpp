#pragma once
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "platform/http/cursor.hpp"
#include "platform/http/operation.hpp"

/// What a handler may give back inside a result. A plain described T is answered 200.
namespace roost::http {

/// 201 with a Location.
template <class T>
struct created
{
    std::string location;  // below the API's prefix: "/bookings/…/"
    T value;
};

/// 204.
struct no_content
{};

/// One page of a list. The cursors are opaque here; the router makes links of them.
template <class T>
struct page
{
    std::vector<T> results;
    std::optional<std::string> next, previous;
    std::optional<std::int64_t> count;
    row_places places = {};
};

/// T already as JSON, shared with a cache.
template <class T>
struct prerendered
{
    shared_bytes json;
    std::string etag;  // quoted
};

/// Bytes that are not JSON.
struct document
{
    std::string_view media_type;  // literal
    std::string bytes;
    std::vector<header> headers = {};
};

/// T as JSON, or as what else was wanted.
template <class T>
struct in_media
{
    std::variant<T, document> value;
};

/// Any of the others with fields of the response's head, such as cookies.
template <class Answer>
struct with_headers
{
    Answer value;
    std::vector<header> headers;
};

template <class T>
void describe_answer(operation& o, reply_shape shape)
{
    o.answer = &schema::type_of<T>;
    o.make_answer = []() -> std::shared_ptr<void> { return std::make_shared<T>(); };
    o.shape = shape;
}

reply render_object(const schema::type& t, const void* value, call& c);

/// The page's frame around the rendered items: {"results": […], "next": …, "previous": …, "count": …}.
class page_writer
{
    std::string out_ = R"({"results":[)";

public:
    void add(const schema::type& t, const void* item, call& c);
    reply finish(const std::optional<std::string>& next, const std::optional<std::string>& previous,
                 std::optional<std::int64_t> count, call& c) &&;
};

template <class T>
struct answer  // a plain value
{
    static void describe(operation& o) { describe_answer<T>(o, reply_shape::object); }
    static reply render(T value, call& c) { return render_object(schema::type_of<T>, &value, c); }
};

template <class T>
struct answer<created<T>>
{
    static void describe(operation& o) { describe_answer<T>(o, reply_shape::created); }
    static reply render(created<T> made, call& c)
    {
        auto r = render_object(schema::type_of<T>, &made.value, c);
        r.status = 201;
        r.headers.push_back({"Location", std::move(made.location)});
        return r;
    }
};

template <>
struct answer<no_content>
{
    static void describe(operation& o) { o.shape = reply_shape::nothing; }
    static reply render(no_content, call&) { return {.status = 204}; }
};

template <class T>
struct answer<page<T>>
{
    static void describe(operation& o) { describe_answer<T>(o, reply_shape::page); }
    static reply render(page<T> p, call& c)
    {
        page_writer w;
        for (const auto& item : p.results) w.add(schema::type_of<T>, &item, c);
        return std::move(w).finish(p.next, p.previous, p.count, c);
    }
};

template <class T>
struct answer<prerendered<T>>
{
    static void describe(operation& o) { answer<T>::describe(o); }
    static reply render(prerendered<T> p, call& c)
    {
        if (c.fields != schema::all_fields)  // rare, so parsing our own bytes again is cheaper than keeping a struct
        {
            auto value = schema::from_json<T>(*p.json);
            if (!value) throw std::logic_error("a cached reply is not what it says");
            return answer<T>::render(*std::move(value), c);
        }
        return {.status = 200, .body = std::move(p.json), .headers = {{"ETag", std::move(p.etag)}}};
    }
};

template <class T>
struct answer<in_media<T>>
{
    static void describe(operation& o) { answer<T>::describe(o); }
    static reply render(in_media<T> a, call& c)
    {
        auto* const d = std::get_if<document>(&a.value);
        auto r = d ? reply{.body = std::move(d->bytes), .headers = std::move(d->headers), .content_type = d->media_type}
                   : answer<T>::render(std::get<T>(std::move(a.value)), c);
        r.headers.push_back({"Vary", "Accept"});
        return r;
    }
};

template <class A>
struct answer<with_headers<A>>
{
    static void describe(operation& o) { answer<A>::describe(o); }
    static reply render(with_headers<A> a, call& c)
    {
        auto r = answer<A>::render(std::move(a.value), c);
        for (auto& h : a.headers) r.headers.push_back(std::move(h));
        return r;
    }
};

}  // namespace roost::http
