#pragma once
#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roost {

/// Every way a request can fail that the caller can act on. The names are API (the `code` of a
/// problem): never rename or reuse one. Add a code here and the compiler names every switch to extend.
enum class errc
{
    malformed,
    not_signed_in,
    invalid_credentials,
    not_allowed,
    not_found,
    method_not_allowed,
    not_acceptable,
    dates_taken,
    wrong_state,
    has_live_bookings,
    email_taken,
    username_taken,
    request_in_progress,
    quote_expired,
    version_mismatch,
    payload_too_large,
    unsupported_media_type,
    invalid_input,
    idempotency_key_reused,
    idempotency_key_required,
    too_many_requests,
    overloaded,
    unavailable,
};

/// The stable name of a code, as it stands in replies: "dates_taken".
std::string_view name_of(errc code);

/// One bad field of the input. `pointer` is a JSON pointer (RFC 6901) into the body, or the name of the
/// query parameter or header.
struct field_error
{
    std::string pointer;
    std::string_view code;  // "required", "unknown", "type", "bounds", "format"
    std::string detail;

    bool operator==(const field_error&) const = default;
};

/// The limit that was reached: so many at once, and as many again spread evenly over a time.
struct limit_reached
{
    std::string_view name;  // "login-network"
    int count;
    std::chrono::seconds per;
};

/// Why something was refused. `detail` is shown to the caller: no SQL, no secrets, nobody else's data.
struct error
{
    errc code;
    std::string detail = {};
    std::vector<field_error> fields = {};
    std::optional<std::chrono::seconds> retry_after = {};
    std::optional<limit_reached> limit = {};
};

template <class T>
using result = std::expected<T, error>;

/// `return fail(errc::not_found);` from any function that returns a result.
inline std::unexpected<error> fail(errc code, std::string detail = {})
{
    return std::unexpected{error{code, std::move(detail)}};
}

/// A well-formed request whose field `pointer` is not acceptable.
inline std::unexpected<error> invalid(std::string pointer, std::string detail, std::string_view code = "invalid")
{
    error e{errc::invalid_input, detail};
    e.fields.push_back({std::move(pointer), code, std::move(detail)});
    return std::unexpected{std::move(e)};
}

}  // namespace roost
