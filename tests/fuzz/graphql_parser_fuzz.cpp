// The parser of GraphQL: refuses with a code and a place, or gives a document that can be printed and parsed as the
// same.
#include <string>
#include <string_view>

#include "core/utf8.hpp"
#include "fuzz/rich.hpp"
#include "platform/graphql/parser.hpp"
#include "platform/graphql/printer.hpp"
#include "platform/graphql/sdl.hpp"

using namespace roost;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    constexpr graphql::parse_limits limits{.tokens = 5'000, .nesting = 50};
    const std::string text{reinterpret_cast<const char*>(data), size};
    const auto parsed = graphql::parse(text, limits);
    if (!parsed)
    {
        const auto& e = parsed.error();
        require(!e.message.empty() && !e.code.empty() && is_utf8(e.message), "a refusal says why");
        return 0;
    }
    const auto& d = **parsed;
    require(d.source() == text && d.tokens() <= limits.tokens, "a document keeps its text");
    for (const auto& o : d.operations()) require(!o.selections.empty(), "a selection set is not empty");
    for (const auto& f : d.fragments()) require(d.fragment(f.name) != nullptr, "fragments are found by name");
    const auto printed = graphql::print_compact(d);
    const auto again = graphql::parse(printed, limits);
    require(again.has_value(), "what is printed can be parsed");
    require(graphql::print_compact(**again) == printed, "printing and parsing change nothing");
    const auto s = graphql::build_schema(text);
    if (!s) return 0;
    const auto sdl = graphql::print_schema(**s);
    const auto rebuilt = graphql::build_schema(sdl);
    require(rebuilt.has_value() && graphql::print_schema(**rebuilt) == sdl, "a printed schema is the same schema");
    return 0;
}
