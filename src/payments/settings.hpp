#pragma once
#include <string>
#include <vector>

#include "platform/schema/schema.hpp"

namespace roost {

/// Section `payments`.
struct payment_settings
{
    std::vector<std::string> providers;
    int timeout_ms = 20'000;

    static constexpr auto fields = schema::fields(
        schema::field<&payment_settings::providers>(
            "providers", schema::defaulted,
            "Who takes payments: stripe, paystack; sandbox, which moves no money and is not for production. Empty: the "
            "sandbox where this is not production, else nobody; none: nobody."),
        schema::field<&payment_settings::timeout_ms>("timeout_ms", schema::between(100, 25'000), schema::defaulted,
                                                     "Longest wait for a provider's answer; then it is asked again."));
};

}  // namespace roost
