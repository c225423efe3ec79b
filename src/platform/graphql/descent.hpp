#pragma once
#include <format>
#include <tuple>
#include <utility>
#include <vector>

#include "platform/graphql/lexer.hpp"
#include "platform/graphql/parser.hpp"

namespace roost::graphql {

/// Recursive descent with one token in hand. The first error sticks: from then on the token in hand is the end, which
/// ends every loop, and what is returned means nothing.
class parser
{
public:
    parser(std::string_view text, arena& nodes, const parse_limits& limits)
        : text_{text}, arena_{nodes}, lexer_{text, nodes}, limits_{limits}
    {
        advance();
    }

    static std::expected<document_ptr, error> run(std::string source, const parse_limits& limits);

    ast::value whole_value()
    {
        auto value = parse_value(true);
        expect(token_kind::end);
        return value;
    }
    ast::type whole_type()
    {
        auto type = parse_type();
        expect(token_kind::end);
        return type;
    }

    bool failed() const { return !message_.empty(); }
    error failure() const { return {.message = message_, .code = code_, .locations = {locate(text_, error_at_)}}; }

private:
    void fill(document& d);

    // Tokens.
    void advance();
    bool at(token_kind kind) const { return token_.kind == kind; }
    bool at_string() const { return at(token_kind::string) || at(token_kind::block_string); }
    bool at_keyword(std::string_view word) const { return at(token_kind::name) && token_.text == word; }
    bool take(token_kind kind);
    bool take_keyword(std::string_view word);
    void expect(token_kind kind);
    void expect_keyword(std::string_view word);
    std::string_view take_name();
    void fail(std::uint32_t at, std::string message, std::string_view code = code::syntax);
    void unexpected(const token& t);
    void unexpected() { unexpected(token_); }
    std::string shown(const token& t) const;

    // Lists. Items are gathered on a stack of their type and copied to the arena when the list ends.
    template <class T, class Item>
    std::span<const T> gather(Item&& item, auto&& more)
    {
        const auto from = stack<T>().size();
        while (!failed() && more())
        {
            T value = item();
            stack<T>().push_back(value);
        }
        const auto items = arena_.copy(std::span<const T>{stack<T>()}.subspan(from));
        stack<T>().resize(from);
        return items;
    }
    /// Any number of items, then `close`.
    template <class T, class Item>
    std::span<const T> until(token_kind close, Item&& item)
    {
        return gather<T>(item, [&] { return !take(close); });
    }
    /// Nothing, or one item or more between `open` and `close`.
    template <class T, class Item>
    std::span<const T> optional_list(token_kind open, token_kind close, Item&& item)
    {
        if (!take(open)) return {};
        if (at(close)) unexpected();
        return until<T>(close, item);
    }
    template <class T, class Item>
    std::span<const T> delimited(token_kind delimiter, Item&& item)
    {
        take(delimiter);
        bool first = true;
        return gather<T>(item, [&] { return std::exchange(first, false) || take(delimiter); });
    }
    template <class T>
    std::vector<T>& stack()
    {
        return std::get<std::vector<T>>(stacks_);
    }

    // Values and types.
    ast::value parse_value(bool constant);
    ast::value parse_keyword_value();
    ast::value parse_variable(bool constant);
    ast::value take_token_value(ast::value_kind kind);
    ast::type parse_type();
    ast::name parse_named();
    std::span<const ast::argument> parse_arguments(bool constant);
    std::span<const ast::directive> parse_directives(bool constant);
    const ast::value* parse_description();

    // Executable definitions.
    void parse_definition();
    void parse_keyword_definition();
    operation_kind parse_operation_kind();
    ast::operation parse_operation();
    ast::variable parse_variable_definition();
    std::span<const ast::selection> parse_selections();
    ast::selection parse_selection();
    ast::selection parse_spread();
    ast::fragment parse_fragment();
    std::string_view parse_fragment_name();

    // Type definitions.
    ast::type_definition parse_type_definition(ast::definition_kind kind, bool extension = false);
    void parse_type_body(ast::type_definition& type);
    void parse_directive_definition(ast::type_definition& directive);
    void parse_extension();
    static bool adds_something(const ast::type_definition& extension);
    ast::root_type parse_root_type();
    ast::field parse_field_definition();
    ast::enum_value parse_enum_value();
    ast::input_value parse_input_value();
    ast::name parse_directive_location();

    template <class T>
    void keep(ast::definition_kind kind, const T& definition)
    {
        stack<ast::definition>().push_back(
            {.kind = kind, .index = static_cast<std::uint32_t>(stack<T>().size()), .at = definition.at});
        stack<T>().push_back(definition);
    }

    /// One level of brackets, for as long as it lives.
    struct level
    {
        explicit level(parser& p) : p_{p}
        {
            if (++p_.nesting_ > p_.limits_.nesting)
                p_.fail(p_.token_.at, std::format("brackets are nested more than {} deep", p_.limits_.nesting),
                        code::too_nested);
        }
        ~level() { --p_.nesting_; }
        level(const level&) = delete;
        level& operator=(const level&) = delete;
        parser& p_;
    };

    std::string_view text_;
    arena& arena_;
    lexer lexer_;
    const parse_limits& limits_;
    token token_, last_;
    std::size_t tokens_ = 0, nesting_ = 0;
    std::string message_;
    std::string_view code_;
    std::uint32_t error_at_ = 0;
    std::tuple<std::vector<ast::value>, std::vector<ast::member>, std::vector<ast::argument>,
               std::vector<ast::directive>, std::vector<ast::selection>, std::vector<ast::variable>,
               std::vector<ast::operation>, std::vector<ast::fragment>, std::vector<ast::type_definition>,
               std::vector<ast::definition>, std::vector<ast::name>, std::vector<ast::field>,
               std::vector<ast::input_value>, std::vector<ast::enum_value>, std::vector<ast::root_type>>
        stacks_;
};

}  // namespace roost::graphql
