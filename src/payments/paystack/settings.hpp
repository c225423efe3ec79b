#pragma once
#include <string>

#include "core/error.hpp"
#include "platform/schema/schema.hpp"

namespace roost {

/// Section `paystack`.
struct paystack_settings
{
    std::string secret_key;
    std::string api_base = "https://api.paystack.co";

    static constexpr auto fields = schema::fields(
        schema::field<&paystack_settings::secret_key>(
            "secret_key", schema::secret, schema::defaulted,
            "Secret key, sk_live_… or of test mode. It also signs what Paystack tells."),
        schema::field<&paystack_settings::api_base>("api_base", schema::defaulted, "Where Paystack's API is."));

    /// What lacks or cannot be meant.
    result<void> check() const
    {
        if (!secret_key.starts_with("sk_"))
            return invalid("ROOST_PAYSTACK_SECRET_KEY", "Paystack takes payments only with a secret key");
        return {};
    }
};

}  // namespace roost
