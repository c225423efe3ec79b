#pragma once
// The templates of graph.hpp, which includes this.
#include <algorithm>
#include <concepts>
#include <type_traits>
#include <utility>

namespace roost::graphql {

namespace detail {

template <class T>
std::vector<const T*> parents_of(const batch& b)
{
    std::vector<const T*> all;
    all.reserve(b.parents.size());
    for (const auto* p : b.parents) all.push_back(static_cast<const T*>(p));
    return all;
}

template <class Tag>
std::optional<uuid> uuid_of(const id<Tag>& i)
{
    return i.value;
}
template <class Id>
std::optional<uuid> uuid_of(const std::optional<Id>& i)
{
    return i ? uuid_of(*i) : std::nullopt;
}

/// A result that was kept, or why there is none; what is not found is null.
template <class R>
value as_value(context& c, result<R> made)
{
    if (made) return object{&c.keep(*std::move(made))};
    if (made.error().code == errc::not_found) return {};
    return failure::of(in_graph_names(std::move(made.error())));
}
template <class R>
value as_value(context& c, result<std::vector<R>> made)
{
    if (!made) return failure::of(in_graph_names(std::move(made.error())));
    value::list all;
    for (const auto& one : c.keep(*std::move(made))) all.emplace_back(object{&one});
    return all;
}

inline void fill(std::span<value> out, const roost::error& e) { std::ranges::fill(out, value{failure::of(e)}); }

template <class R>
std::string type_text(graph& g)
{
    return g.output_name(roost::schema::type_of<R>);
}
template <class R>
    requires roost::schema::detail::is_a<R, std::vector>
std::string type_text(graph& g)
{
    return "[" + g.output_name(roost::schema::type_of<typename R::value_type>) + "!]";
}

template <class Row>
struct shown_by
{
    using type = Row;
};
template <class Row>
    requires requires(Row r) { r.node; }
struct shown_by<Row>
{
    using type = decltype(Row::node);
};

template <class Row>
constexpr bool has_extras = requires(Row r) { r.node; };

template <class Row, class Q>
definition::field& add_connection(graph& g, const std::string& on, std::string name, std::string doc, resolver load)
{
    using shown = typename shown_by<Row>::type;
    const auto node = g.output_name(roost::schema::type_of<shown>);
    const roost::schema::type* extras = nullptr;
    if constexpr (has_extras<Row>) extras = &roost::schema::type_of<Row>;
    auto arguments = g.connection_arguments(on + pascal(name), roost::schema::type_of<Q>);
    auto& f = g.add_field(on, std::move(name), g.connection_type(node, extras), std::move(doc), std::move(load));
    f.arguments = std::move(arguments);
    f.size = {.arguments = {"first", "last"}, .sized = {"edges", "nodes"}, .assumed = 20};
    return f;
}

template <class Q>
result<Q> page_query(const input_names& names, const batch& b)
{
    Q q{};
    auto good = names.read_page(b.arguments, b.wanted.has("totalCount"), roost::schema::type_of<Q>, &q);
    if (!good) return std::unexpected{std::move(good.error())};
    return q;
}

}  // namespace detail

template <class T>
template <class F>
object_type<T>& object_type<T>::node(F load)
{
    using key = decltype(T::id);
    g_.add_node(roost::schema::type_of<key>, name_,
                [load = std::move(load)](context& c, std::span<const uuid> ids, std::span<value> out) -> task<> {
                    std::vector<key> keys;
                    for (const auto& i : ids) keys.push_back(key{i});
                    const auto& found = c.keep(co_await load(c, std::move(keys)));
                    for (const auto& one : found)
                    {
                        const auto at = std::ranges::find(ids, one.id.value);
                        if (at != ids.end()) out[static_cast<std::size_t>(at - ids.begin())] = object{&one};
                    }
                });
    return *this;
}

template <class T>
template <class U, class Id>
object_type<T>& object_type<T>::reference(std::string name, Id T::* member, std::string doc)
{
    auto type = g_.output_name(roost::schema::type_of<U>);
    g_.add_field(name_, std::move(name), type, std::move(doc),
                 resolver{[member, type, nodes = g_.nodes()](batch& b) -> task<> {
                     std::vector<std::optional<uuid>> ids;
                     for (const auto* p : detail::parents_of<T>(b)) ids.push_back(detail::uuid_of(p->*member));
                     co_await nodes->load(b.context, type, ids, b.out);
                 }});
    return *this;
}

template <class T>
template <class R, class A, class F>
object_type<T>& object_type<T>::fetch(std::string name, std::string doc, std::uint32_t cost, F load)
{
    auto arguments_taken = g_.arguments_of(roost::schema::type_of<A>);
    auto& f = g_.add_field(name_, std::move(name), detail::type_text<R>(g_), std::move(doc),
                           resolver{[load = std::move(load), names = g_.names_for_input()](batch& b) -> task<> {
                               auto arguments = names->read<A>(b.arguments.all());
                               if (!arguments) co_return detail::fill(b.out, arguments.error());
                               const auto parents = detail::parents_of<T>(b);
                               const std::span all{parents};
                               auto made = co_await load(b, all, *std::move(arguments));
                               for (std::size_t i = 0; i < made.size(); ++i)
                                   b.out[i] = detail::as_value(b.context, std::move(made[i]));
                           }});
    f.arguments = std::move(arguments_taken);
    f.cost = cost;
    return *this;
}

template <class T>
template <class Row, class Q, class F>
object_type<T>& object_type<T>::connection(std::string name, std::string doc, F load)
{
    detail::add_connection<Row, Q>(
        g_, name_, std::move(name), std::move(doc),
        [load = std::move(load), names = g_.names_for_input()](batch& b) -> task<> {
            auto q = detail::page_query<Q>(*names, b);
            if (!q) co_return detail::fill(b.out, q.error());
            const auto parents = detail::parents_of<T>(b);
            const std::span all{parents};
            auto pages = co_await load(b, all, *std::move(q));
            for (std::size_t i = 0; i < pages.size(); ++i)
                b.out[i] = pages[i] ? as_connection(b.context, *std::move(pages[i]))
                                    : value{failure::of(in_list_names(pages[i].error(), b.arguments))};
        });
    return *this;
}

template <class T>
object_type<T>& object_type<T>::compute(std::string name, std::string type, std::string doc, value (*f)(const T&))
{
    g_.add_field(name_, std::move(name), std::move(type), std::move(doc),
                 getter{[f](context&, const void* p, const input_map&) { return f(*static_cast<const T*>(p)); }});
    return *this;
}

template <class R, class A, class F>
query_root& query_root::field(std::string name, std::string doc, F load)
{
    auto arguments_taken = g_.arguments_of(roost::schema::type_of<A>);
    auto& f = g_.add_field("Query", std::move(name), g_.output_name(roost::schema::type_of<R>), std::move(doc),
                           resolver{[load = std::move(load), names = g_.names_for_input()](batch& b) -> task<> {
                               auto arguments = names->read<A>(b.arguments.all());
                               if (!arguments) co_return detail::fill(b.out, arguments.error());
                               auto made = co_await load(b.context, *std::move(arguments));
                               b.out.front() = detail::as_value(b.context, std::move(made));
                           }});
    f.arguments = std::move(arguments_taken);
    return *this;
}

template <class R, class A, class F>
query_root& query_root::list(std::string name, std::string doc, F load)
{
    auto arguments_taken = g_.arguments_of(roost::schema::type_of<A>);
    auto& f =
        g_.add_field("Query", std::move(name), "[" + g_.output_name(roost::schema::type_of<R>) + "!]", std::move(doc),
                     resolver{[load = std::move(load), names = g_.names_for_input()](batch& b) -> task<> {
                         auto arguments = names->read<A>(b.arguments.all());
                         if (!arguments) co_return detail::fill(b.out, arguments.error());
                         auto made = co_await load(b.context, *std::move(arguments));
                         b.out.front() = detail::as_value(b.context, std::move(made));
                     }});
    f.arguments = std::move(arguments_taken);
    f.size = {.arguments = {}, .sized = {}, .assumed = 20};
    return *this;
}

template <class Row, class Q, class F>
query_root& query_root::connection(std::string name, std::string doc, F load)
{
    detail::add_connection<Row, Q>(
        g_, "Query", std::move(name), std::move(doc),
        [load = std::move(load), names = g_.names_for_input()](batch& b) -> task<> {
            auto q = detail::page_query<Q>(*names, b);
            if (!q) co_return detail::fill(b.out, q.error());
            auto page = co_await load(b, *std::move(q));
            b.out.front() = page ? as_connection(b.context, *std::move(page))
                                 : value{failure::of(in_list_names(std::move(page.error()), b.arguments))};
        });
    return *this;
}

template <class R, class F>
subscription_root& subscription_root::field(std::string name, std::string doc, std::string topic, F load)
{
    g_.add_source(name, {std::move(topic), [load = std::move(load)](context& c, const uuid& thing) -> task<value> {
                             auto made = co_await load(c, thing);
                             co_return detail::as_value(c, std::move(made));
                         }});
    g_.add_field("Subscription", std::move(name), g_.output_name(roost::schema::type_of<R>), std::move(doc),
                 getter{[](context&, const void* p, const input_map&) { return *static_cast<const value*>(p); }});
    return *this;
}

template <class T>
auto ids_of(std::span<const T* const> parents)
{
    std::vector<decltype(T::id)> ids;
    ids.reserve(parents.size());
    for (const auto* p : parents) ids.push_back(p->id);
    return ids;
}

/// For what a service finds for many at once: gives each parent its rows, in their order, by the member that names it.
template <class Row, class T>
std::vector<result<std::vector<Row>>> dealt(std::span<const T* const> parents, std::vector<Row> rows,
                                            decltype(T::id) Row::* of)
{
    std::map<uuid, std::vector<Row>> piles;
    for (auto& row : rows) piles[(row.*of).value].push_back(std::move(row));
    std::vector<result<std::vector<Row>>> all;
    for (const auto* p : parents) all.emplace_back(piles[p->id.value]);
    return all;
}

}  // namespace roost::graphql
