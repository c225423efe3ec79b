#pragma once
#include <string>
#include <string_view>

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

}  // namespace roost::http
