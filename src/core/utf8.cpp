#include "core/utf8.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace roost {
namespace {

/// The length of the well-formed sequence at the front, 0 when there is none (Unicode, table 3-7).
std::size_t sequence(const unsigned char* at, std::size_t left)
{
    const auto lead = at[0];
    if (lead < 0x80) return 1;
    const std::size_t length = lead >= 0xC2 && lead <= 0xDF ? 2 : lead >= 0xE0 && lead <= 0xEF ? 3 : 4;
    if (lead < 0xC2 || lead > 0xF4 || left < length) return 0;
    const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (at[1] < low || at[1] > high) return 0;
    for (std::size_t i = 2; i < length; ++i)
        if ((at[i] & 0xC0) != 0x80) return 0;
    return length;
}

}  // namespace

bool is_utf8(std::string_view text)
{
    const auto* at = reinterpret_cast<const unsigned char*>(text.data());
    for (auto left = text.size(); left > 0;)
    {
        if (std::uint64_t eight; left >= sizeof eight)
        {
            std::memcpy(&eight, at, sizeof eight);
            if ((eight & 0x8080808080808080) == 0)
            {
                at += sizeof eight;
                left -= sizeof eight;
                continue;
            }
        }
        const auto length = sequence(at, left);
        if (length == 0) return false;
        at += length;
        left -= length;
    }
    return true;
}

std::string_view utf8_prefix(std::string_view text, std::size_t characters)
{
    if (text.size() <= characters) return text;
    for (std::size_t at = 0; at < text.size(); ++at)
    {
        const bool begins_character = (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
        if (begins_character && characters-- == 0) return text.substr(0, at);
    }
    return text;
}

}  // namespace roost
