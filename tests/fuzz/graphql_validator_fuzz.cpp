// What happens to a request before it is executed: shape, validation, variables, cost. Whatever is valid can be coerced
// and has a cost; a document that is printed is as valid as it was.
#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "fuzz/rich.hpp"
#include "platform/graphql/coercion.hpp"
#include "platform/graphql/limits.hpp"
#include "platform/graphql/parser.hpp"
#include "platform/graphql/printer.hpp"
#include "platform/graphql/sdl.hpp"
#include "platform/graphql/validation.hpp"

using namespace roost;
using fuzz::require;

namespace {

const graphql::schema& test_schema()
{
    static const auto made = *graphql::build_schema(R"(
        directive @tag(name: String!) repeatable on FIELD | QUERY | FRAGMENT_SPREAD | INLINE_FRAGMENT | FRAGMENT_DEFINITION
        scalar Any
        enum E { A B }
        interface N { id: ID! n: N }
        type T implements N { id: ID! n: T a(i: Int! = 1, e: E, p: P): [T!] u: U s: String l: [[Int]] }
        type V implements N { id: ID! n: N a: String s(i: Int): Int! }
        union U = T | V
        input P { x: Int! y: [P!] e: E = A any: Any }
        input O @oneOf { a: Int b: P }
        type Query { t(p: P, o: O): T n(id: ID!): N u: [U!]! any(any: Any): Any }
        type Mutation { m(o: O!): T }
        type Subscription { s: T r: Int }
    )");
    return *made;
}

std::vector<std::string_view> rules(const std::vector<graphql::error>& errors)
{
    std::vector<std::string_view> out;
    for (const auto& e : errors) out.push_back(e.rule);
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto parsed = graphql::parse({reinterpret_cast<const char*>(data), size}, {.tokens = 2'000, .nesting = 50});
    if (!parsed) return 0;
    const auto& d = **parsed;
    const graphql::query_limits limits;
    if (const auto e = graphql::check_shape(d, limits))
        require(!e->code.empty() && !e->locations.empty(), "a limit has a code");

    const auto errors = graphql::validate(test_schema(), d);
    require(errors.size() <= 20, "no more errors are told than wanted");
    for (const auto& e : errors)
        require(e.code == graphql::code::too_intricate || (!e.rule.empty() && !e.locations.empty()),
                "an error has rule and place");
    const auto again = graphql::parse(graphql::print_compact(d));
    require(again && rules(graphql::validate(test_schema(), **again)) == rules(errors), "printing changes no validity");
    if (!errors.empty()) return 0;

    require(d.type_definitions().empty(), "what is valid is executable");
    for (const auto& o : d.operations())
    {
        graphql::arena memory;
        const boost::json::object nothing;
        const auto variables = graphql::coerce_variables(test_schema(), d, o, nothing, memory);
        if (!variables)
        {
            require(!variables.error().empty(), "refused variables are told");
            continue;
        }
        graphql::cost_of(test_schema(), d, o, *variables);
        const auto* root = test_schema().root(o.kind);
        for (const auto& s : o.selections)
        {
            if (s.kind != graphql::ast::selection_kind::field) continue;
            const auto* f = test_schema().find_field(*root, s.name);
            require(f != nullptr, "a valid field is there");
            (void)graphql::coerce_arguments(d, f->arguments, s.arguments, s.at, *variables, memory);
        }
    }
    return 0;
}
