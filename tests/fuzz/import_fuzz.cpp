#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/utf8.hpp"
#include "importing/texts.hpp"
#include "importing/vocabulary.hpp"

/// Whatever a host wrote: texts come out as well-formed UTF-8, never longer than they were.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace roost::importing;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (!roost::is_utf8(text)) return 0;  // the reader of rows lets nothing else through
    const auto plain = plain_text(text);
    if (!roost::is_utf8(plain) || plain.size() > text.size()) std::abort();
    if (!roost::is_utf8(plain_words(text))) std::abort();
    if (const auto price = read_price(text, 2); price && *price < 0) std::abort();
    if (const auto items = read_list(text))
        for (const auto& item : *items)
            if (!roost::is_utf8(item)) std::abort();
    if (!roost::is_utf8(read_title(text).title)) std::abort();
    read_bathrooms(text);
    amenity_code(text);
    read_property_type(text);
    return 0;
}
