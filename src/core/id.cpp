#include "core/id.hpp"

#include <sys/random.h>

#include <chrono>
#include <stdexcept>

namespace roost {
namespace {

constexpr char hex[] = "0123456789abcdef";

int nibble(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool hyphen_at(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

}  // namespace

std::string uuid::text() const
{
    std::string out;
    out.reserve(36);
    for (const auto b : bytes)
    {
        if (hyphen_at(out.size())) out.push_back('-');
        out.push_back(hex[b >> 4]);
        out.push_back(hex[b & 15]);
    }
    return out;
}

std::optional<uuid> uuid::parse(std::string_view text)
{
    if (text.size() != 36) return std::nullopt;
    uuid u;
    std::size_t byte = 0;
    for (std::size_t i = 0; i < text.size();)
    {
        if (hyphen_at(i))
        {
            if (text[i++] != '-') return std::nullopt;
            continue;
        }
        const int high = nibble(text[i]), low = nibble(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        u.bytes[byte++] = static_cast<std::uint8_t>(high << 4 | low);
        i += 2;
    }
    return u;
}

uuid uuid::v7()
{
    thread_local std::uint64_t last_ms = 0;
    thread_local std::uint16_t counter = 0;  // RFC 9562, 6.2 method 1: rand_a as a counter

    uuid u;
    if (getrandom(u.bytes.data(), u.bytes.size(), 0) != static_cast<ssize_t>(u.bytes.size()))
        throw std::runtime_error("getrandom gave no random bytes");

    using namespace std::chrono;
    auto now = static_cast<std::uint64_t>(duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
    if (now > last_ms)
    {
        last_ms = now;
        counter = static_cast<std::uint16_t>((u.bytes[6] << 8 | u.bytes[7]) & 0x7ff);  // top bit clear: room to count
    }
    else if (++counter > 0xfff)
    {
        counter = 0;
        ++last_ms;
    }
    for (int i = 0; i < 6; ++i)
        u.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(last_ms >> (40 - 8 * i));
    u.bytes[6] = static_cast<std::uint8_t>(0x70 | counter >> 8);
    u.bytes[7] = static_cast<std::uint8_t>(counter & 0xff);
    u.bytes[8] = static_cast<std::uint8_t>(0x80 | (u.bytes[8] & 0x3f));
    return u;
}

}  // namespace roost
