#pragma once
#include <string>
#include <vector>

#include "core/error.hpp"
#include "platform/schema/schema.hpp"

namespace roost {

/// Section `stripe`.
struct stripe_settings
{
    std::string secret_key;
    std::vector<std::string> webhook_secrets;
    std::string api_base = "https://api.stripe.com";

    static constexpr auto fields = schema::fields(
        schema::field<&stripe_settings::secret_key>("secret_key", schema::secret, schema::defaulted,
                                                    "Secret or restricted key: sk_live_…, rk_live_… or of test mode."),
        schema::field<&stripe_settings::webhook_secrets>(
            "webhook_secrets", schema::secret, schema::defaulted,
            "Signing secrets of the webhook endpoint (whsec_…); several while one takes the place of another."),
        schema::field<&stripe_settings::api_base>("api_base", schema::defaulted, "Where Stripe's API is."));

    /// What lacks or cannot be meant.
    result<void> check() const
    {
        if (!secret_key.starts_with("sk_") && !secret_key.starts_with("rk_"))
            return invalid("ROOST_STRIPE_SECRET_KEY", "Stripe takes payments only with a secret or restricted key");
        if (webhook_secrets.empty())
            return invalid("ROOST_STRIPE_WEBHOOK_SECRETS", "without one, nothing that Stripe tells can be believed");
        return {};
    }
    /// Whether the key moves money.
    bool is_live() const { return secret_key.substr(2).starts_with("_live_"); }
};

}  // namespace roost
