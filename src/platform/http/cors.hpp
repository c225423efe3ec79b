#pragma once
#include <optional>
#include <string>
#include <vector>

#include "platform/http/message.hpp"

namespace roost::http {

/// Which other origins may call from a browser (the Fetch standard's CORS protocol).
class cors
{
    std::vector<std::string> origins_;
    bool any_ = false;

    bool allows(std::string_view origin) const;
    void grant(std::string_view origin, response& to) const;

public:
    /// "https://app.example" each; "*" is every origin, without credentials.
    explicit cors(std::vector<std::string> origins);

    /// The reply to a preflight; nothing when `r` is none, or CORS is off.
    std::optional<response> preflight(const request& r) const;
    /// Adds what lets the calling origin read the reply.
    void apply(const request& r, response& to) const;
};

}  // namespace roost::http
