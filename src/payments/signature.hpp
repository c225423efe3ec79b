#pragma once
#include <span>
#include <string>
#include <string_view>

#include "core/dates.hpp"

/// Signatures of events in the scheme that Stripe made common: "t=1700000000,v1=hex", where v1 is the HMAC-SHA256 of
/// "t.body". Several v1 may stand there, and several secrets may be good, while they are changed.
namespace roost::payments {

/// How far the signer's clock may be from ours, either way.
inline constexpr std::chrono::seconds signature_tolerance{300};

std::string sign(std::string_view secret, std::string_view body, instant now);

/// On the bytes as they came: what was read and written again does not verify.
bool is_signed(std::string_view header, std::string_view body, std::span<const std::string> secrets, instant now);

}  // namespace roost::payments
