#pragma once
#include <cstddef>
#include <optional>
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

/// Compresses the body of a reply that is worth it, with the fields that say so. Other bytes need another strong tag
/// (RFC 9110 8.8.3): "3" becomes "3-br". A 304 gets the tag the client sent. `conditions` is If-None-Match as it came.
void encode(response& answer, std::string_view accept_encoding, std::string_view conditions, std::size_t min_bytes);

/// The tags of If-Match or If-None-Match as the endpoint gave them: "3-br" becomes "3" again. Nothing when they are.
std::optional<std::string> without_codings(std::string_view tags);

}  // namespace roost::http
