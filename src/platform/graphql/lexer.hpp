#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "platform/graphql/arena.hpp"

namespace roost::graphql {

enum class token_kind : std::uint8_t
{
    end,  ///< of the text, and after an error
    bang,
    dollar,
    ampersand,
    paren_open,
    paren_close,
    spread,
    colon,
    equals,
    at,
    bracket_open,
    bracket_close,
    brace_open,
    pipe,
    brace_close,
    name,
    integer,
    floating,
    string,
    block_string,
};

/// As the specification writes it: "!", "Name", "<EOF>".
std::string_view name_of(token_kind kind);

struct token
{
    token_kind kind = token_kind::end;
    std::uint32_t at = 0, end = 0;
    std::string_view text = {};  ///< name and numbers: as written; strings: their value
};

/// Cuts a text, which must be UTF-8, into tokens. It skips what is ignored and allocates only for strings whose value
/// is not as they are written, in the arena. Tokens are views of the text and the arena.
class lexer
{
public:
    lexer(std::string_view text, arena& strings) : text_{text}, strings_{strings} {}

    /// After an error only `end`.
    token next();

    bool failed() const { return !error_.empty(); }
    const std::string& error() const { return error_; }
    std::uint32_t error_at() const { return error_at_; }

private:
    void skip_ignored();
    token punctuator(token_kind kind, std::uint32_t length);
    token dots();
    token name();
    token number();
    bool digits();
    token string();
    token escaped_string(std::uint32_t start);
    bool escape(char*& out);
    bool unicode_escape(char*& out);
    token block_string();
    std::string_view dedent(std::string_view raw);
    token fail(std::uint32_t at, std::string message);
    std::string shown(std::uint32_t at) const;
    char peek(std::uint32_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

    std::string_view text_;
    arena& strings_;
    std::uint32_t at_ = 0;
    std::string error_;
    std::uint32_t error_at_ = 0;
};

}  // namespace roost::graphql
