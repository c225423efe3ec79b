#include "platform/mail/message.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <format>

#include "core/utf8.hpp"

namespace roost::mail {
namespace {

constexpr std::size_t word_bytes = 39;  // 52 of base64; with "Subject: =?UTF-8?B?" and "?=" within RFC 2047's 76

bool is_plain(char c) { return c >= ' ' && c <= '~'; }

/// One line: control characters, line ends among them, become spaces.
std::string one_line(std::string_view text)
{
    std::string out{text};
    for (char& c : out)
        if (static_cast<unsigned char>(c) < ' ' || c == 127) c = ' ';
    return out;
}

std::string base64(std::string_view bytes)
{
    std::string out(4 * ((bytes.size() + 2) / 3), '\0');
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                    static_cast<int>(bytes.size()));
    return out;
}

/// Encoded words, a line each; no character is split between two.
std::string encoded_words(std::string_view text)
{
    if (!is_utf8(text)) text = "?";
    std::string out;
    while (!text.empty())
    {
        auto size = std::min(text.size(), word_bytes);
        while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
        if (!out.empty()) out += "\r\n ";
        out += std::format("=?UTF-8?B?{}?=", base64(text.substr(0, size)));
        text.remove_prefix(size);
    }
    return out;
}

/// Free text: plain where it can be read as nothing else.
std::string unstructured(std::string_view text)
{
    const auto line = one_line(text);
    const bool plain = std::ranges::all_of(line, is_plain) && !line.contains("=?") && line.size() < 200;
    return plain ? line : encoded_words(line);
}

std::string address(const mailbox& m)
{
    const auto name = one_line(m.name);
    if (name.empty()) return std::format("<{}>", m.email);
    if (!std::ranges::all_of(name, is_plain) || name.contains("=?") || name.size() > 60)
        return std::format("{}\r\n <{}>", encoded_words(name), m.email);
    std::string quoted;
    for (const char c : name)
    {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return std::format("\"{}\" <{}>", quoted, m.email);
}

}  // namespace

bool is_sendable(std::string_view email)
{
    const auto at = email.rfind('@');
    return at != email.npos && at > 0 && at + 1 < email.size() && email.size() <= 254
           && std::ranges::all_of(
               email, [](char c) { return c > ' ' && c <= '~' && !std::string_view{"<>,;:\"\\()[]"}.contains(c); })
           && std::ranges::count(email, '@') == 1;
}

std::vector<std::string> headers_of(const message& m)
{
    std::vector<std::string> out{
        std::format("Date: {:%a, %d %b %Y %T} +0000", std::chrono::floor<std::chrono::seconds>(m.date)),
        "From: " + address(m.from),
        "To: " + address(m.to),
        "Subject: " + unstructured(m.subject),
        std::format("Message-ID: <{}>", one_line(m.id)),
        "Auto-Submitted: auto-generated"};
    if (!m.reply_to.empty()) out.push_back("Reply-To: " + address({m.reply_to, ""}));
    if (!m.unsubscribe.empty())
    {
        out.push_back(std::format("List-Unsubscribe: <{}>", one_line(m.unsubscribe)));
        out.emplace_back("List-Unsubscribe-Post: List-Unsubscribe=One-Click");
    }
    return out;
}

}  // namespace roost::mail
