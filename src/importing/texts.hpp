#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roost::importing {

/// HTML as hosts wrote it → plain text: `<br>` and block ends are line ends, tags go (also one cut off at the end of
/// the text), entities are decoded, control characters go, at most one empty line in a row. "<3 rooms" is text.
std::string plain_text(std::string_view html);

/// ASCII in lower case, one space between words, ' for ’: for looking words up.
std::string plain_words(std::string_view raw);

/// "$1,234.50", "149", "1,250": an amount of a currency with that many decimals, in minor units, rounded half up.
/// Whatever stands before the number (a symbol that says nothing about the currency) is skipped.
std::optional<std::int64_t> read_price(std::string_view text, int exponent);

/// A list of strings, as a JSON array or as `{a,"b c"}`; nothing when it is neither.
std::optional<std::vector<std::string>> read_list(std::string_view text);

/// "2", "2.0".
std::optional<int> read_count(std::string_view text);
std::optional<double> read_number(std::string_view text);

/// "1.5 shared baths", "Half-bath", "Private half-bath".
std::optional<double> read_bathrooms(std::string_view text);

/// A title of 2023 and later tells what other columns may lack:
/// "Condo in Zürich · ★4.9 · 2 bedrooms · 3 beds · 1.5 baths".
struct described_title
{
    std::string title;       ///< "Condo in Zürich"
    bool generated = false;  ///< it has such parts, so no host wrote it
    std::optional<int> bedrooms, beds;
    std::optional<double> bathrooms;
};
described_title read_title(std::string_view text);

}  // namespace roost::importing
