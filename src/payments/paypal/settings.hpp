#pragma once
#include <string>
#include <string_view>
#include <utility>

#include "core/error.hpp"
#include "platform/schema/schema.hpp"

namespace roost {

/// Section `paypal`.
struct paypal_settings
{
    std::string client_id, client_secret, webhook_id;
    std::string api_base = "https://api-m.paypal.com";
    std::string certificates = "https://api.paypal.com/v1/notifications/certs/";

    static constexpr auto fields = schema::fields(
        schema::field<&paypal_settings::client_id>("client_id", schema::defaulted, "Of the app in PayPal's dashboard."),
        schema::field<&paypal_settings::client_secret>("client_secret", schema::secret, schema::defaulted,
                                                       "Its secret."),
        schema::field<&paypal_settings::webhook_id>(
            "webhook_id", schema::defaulted,
            "The id PayPal gave the webhook whose address is /api/v1/webhooks/paypal/."),
        schema::field<&paypal_settings::api_base>(
            "api_base", schema::defaulted, "PayPal's REST API; its sandbox is https://api-m.sandbox.paypal.com."),
        schema::field<&paypal_settings::certificates>(
            "certificates", schema::defaulted,
            "The only place that the certificates of events are fetched from; the sandbox's is "
            "https://api.sandbox.paypal.com/v1/notifications/certs/."));

    /// What lacks.
    result<void> check() const
    {
        const std::pair<std::string_view, std::string_view> needed[] = {{"ROOST_PAYPAL_CLIENT_ID", client_id},
                                                                        {"ROOST_PAYPAL_CLIENT_SECRET", client_secret},
                                                                        {"ROOST_PAYPAL_WEBHOOK_ID", webhook_id}};
        for (const auto& [name, value] : needed)
            if (value.empty()) return invalid(std::string{name}, "PayPal takes no payments without it");
        return {};
    }
};

}  // namespace roost
