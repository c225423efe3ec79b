#include "platform/http/cursor.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <bit>
#include <optional>

namespace roost::http {
namespace {

constexpr std::size_t check_size = 8;
constexpr std::size_t payload_size = 1 + sizeof(std::int64_t) + sizeof(uuid::bytes);
constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

using bytes = std::array<std::uint8_t, payload_size + check_size>;
static_assert(sizeof(bytes) % 3 == 0);  // base64url without padding or spare bits: one text for one cursor

void put_check(bytes& b, std::string_view list)
{
    std::string all{list};
    all.push_back('\0');
    all.append(b.begin(), b.begin() + payload_size);
    std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest;
    SHA256(reinterpret_cast<const std::uint8_t*>(all.data()), all.size(), digest.data());
    std::copy_n(digest.begin(), check_size, b.begin() + payload_size);
}

std::optional<bytes> from_base64(std::string_view text)
{
    bytes out;
    if (text.size() != out.size() / 3 * 4) return std::nullopt;
    for (std::size_t i = 0, o = 0; i < text.size(); i += 4, o += 3)
    {
        std::uint32_t group = 0;
        for (const char c : text.substr(i, 4))
        {
            const auto digit = alphabet.find(c);
            if (digit == alphabet.npos) return std::nullopt;
            group = group << 6 | static_cast<std::uint32_t>(digit);
        }
        for (int shift = 16; const auto at : {o, o + 1, o + 2})
        {
            out[at] = static_cast<std::uint8_t>(group >> shift);
            shift -= 8;
        }
    }
    return out;
}

}  // namespace

std::string encode(const cursor& c, std::string_view list)
{
    bytes b;
    b[0] = c.backwards;
    for (std::size_t i = 0; i < 8; ++i)
        b[1 + i] = static_cast<std::uint8_t>(std::bit_cast<std::uint64_t>(c.key) >> (56 - 8 * i));
    std::ranges::copy(c.id.bytes, b.begin() + 9);
    put_check(b, list);

    std::string out;
    for (std::size_t i = 0; i < b.size(); i += 3)
    {
        const auto group = static_cast<std::uint32_t>(b[i] << 16 | b[i + 1] << 8 | b[i + 2]);
        for (const int shift : {18, 12, 6, 0}) out.push_back(alphabet[group >> shift & 63]);
    }
    return out;
}

result<cursor> decode_cursor(std::string_view text, std::string_view list)
{
    const auto refused = invalid("cursor", "is not a cursor of this list", "format");
    std::optional<bool> backwards;
    if (text.starts_with('<') || text.starts_with('>'))
    {
        backwards = text.front() == '<';
        text.remove_prefix(1);
    }
    const auto b = from_base64(text);
    if (!b || (*b)[0] > 1) return refused;
    auto checked = *b;
    put_check(checked, list);
    if (checked != *b) return refused;

    cursor c;
    c.backwards = backwards.value_or((*b)[0] == 1);
    std::uint64_t key = 0;
    for (std::size_t i = 0; i < 8; ++i) key = key << 8 | (*b)[1 + i];
    c.key = std::bit_cast<std::int64_t>(key);
    std::copy_n(b->begin() + 9, c.id.bytes.size(), c.id.bytes.begin());
    return c;
}

result<instant> moment_of(const cursor& c)
{
    constexpr auto from = std::chrono::sys_days{std::chrono::year{1900} / 1 / 1};
    constexpr auto to = std::chrono::sys_days{std::chrono::year{3000} / 1 / 1};
    const instant moment{std::chrono::microseconds{c.key}};
    if (moment < from || moment >= to) return invalid("cursor", "is not a cursor of this list", "format");
    return moment;
}

}  // namespace roost::http
