// The query string reader, and the list of wanted fields.
#include <string_view>

#include "fuzz/rich.hpp"
#include "platform/schema/json.hpp"
#include "platform/schema/text.hpp"

using namespace roost;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto pairs = schema::split_query(text))
        for (const auto& [name, value] : *pairs)
            require(name.size() + value.size() <= size, "decoding never lengthens");
    const auto value = schema::from_query<fuzz::rich_query>(text);
    if (!value)
        require(value.error().code == errc::malformed || !value.error().fields.empty(), "a refusal says why");
    else
    {
        require(value->limit >= 1 && value->limit <= 100, "numbers are within bounds");
        require(!value->q || schema::count_code_points(*value->q).value_or(0) >= 1, "texts are within bounds");
        require(value->paints.size() <= 4, "lists are within bounds");
    }
    if (const auto mask = schema::parse_field_mask(schema::type_of<fuzz::rich>, text))
        require(*mask >> fuzz::rich::fields.size() == 0 || *mask == schema::all_fields, "a mask names existing fields");
    return 0;
}
