#pragma once
#include <string>
#include <vector>

#include "platform/schema/schema.hpp"

namespace roost {

/// Section `payments`.
struct payment_settings
{
    std::vector<std::string> providers;

    static constexpr auto fields = schema::fields(schema::field<&payment_settings::providers>(
        "providers", schema::defaulted,
        "Who takes payments: sandbox, which moves no money and is not for production. Empty: the sandbox where this is not "
        "production, else nobody; none: nobody."));
};

}  // namespace roost
