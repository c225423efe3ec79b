#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/graphql/arena.hpp"
#include "platform/graphql/error.hpp"

namespace roost::graphql {

/// The lists and non-nulls around a named type, from the outermost in: `[Int!]!` is non-null, list, non-null.
class wrapping
{
public:
    /// How many may be around one type; the parser refuses more.
    static constexpr int most = 32;

    constexpr bool bare() const { return bits_ == 0; }
    constexpr bool non_null() const { return (bits_ & 3) == one_non_null; }
    constexpr bool list() const { return (nullable().bits_ & 3) == one_list; }
    /// Without the outermost non-null, if there is one.
    constexpr wrapping nullable() const { return non_null() ? wrapping{bits_ >> 2} : *this; }
    /// What is in the list. Only where `list()`.
    constexpr wrapping item() const { return wrapping{nullable().bits_ >> 2}; }
    constexpr wrapping in_list() const { return wrapping{bits_ << 2 | one_list}; }
    constexpr wrapping required() const { return wrapping{bits_ << 2 | one_non_null}; }
    constexpr bool full() const { return bits_ >> 62 != 0; }

    constexpr bool operator==(const wrapping&) const = default;
    constexpr wrapping() = default;

private:
    static constexpr std::uint64_t one_non_null = 1, one_list = 2;
    constexpr explicit wrapping(std::uint64_t bits) : bits_{bits} {}

    std::uint64_t bits_ = 0;  // two for each, the outermost lowest
};

/// `Int!` for ("Int", non-null).
std::string type_text(std::string_view name, wrapping around);

enum class operation_kind : std::uint8_t
{
    query,
    mutation,
    subscription,
};

std::string_view name_of(operation_kind kind);

/// The nodes of a document. All are immutable, made in the document's arena, and views of its text; `at` is where a
/// node begins, as an offset into `document::source()`.
namespace ast {

enum class value_kind : std::uint8_t
{
    variable,
    integer,
    floating,
    string,
    boolean,
    null,
    enumeration,
    list,
    object,
};

struct member;

struct value
{
    value_kind kind = value_kind::null;
    bool block = false;  ///< a string written in """
    std::uint32_t at = 0;
    std::string_view text =
        {};  ///< variable: its name; integer, floating, boolean, enumeration: as written; string: decoded
    std::span<const value> items = {};     ///< list
    std::span<const member> members = {};  ///< object

    bool is_true() const { return text.size() == 4; }  ///< boolean
};

struct member
{
    std::uint32_t at = 0;
    std::string_view name = {};
    ast::value value = {};
};

struct argument
{
    std::uint32_t at = 0;
    std::string_view name = {};
    ast::value value = {};
};

struct directive
{
    std::uint32_t at = 0;
    std::string_view name = {};
    std::span<const argument> arguments = {};
};

/// A type as it is written in a document, `[Int!]!`.
struct type
{
    std::uint32_t at = 0, name_at = 0;
    std::string_view name = {};
    wrapping around = {};
};

struct name
{
    std::uint32_t at = 0;
    std::string_view text = {};
};

enum class selection_kind : std::uint8_t
{
    field,
    spread,           ///< `...Name`
    inline_fragment,  ///< `... on Type {`, `... {`
};

struct selection
{
    selection_kind kind = selection_kind::field;
    std::uint32_t at = 0, name_at = 0, selections_at = 0;
    std::string_view alias = {};  ///< field: empty when it has none
    std::string_view name = {};   ///< field, spread: its name; inline fragment: the type it is on, or empty
    std::span<const argument> arguments = {};
    std::span<const directive> directives = {};
    std::span<const selection> selections = {};  ///< empty when there is no `{`: an empty `{}` is no syntax

    std::string_view response_name() const { return alias.empty() ? name : alias; }
};

struct variable
{
    std::uint32_t at = 0, name_at = 0;
    const value* description = nullptr;
    std::string_view name = {};
    ast::type type = {};
    const value* default_value = nullptr;
    std::span<const directive> directives = {};
};

struct operation
{
    operation_kind kind = operation_kind::query;
    std::uint32_t at = 0, name_at = 0, selections_at = 0;
    const value* description = nullptr;
    std::string_view name = {};  ///< empty when it has none
    std::span<const variable> variables = {};
    std::span<const directive> directives = {};
    std::span<const selection> selections = {};
    std::uint32_t end = 0;  ///< just behind its last token
};

struct fragment
{
    std::uint32_t at = 0, name_at = 0, selections_at = 0;
    const value* description = nullptr;
    std::string_view name = {};
    ast::name on = {};
    std::span<const directive> directives = {};
    std::span<const selection> selections = {};
    std::uint32_t end = 0;  ///< just behind its last token
};

// The type system, from SDL.

struct input_value
{
    std::uint32_t at = 0, name_at = 0;
    const value* description = nullptr;
    std::string_view name = {};
    ast::type type = {};
    const value* default_value = nullptr;
    std::span<const directive> directives = {};
};

struct field
{
    std::uint32_t at = 0, name_at = 0;
    const value* description = nullptr;
    std::string_view name = {};
    std::span<const input_value> arguments = {};
    ast::type type = {};
    std::span<const directive> directives = {};
};

struct enum_value
{
    std::uint32_t at = 0, name_at = 0;
    const value* description = nullptr;
    std::string_view name = {};
    std::span<const directive> directives = {};
};

struct root_type
{
    operation_kind kind = operation_kind::query;
    std::uint32_t at = 0;
    ast::name type = {};
};

enum class definition_kind : std::uint8_t
{
    operation,
    fragment,
    schema,
    scalar,
    object,
    interface,
    union_type,
    enumeration,
    input_object,
    directive,
};

/// A definition, or an extension, of a schema, a type or a directive.
struct type_definition
{
    definition_kind kind = definition_kind::scalar;
    bool extension = false;
    bool repeatable = false;  ///< directive
    std::uint32_t at = 0, name_at = 0;
    const value* description = nullptr;
    std::string_view name = {};
    std::span<const directive> directives = {};
    std::span<const ast::name> interfaces = {};  ///< object, interface
    std::span<const field> fields = {};          ///< object, interface
    std::span<const ast::name> members = {};     ///< union: types; directive: locations
    std::span<const enum_value> values = {};     ///< enumeration
    std::span<const input_value> inputs = {};    ///< input object: fields; directive: arguments
    std::span<const root_type> root_types = {};  ///< schema
};

/// One definition in the order of the text: an index into the list of its kind.
struct definition
{
    definition_kind kind = definition_kind::operation;
    std::uint32_t index = 0, at = 0;
};

}  // namespace ast

/// A parsed document: immutable, and shared by whoever works with it. It keeps its text, of which its nodes are views.
class document
{
public:
    std::string_view source() const { return source_; }
    std::span<const ast::definition> definitions() const { return definitions_; }
    std::span<const ast::operation> operations() const { return operations_; }
    std::span<const ast::fragment> fragments() const { return fragments_; }
    std::span<const ast::type_definition> type_definitions() const { return type_definitions_; }

    /// The fragment of that name, or nullptr; of several, which no valid document has, the last. Takes constant time.
    const ast::fragment* fragment(std::string_view name) const;

    /// The operation a request asks for: the one of that name, or the only one when `name` is empty; otherwise nullptr.
    const ast::operation* operation(std::string_view name) const;

    /// Line and column of an offset. Takes time linear in the text: for errors.
    location locate(std::uint32_t at) const;

    std::size_t tokens() const { return tokens_; }
    /// About how much memory it keeps.
    std::size_t bytes() const { return sizeof *this + source_.capacity() + arena_.bytes(); }

    document(const document&) = delete;
    document& operator=(const document&) = delete;

private:
    friend class parser;
    document(std::string source, std::size_t arena_size) : source_{std::move(source)}, arena_{arena_size} {}
    void index_fragments();

    std::string source_;
    arena arena_;
    std::span<const ast::definition> definitions_;
    std::span<const ast::operation> operations_;
    std::span<const ast::fragment> fragments_;
    std::span<const ast::type_definition> type_definitions_;
    std::span<std::uint32_t> fragment_slots_;  // an open hash table of indices counted from 1
    std::size_t tokens_ = 0;
};

using document_ptr = std::shared_ptr<const document>;

/// Line and column of an offset into a text.
location locate(std::string_view source, std::uint32_t at);

}  // namespace roost::graphql
