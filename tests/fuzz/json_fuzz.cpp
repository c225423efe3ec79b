// The JSON reader: refuses with named faults, or reads what the writer writes back to the same text.
#include <string_view>

#include "fuzz/rich.hpp"
#include "platform/schema/json.hpp"
#include "platform/schema/text.hpp"

using namespace roost;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto value = schema::from_json<fuzz::rich>(text);
    if (!value)
    {
        const auto& e = value.error();
        require(e.code == errc::malformed || (e.code == errc::invalid_input && !e.fields.empty()),
                "a refusal says why");
        for (const auto& f : e.fields)
            require(schema::count_code_points(f.pointer).has_value() && (f.pointer.empty() || f.pointer.front() == '/'),
                    "a fault has a JSON pointer");
        return 0;
    }
    require(value->small >= -5 && value->small <= 100, "numbers are within bounds");
    require(schema::count_code_points(value->text).value_or(1000) <= 200, "texts are within bounds");
    require(value->price.minor() > 0, "money is within bounds");
    require(value->leaves.size() <= 4 && value->paints.size() <= 3, "lists are within bounds");
    const auto written = schema::to_json(*value);
    const auto again = schema::from_json<fuzz::rich>(written);
    require(again.has_value(), "what is written can be read");
    require(schema::to_json(*again) == written, "writing and reading change nothing");
    return 0;
}
