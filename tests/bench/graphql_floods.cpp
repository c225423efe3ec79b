// What documents made to keep a server busy cost it before they are refused: processor time and memory of parsing,
// limits, validation and counting costs, the worst of several runs. Last stand documents that people do send.
//
//     graphql_floods [RUNS]
#include <sys/resource.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <cstdlib>
#include <ctime>
#include <format>
#include <print>
#include <string>
#include <vector>

#include "platform/graphql/coercion.hpp"
#include "platform/graphql/limits.hpp"
#include "platform/graphql/parser.hpp"
#include "platform/graphql/sdl.hpp"
#include "platform/graphql/validation.hpp"

using namespace roost::graphql;

namespace {

constexpr std::size_t token_limit = 2'000;

std::string repeated(std::string_view part, std::size_t times)
{
    std::string out;
    out.reserve(part.size() * times);
    for (std::size_t i = 0; i < times; ++i) out += part;
    return out;
}

std::string numbered(std::size_t times, auto&& part)
{
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += part(i);
    return out;
}

schema_ptr test_schema()
{
    auto described = *describe(**parse(R"(
        enum Currency { EUR USD }
        input Filter { min: Int max: Int text: String all: [Filter!] }
        interface Node { id: ID! }
        type Property implements Node { id: ID! title: String! price(currency: Currency = EUR): Int host: Person
            reviews(first: Int = 20): [Review!]! near(first: Int = 20, filter: Filter): [Property!]! }
        type Person implements Node { id: ID! name: String! properties(first: Int = 20): [Property!]! }
        type Review implements Node { id: ID! rating: Int! author: Person property: Property }
        type Query { node(id: ID!): Node property(id: ID!): Property properties(first: Int = 20, filter: Filter): [Property!]! }
        type Mutation { login(name: String!, password: String!): Person }
    )"));
    for (auto& t : described.types)
        for (auto& f : t.fields)
            if (std::ranges::contains(f.arguments, "first", &definition::input_value::name))
                f.size.arguments = {"first"};
    return *schema::build(described);
}

struct flood
{
    std::string_view name;
    std::string text;
};

std::vector<flood> floods()
{
    constexpr std::size_t megabyte = 1 << 20;
    const auto fragments = [](std::size_t n, std::string_view body) {
        return numbered(n, [&](std::size_t i) { return std::format("fragment F{} on Property {{ {} }} ", i, body); });
    };
    return {
        {"1 MB of fields", '{' + repeated("property ", megabyte / 9) + '}'},
        {"1 MB of remarks", repeated("# nothing\n", megabyte / 10) + "{ __typename }"},
        {"1 MB of commas", repeated(",", megabyte) + "{ __typename }"},
        {"1 MB string", "{ node(id: \"" + repeated("a", megabyte) + "\") { id } }"},
        {"1 MB block string", "{ node(id: \"\"\"" + repeated(" a\n", megabyte / 3) + "\"\"\") { id } }"},
        {"1 MB name", "{ " + repeated("a", megabyte) + " }"},
        {"1 MB of brackets", repeated("{a", megabyte / 2)},
        {"1 MB of lists", "{ node(id: " + repeated("[", megabyte)},
        {"1 MB, unterminated string", "{ node(id: \"" + repeated("\\n", megabyte / 2)},
        {"aliases", '{' + numbered(600, [](std::size_t i) { return std::format("a{}: __typename ", i); }) + '}'},
        {"logins", "mutation {"
                       + numbered(100,
                                  [](std::size_t i) {
                                      return std::format("a{}: login(name: \"a\", password: \"{}\") {{ id }} ", i, i);
                                  })
                       + '}'},
        {"depth", "{ property(id: 1) " + repeated("{ host { properties ", 90) + "{ id }" + repeated("} }", 90) + '}'},
        {"directives", "{ __typename " + repeated("@skip(if: true) ", 300) + '}'},
        {"unknown directives", "{ __typename " + repeated("@x ", 900) + '}'},
        {"one field, again and again", "{ property(id: 1) {" + repeated("title ", 1'900) + "} }"},
        {"fields with arguments, again and again",
         "{ property(id: 1) {" + repeated("price(currency: EUR) ", 300) + "} }"},
        {"selections, again and again", "{ property(id: 1) {" + repeated("host { name } ", 400) + "} }"},
        {"nested selections, doubled",
         [] {
             std::string body = "id";
             for (int i = 0; i < 7; ++i)
                 body = "host { properties { " + body + " } } host { properties { " + body + " } }";
             return "{ property(id: 1) { " + body + " } }";
         }()},
        {"unknown fields",
         "{ property(id: 1) {" + numbered(900, [](std::size_t i) { return std::format("titel{} ", i); }) + "} }"},
        {"fragments that double",
         "{ property(id: 1) { ...F0 } } "
             + numbered(80,
                        [](std::size_t i) {
                            return std::format(
                                "fragment F{} on Property {{ near {{ ...F{} }} host {{ properties {{ ...F{} }} }} }} ",
                                i, i + 1, i + 1);
                        })
             + "fragment F80 on Property { id }"},
        {"a fragment spread everywhere",
         "{ property(id: 1) {" + repeated("...F0 ", 800) + "} } " + fragments(1, "title host { name }")},
        {"fragments beside each other", "{ property(id: 1) {"
                                            + numbered(120, [](std::size_t i) { return std::format("...F{} ", i); })
                                            + "} } " + fragments(120, "id title host { name }")},
        {"a circle of fragments", "{ property(id: 1) { ...F0 } } "
                                      + numbered(150,
                                                 [](std::size_t i) {
                                                     return std::format("fragment F{} on Property {{ ...F{} ...F{} }} ",
                                                                        i, (i + 1) % 150, (i + 7) % 150);
                                                 })},
        {"fragments that spread each other",
         "{ property(id: 1) { ...F0 } } "
             + numbered(25,
                        [](std::size_t i) {
                            return std::format("fragment F{} on Property {{ id {} }} ", i,
                                               numbered(25, [](std::size_t j) { return std::format("...F{} ", j); }));
                        })},
        {"operations over one fragment",
         numbered(120,
                  [](std::size_t i) { return std::format("query Q{}($v: Int) {{ property(id: 1) {{ ...F0 }} }} ", i); })
             + fragments(1, repeated("near(first: $v) { id } ", 40))},
        {"variables",
         "query(" + numbered(250, [](std::size_t i) { return std::format("$v{}: Int ", i); }) + ") { property(id: 1) { "
             + numbered(90, [](std::size_t i) { return std::format("a{}: near(first: $v{}) {{ id }} ", i, i); })
             + "} }"},
        {"an input of a thousand fields", "{ properties(filter: {" + repeated("min: 1 ", 600) + "}) { id } }"},
        {"deep inputs", "{ properties(filter: " + repeated("{all: ", 190) + "{}" + repeated("}", 190) + ") { id } }"},
        {"first: 99999999",
         "{ properties(first: 99999999) { reviews(first: 99999999) { author { properties(first: 99999999) { id } } } } }"},
        {"introspection in circles",
         "{ __schema { types " + repeated("{ fields { type ", 60) + "{ name }" + repeated("} }", 60) + "} }"},
        {"what a page asks for",
         "query Page($first: Int = 20, $filter: Filter) { properties(first: $first, filter: $filter) { id title price(currency: USD) "
         "host { ...Who } reviews(first: 3) { rating author { ...Who } } } } fragment Who on Person { id name }"},
        {"one object", "{ property(id: 1) { id title host { name } } }"},
    };
}

double processor_ms()
{
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

/// The code it is refused with, or "cost" and what it costs.
std::string judge(const schema& s, std::string text)
{
    const auto d = parse(std::move(text), {.tokens = token_limit});
    if (!d) return std::string{d.error().code};
    const query_limits limits;
    if (const auto e = check_shape(**d, limits)) return std::string{e->code};
    if (const auto errors = validate(s, **d); !errors.empty())
        return std::format("{} {}", errors[0].code, errors[0].rule);
    arena memory;
    const boost::json::object nothing;
    const auto& o = (*d)->operations()[0];
    const auto variables = coerce_variables(s, **d, o, nothing, memory);
    if (!variables) return std::string{variables.error()[0].code};
    if (const auto e = check_cost(s, **d, o, *variables, limits)) return std::string{e->code};
    return std::format("cost {}", cost_of(s, **d, o, *variables).objects);
}

/// The same without the limits of shape, so that the rules of validation see the document.
std::string judge_by_rules(const schema& s, std::string text)
{
    const auto d = parse(std::move(text), {.tokens = token_limit});
    if (!d) return std::string{d.error().code};
    const auto errors = validate(s, **d);
    return errors.empty() ? "valid" : std::format("{} {}", errors[0].code, errors[0].rule);
}

}  // namespace

int main(int argc, char** argv)
{
    const int runs = argc > 1 ? std::atoi(argv[1]) : 20;
    const auto s = test_schema();
    const auto worst = [&](const std::string& text, auto&& how, std::string& verdict) {
        double most = 0;
        for (int i = 0; i < runs; ++i)
        {
            auto copy = text;
            const auto began = processor_ms();
            verdict = how(*s, std::move(copy));
            most = std::max(most, processor_ms() - began);
        }
        return most;
    };
    std::println("{:40} {:>8} {:>9}  {:36} {:>9}  {}", "document", "bytes", "ms", "verdict", "rules ms",
                 "by the rules alone");
    for (const auto& f : floods())
    {
        std::string verdict, by_rules;
        const auto all = worst(f.text, judge, verdict);
        const auto rules = worst(f.text, judge_by_rules, by_rules);
        std::println("{:40} {:8} {:9.3f}  {:36} {:9.3f}  {}", f.name, f.text.size(), all, verdict, rules, by_rules);
    }
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    std::println("most memory: {} MB", used.ru_maxrss / 1024);
}
