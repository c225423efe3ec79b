// Values with a syntax of their own: what is accepted is written back to a form that means the same.
#include <string_view>

#include "core/dates.hpp"
#include "core/id.hpp"
#include "core/money.hpp"
#include "fuzz/rich.hpp"
#include "platform/schema/json.hpp"

using namespace roost;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto day = parse_date(text)) require(format(*day) == text, "a date has one form");
    if (const auto moment = parse_instant(text)) require(parse_instant(format(*moment)) == moment, "a moment is kept");
    if (const auto id = uuid::parse(text)) require(uuid::parse(id->text()) == id, "an id is kept");
    if (const auto unit = currency::parse(text)) require(unit->code() == text && unit->exponent() <= 4, "a currency");
    if (const auto zone = time_zone::parse(text)) require(!zone->name().empty(), "a zone has a name");
    std::string written;
    schema::write_string(written, text);
    require(written.size() >= 2 && written.front() == '"' && written.back() == '"', "a JSON string is quoted");
    for (const char c : written)
        require(static_cast<unsigned char>(c) >= 0x20, "a JSON string has no control characters");
    return 0;
}
