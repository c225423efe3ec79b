#pragma once
#include <string>
#include <string_view>

#include "platform/http/message.hpp"

namespace roost::http {

/// Whether X-Request-Id may be taken over: 1 to 128 of letters, digits and "-_.:".
bool valid_request_id(std::string_view id);
/// W3C Trace Context level 1: version 00, or later ones that begin like it.
bool valid_traceparent(std::string_view value);

/// "Sat, 21 Nov 2026 06:20:35 GMT" into `to`, replacing it.
void http_date(std::string& to);

struct reply_head
{
    std::string_view date;
    std::string_view request_id;
    std::size_t body_size = 0;
    bool streamed = false;  // in chunks, or to HTTP/1.0 until the connection ends
    bool http_1_0 = false;
    bool keep_alive = true;
};

/// Appends status line and header section. A field that could break the framing is left out and logged.
void render_head(std::string& out, const response& r, const reply_head& h);

}  // namespace roost::http
