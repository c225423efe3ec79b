// The lexer of GraphQL: its tokens follow each other within the text, and lexing what a token is written as gives it
// again.
#include <string_view>

#include "core/utf8.hpp"
#include "fuzz/rich.hpp"
#include "platform/graphql/lexer.hpp"

using namespace roost;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (!is_utf8(text)) return 0;
    graphql::arena strings;
    graphql::lexer lexer{text, strings};
    std::uint32_t end = 0;
    for (;;)
    {
        const auto t = lexer.next();
        if (lexer.failed()) break;
        require(t.at >= end && t.end >= t.at && t.end <= size, "tokens follow each other");
        require(is_utf8(t.text), "a token's value is UTF-8");
        end = t.end;
        if (t.kind == graphql::token_kind::end) return 0;
        require(t.end > t.at, "a token is not empty");
        graphql::lexer again{text.substr(t.at, t.end - t.at), strings};
        const auto same = again.next();
        require(same.kind == t.kind && same.text == t.text, "a token by itself is the same token");
    }
    require(!lexer.error().empty() && lexer.error_at() <= size, "an error has a place in the text");
    require(is_utf8(lexer.error()), "a message is UTF-8");
    require(lexer.next().kind == graphql::token_kind::end && lexer.failed(), "an error ends the tokens");
    return 0;
}
