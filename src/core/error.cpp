#include "core/error.hpp"

#include <utility>

namespace roost {

std::string_view name_of(errc code)
{
    switch (code)
    {
        case errc::malformed: return "malformed";
        case errc::not_signed_in: return "not_signed_in";
        case errc::invalid_credentials: return "invalid_credentials";
        case errc::not_allowed: return "not_allowed";
        case errc::not_found: return "not_found";
        case errc::method_not_allowed: return "method_not_allowed";
        case errc::not_acceptable: return "not_acceptable";
        case errc::dates_taken: return "dates_taken";
        case errc::wrong_state: return "wrong_state";
        case errc::has_live_bookings: return "has_live_bookings";
        case errc::email_taken: return "email_taken";
        case errc::username_taken: return "username_taken";
        case errc::request_in_progress: return "request_in_progress";
        case errc::quote_expired: return "quote_expired";
        case errc::version_mismatch: return "version_mismatch";
        case errc::payload_too_large: return "payload_too_large";
        case errc::unsupported_media_type: return "unsupported_media_type";
        case errc::invalid_input: return "invalid_input";
        case errc::idempotency_key_reused: return "idempotency_key_reused";
        case errc::idempotency_key_required: return "idempotency_key_required";
        case errc::too_many_requests: return "too_many_requests";
        case errc::overloaded: return "overloaded";
        case errc::unavailable: return "unavailable";
    }
    std::unreachable();
}

}  // namespace roost
