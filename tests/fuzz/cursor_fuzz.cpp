// Cursors: nothing but what `encode` made for the list is taken, and what is taken is what was encoded.
#include <cstring>
#include <string_view>

#include "fuzz/rich.hpp"
#include "platform/http/cursor.hpp"

using namespace roost;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto c = http::decode_cursor(text, "things by price"))
    {
        require(http::encode(*c, "things by price") == text, "a cursor has one form");
        require(!http::decode_cursor(text, "things by date"), "another list refuses it");
    }
    http::cursor made;
    made.backwards = size % 2;
    std::memcpy(&made.key, data, std::min(size, sizeof made.key));
    if (size > sizeof made.key)
        std::memcpy(made.id.bytes.data(), data + sizeof made.key, std::min<std::size_t>(size - sizeof made.key, 16));
    require(http::decode_cursor(http::encode(made, text), text) == made, "what is encoded is decoded");
    return 0;
}
