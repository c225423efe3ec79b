#pragma once
#include <string>
#include <string_view>

/// Pages of plain HTML, and texts that are safe in them.
namespace roost::text {

/// What somebody may have written, as one line for other people's eyes: no control characters, no characters that turn
/// the direction of what follows, spaces single, of bounded length.
std::string harmless(std::string_view text);

/// & < > " ' as entities.
std::string escape_html(std::string_view text);

/// Harmless and escaped, and in an element of its own, so that letters that run from right to left stay within it.
std::string isolated(std::string_view text);

/// A whole document of which `body` is the main part, already HTML; `more_style` is added to the common style.
std::string document(std::string_view language, std::string_view title, std::string_view body,
                     std::string_view more_style = {});

}  // namespace roost::text
