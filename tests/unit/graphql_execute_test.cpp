#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <format>
#include <map>
#include <set>

#include "platform/graphql/execute.hpp"
#include "platform/graphql/parser.hpp"
#include "platform/graphql/sdl.hpp"
#include "platform/graphql/validation.hpp"
#include "platform/schema/json.hpp"
#include "unit/graphql_vectors.hpp"

namespace roost::graphql {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

/// What @wire says of a field (tests/data/graphql: how the reference was wired).
struct wire
{
    std::optional<std::string> error, value, type;
    std::optional<std::int64_t> len, error_at, null_at;
    bool null = false, echo = false;
};

using wires = std::map<std::pair<std::string, std::string>, wire>;

wires wires_of(const document& sdl)
{
    wires all;
    for (const auto& t : sdl.type_definitions())
        for (const auto& f : t.fields)
        {
            auto& w = all[{std::string{t.name}, std::string{f.name}}];
            for (const auto& d : f.directives)
                for (const auto& a : d.arguments)
                {
                    const std::string text{a.value.text};
                    if (a.name == "error") w.error = text;
                    if (a.name == "value") w.value = text;
                    if (a.name == "type") w.type = text;
                    if (a.name == "len") w.len = std::stoll(text);
                    if (a.name == "errorAt") w.error_at = std::stoll(text);
                    if (a.name == "nullAt") w.null_at = std::stoll(text);
                    if (a.name == "null") w.null = a.value.is_true();
                    if (a.name == "echo") w.echo = a.value.is_true();
                }
        }
    return all;
}

/// A resolver's raw result, from JSON.
value raw(const json::value& v, bool list)
{
    if (v.is_null()) return {};
    if (v.is_bool()) return v.get_bool();
    if (v.is_int64()) return v.get_int64();
    if (v.is_double()) return v.get_double();
    if (v.is_string()) return std::string{v.get_string()};
    if (!v.is_array() || !list) return raw_json{json::serialize(v)};
    value::list items;
    for (const auto& i : v.get_array()) items.push_back(raw(i, true));
    return items;
}

void write_input(std::string& out, const input& v)
{
    switch (v.kind)
    {
        case input_kind::null: out += "null"; return;
        case input_kind::boolean: out += v.boolean ? "true" : "false"; return;
        case input_kind::integer: out += std::to_string(v.integer); return;
        case input_kind::floating: out += std::format("{}", v.floating); return;
        case input_kind::text:
        case input_kind::enum_value: roost::schema::write_string(out, v.text); return;
        case input_kind::list:
            out.push_back('[');
            for (const auto& i : v.items)
            {
                if (&i != v.items.data()) out.push_back(',');
                write_input(out, i);
            }
            out.push_back(']');
            return;
        case input_kind::object:
            out.push_back('{');
            for (const auto& m : v.members)
            {
                if (&m != v.members.data()) out.push_back(',');
                roost::schema::write_string(out, m.name);
                out.push_back(':');
                write_input(out, m.value);
            }
            out.push_back('}');
            return;
    }
}

value leaf(const named_type& t)
{
    if (t.kind() == type_kind::enumeration) return t.values().front().name;
    if (t.name() == "Int") return 2;
    if (t.name() == "Float") return 3.14;
    if (t.name() == "Boolean") return true;
    return t.name() == "ID" ? "id" : "str";
}

value an_object(const schema& s, const named_type& t, const wire& w)
{
    if (!t.abstract()) return object{&t};
    std::vector<std::string> names;
    for (const auto* p : t.possible()) names.push_back(p->name());
    std::ranges::sort(names);
    const auto name = w.type.value_or(t.kind() == type_kind::union_type ? names.front() : names.back());
    const auto* type = s.type(name);
    if (!type) return failure{.message = "there is no type " + name};
    return object{type, type};
}

value make(const schema& s, type_ref t, const wire& w, bool outermost = true)
{
    if (t.list())
    {
        value::list items;
        for (std::int64_t i = 0, n = outermost ? w.len.value_or(2) : 2; i < n; ++i)
            if (outermost && w.error_at == i)
                items.emplace_back(failure{.message = std::format("wired error at {}", i)});
            else if (outermost && w.null_at == i)
                items.emplace_back();
            else
                items.push_back(make(s, t.item(), w, false));
        return items;
    }
    return t.named->leaf() ? leaf(*t.named) : an_object(s, *t.named, w);
}

value wired(const schema& s, const field& f, const wire& w, const input_map& arguments)
{
    if (w.error) return failure{.message = *w.error};
    if (w.null) return {};
    if (w.value) return raw(json::parse(*w.value), f.type.list());
    if (!w.echo) return make(s, f.type, w);
    std::string all;
    write_input(all, input::of(arguments.all()));
    return raw_json{std::move(all)};
}

/// Computed where it stands, or fetched for a whole level after giving way to others.
enum class manner
{
    at_once,
    fetched,
};

executable wire_up(const std::string& sdl, manner how)
{
    const auto s = build_schema(sdl).value();
    auto all = std::make_shared<wires>(wires_of(**parse(sdl)));
    return executable{s, [&](const named_type& t, const field& f) -> behaviour {
                          const wire w = (*all)[{t.name(), f.name}];
                          const auto* schema = s.get();
                          if (how == manner::at_once)
                              return getter{[schema, &f, w](context&, const void*, const input_map& a) {
                                  return wired(*schema, f, w, a);
                              }};
                          return resolver{[schema, &f, w](batch& b) -> task<> {
                              co_await asio::post(asio::use_awaitable);
                              for (auto& out : b.out) out = wired(*schema, f, w, b.arguments);
                          }};
                      }};
}

struct answer
{
    std::string phase;
    std::string text;
};

template <class T>
T wait_for(task<T> work)
{
    asio::io_context io;
    auto done = asio::co_spawn(io, std::move(work), asio::use_future);
    io.run();
    return done.get();
}

/// A whole request, as it goes over HTTP but for the limits.
answer ask(const executable& how, const std::string& query, const json::object& given, const std::string& operation)
{
    const auto d = parse(query).value();
    const auto* op = d->operation(operation);
    if (!op) return {"request", {}};
    arena memory;
    const auto variables = coerce_variables(how.schema(), *d, *op, given, memory);
    if (!variables) return {"request", {}};
    context c;
    std::string out = "{";
    const execution e{how, *d, *op, *variables, c};
    wait_for(execute(e, out));
    return {"execute", out + "}"};
}

/// A default value as the reference and we both may print it: `{a: 1}` is `{ a: 1 }`.
json::value without_blanks(const json::value& v)
{
    if (!v.is_string()) return v;
    std::string literal{v.get_string()};
    std::erase(literal, ' ');
    return json::value(literal);
}

/// The same value, members in the same order.
bool same(const json::value& a, const json::value& b)
{
    if (a.is_number() && b.is_number()) return a.to_number<double>() == b.to_number<double>();
    if (a.kind() != b.kind()) return false;
    if (a.is_array()) return std::ranges::equal(a.get_array(), b.get_array(), same);
    if (a.is_object())
        return std::ranges::equal(a.get_object(), b.get_object(), [](const auto& x, const auto& y) {
            const bool literal = x.key() == "defaultValue";
            return x.key() == y.key()
                   && same(literal ? without_blanks(x.value()) : x.value(),
                           literal ? without_blanks(y.value()) : y.value());
        });
    return a == b;
}

/// Places and paths of the errors, in no order.
std::multiset<std::string> errors_of(const json::object& answer)
{
    std::multiset<std::string> all;
    const auto* errors = answer.if_contains("errors");
    if (!errors) return all;
    for (const auto& e : errors->get_array())
    {
        const auto part = [&](std::string_view name) {
            const auto* v = e.get_object().if_contains(name);
            return v ? json::serialize(*v) : "none";
        };
        all.insert(part("locations") + " " + part("path"));
    }
    return all;
}

bool agrees(const answer& got, const json::object& expect)
{
    if (got.phase != text(expect, "phase")) return false;
    if (got.phase == "request") return true;
    const auto whole = json::parse(got.text).as_object();
    return same(whole.at("data"), expect.at("data")) && errors_of(whole) == errors_of(expect);
}

class execution_vectors : public testing::TestWithParam<manner>
{};

TEST_P(execution_vectors, agree_with_the_reference)
{
    const auto all = read_vectors("execution");
    const auto how = wire_up(text(all, "schema"), GetParam());
    int asked = 0;
    for (const auto& one : all.at("vectors").as_array())
    {
        const auto& v = one.as_object();
        const auto& expect = v.at("expect").as_object();
        const auto* given = v.if_contains("variables");
        const auto got =
            ask(how, text(v, "query"), given ? given->as_object() : json::object{}, text(v, "operationName"));
        bool good = agrees(got, expect);
        if (const auto* other = v.if_contains("differs"))  // releases of the reference disagree
            for (const auto& o : other->as_object())
                if (o.value().is_object()) good |= agrees(got, o.value().as_object());
        EXPECT_TRUE(good) << text(v, "name") << "\n"
                          << text(v, "query") << "\n got " << got.phase << " " << got.text << "\nwant "
                          << json::serialize(expect);
        ++asked;
    }
    EXPECT_GT(asked, 100);
}

INSTANTIATE_TEST_SUITE_P(graphql, execution_vectors, testing::Values(manner::at_once, manner::fetched));

TEST(graphql_execute, the_comparison_notices_a_wrong_answer)
{
    const json::object expect{{"phase", "execute"}, {"data", {{"a", 1}, {"b", 2}}}};
    EXPECT_TRUE(agrees({"execute", R"({"data":{"a":1,"b":2.0}})"}, expect));
    EXPECT_FALSE(agrees({"execute", R"({"data":{"b":2,"a":1}})"}, expect));
    EXPECT_FALSE(agrees({"execute", R"({"data":{"a":1,"b":2},"errors":[{"path":["a"]}]})"}, expect));
}

/// Counts how often a field is fetched, and for how many parents.
struct counted
{
    std::map<std::string, std::vector<std::size_t>> calls;
    int running = 0, most = 0;
};

executable counting(counted& count)
{
    const auto s =
        build_schema("type Query { all: [Item!]! } type Item { id: Int! below: [Item!]! other: Item self: Item! }")
            .value();
    return executable{s, [&count](const named_type&, const field& f) -> behaviour {
                          if (f.name == "id")
                              return getter{[](context&, const void*, const input_map&) { return value{7}; }};
                          return resolver{[&count, &f](batch& b) -> task<> {
                              count.calls[f.name].push_back(b.parents.size());
                              count.most = std::max(count.most, ++count.running);
                              co_await asio::post(asio::use_awaitable);
                              --count.running;
                              const value one = object{&f};
                              for (auto& out : b.out) out = f.type.list() ? value{value::list{one, one, one}} : one;
                          }};
                      }};
}

TEST(graphql_execute, a_field_is_fetched_once_for_all_its_parents)
{
    counted count;
    const auto how = counting(count);
    ask(how, "{ all { id below { id other { id } } } }", {}, {});
    EXPECT_EQ(count.calls["all"], std::vector<std::size_t>{1});
    EXPECT_EQ(count.calls["below"], std::vector<std::size_t>{3});
    EXPECT_EQ(count.calls["other"], std::vector<std::size_t>{9});
}

TEST(graphql_execute, independent_fields_are_fetched_beside_each_other)
{
    counted count;
    const auto how = counting(count);
    ask(how, "{ all { below { id } other { id } self { id } } }", {}, {});
    EXPECT_EQ(count.most, 3);
    ask(how, "{ all { below { id } } }", {}, {});
    EXPECT_EQ(count.calls["below"].size(), 2u);
}

TEST(graphql_execute, what_a_resolver_throws_is_an_error_of_its_field_without_its_words)
{
    const auto s = build_schema("type Query { good: Int bad: Int }").value();
    const executable how{s, [](const named_type&, const field& f) -> behaviour {
                             return resolver{[&f](batch& b) -> task<> {
                                 if (f.name == "bad") throw std::runtime_error("select secret");
                                 b.out.front() = 1;
                                 co_return;
                             }};
                         }};
    const auto got = ask(how, "{ good bad }", {}, {});
    EXPECT_FALSE(got.text.contains("secret"));
    const auto whole = json::parse(got.text).as_object();
    EXPECT_TRUE(same(whole.at("data"), json::parse(R"({"good":1,"bad":null})")));
    EXPECT_EQ(errors_of(whole), (std::multiset<std::string>{R"([{"line":1,"column":8}] ["bad"])"}));
}

/// Members in the order of their names. An empty description is as good as none: a schema of ours does not tell them
/// apart.
json::value in_order(const json::value& v)
{
    json::value out = v;
    if (v.is_array())
        for (auto& i : out.get_array()) i = in_order(i);
    if (v == "") return nullptr;
    if (!v.is_object()) return out;
    std::map<std::string, json::value> sorted;
    for (const auto& m : v.get_object()) sorted[std::string{m.key()}] = in_order(m.value());
    out.get_object().clear();
    for (auto& [name, member] : sorted) out.get_object().emplace(name, std::move(member));
    return out;
}

std::string introspection_query()
{
    std::ifstream file{std::string{ROOST_TEST_DATA} + "/graphql/introspection.graphql"};
    return {std::istreambuf_iterator<char>{file}, {}};
}

TEST(graphql_introspection, tells_what_the_reference_tells)
{
    const auto query = introspection_query();
    const auto all = read_vectors("introspection");
    for (const auto& one : all.at("vectors").as_array())
    {
        const auto& v = one.as_object();
        const executable how{build_schema(text(v, "query")).value(),
                             [](const named_type&, const field&) { return behaviour{}; }};
        const auto got = ask(how, query, {}, {});
        const auto whole = json::parse(got.text).as_object();
        EXPECT_TRUE(same(in_order(whole.at("data")), in_order(v.at("expect").as_object().at("data"))))
            << text(v, "name") << "\n got " << got.text << "\nwant " << json::serialize(v.at("expect"));
    }
}

}  // namespace
}  // namespace roost::graphql
