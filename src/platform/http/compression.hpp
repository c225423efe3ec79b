#pragma once
#include <string>
#include <string_view>

#include "platform/http/message.hpp"

namespace roost::http {

enum class coding
{
    identity,
    gzip,
    br,
};

/// The name of a coding in Content-Encoding.
std::string_view name_of(coding c);

/// What an Accept-Encoding value likes best (RFC 9110 12.5.3); among equals br, then gzip. Identity when nothing else.
coding negotiate(std::string_view accept_encoding);

/// Whether bodies of that content type become smaller: JSON, text, XML, SVG, scripts.
bool compressible(std::string_view content_type);

/// `bytes` in that coding. Throws std::runtime_error when the library fails.
std::string compress(coding c, std::string_view bytes);

/// Compresses the body of a reply that is worth it, with the fields that say so. A strong ETag becomes weak, for it
/// stands for other bytes (RFC 9110 8.8.1): who compares If-Match must take "W/" tags for the same version.
void encode(response& answer, std::string_view accept_encoding, std::size_t min_bytes);

}  // namespace roost::http
