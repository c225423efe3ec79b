#pragma once
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "platform/http/message.hpp"

namespace roost::http {

/// The HTTP status of a code: the one place that maps them.
int status_of(errc code);

/// The reason phrase of a status, "Not Found".
std::string_view reason_of(int status);

inline constexpr std::string_view problem_type = "application/problem+json";

/// The body of a problem (RFC 9457): type, title, status, detail, instance, code, request_id, errors. Empty `detail`,
/// `instance` and `errors` are left out.
std::string problem_body(int status, std::string_view title, std::string_view code, std::string_view detail,
                         std::string_view instance, std::string_view request_id,
                         std::span<const field_error> errors = {});

/// The reply to a failure: status from its code, Retry-After when it has one (1 s for overloaded and unavailable
/// otherwise), Cache-Control: no-store.
response problem(const error& e, const request& r);

/// A problem of the protocol that no errc stands for: 417, 431, 500, 501, 505 ….
response problem(int status, std::string_view code, std::string_view detail, const request& r);

}  // namespace roost::http
