#include "payments/mpesa/settings.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "payments/mpesa/credential.hpp"
#include "platform/http/networks.hpp"

namespace roost {

result<void> mpesa_settings::check() const
{
    const std::pair<std::string_view, std::string_view> needed[] = {
        {"ROOST_MPESA_CONSUMER_KEY", consumer_key},
        {"ROOST_MPESA_CONSUMER_SECRET", consumer_secret},
        {"ROOST_MPESA_PASSKEY", passkey},
        {"ROOST_MPESA_INITIATOR_NAME", initiator_name},
        {"ROOST_MPESA_INITIATOR_PASSWORD", initiator_password}};
    for (const auto& [name, value] : needed)
        if (value.empty()) return invalid(std::string{name}, "is needed for M-Pesa");
    if (short_code.size() < 5 || short_code.size() > 7 || short_code.find_first_not_of("0123456789") != short_code.npos)
        return invalid("ROOST_MPESA_SHORT_CODE", "is the paybill's number, 5 to 7 digits");
    if (!callback_base.starts_with("https://"))
        return invalid("ROOST_MPESA_CALLBACK_BASE", "is where Safaricom reaches this API: https://api.example.com");
    if (callback_secret.size() < 32)
        return invalid("ROOST_MPESA_CALLBACK_SECRET",
                       "has 32 characters or more: who guesses it can speak as Safaricom");
    try
    {
        const http::networks all{networks, "ROOST_MPESA_NETWORKS"};
    }
    catch (const std::invalid_argument& bad)
    {
        return invalid("ROOST_MPESA_NETWORKS", bad.what());
    }
    if (!payments::mpesa::credential(initiator_password, certificate_file))
        return invalid("ROOST_MPESA_CERTIFICATE_FILE",
                       "is no certificate that the initiator's password can be encrypted for");
    return {};
}

}  // namespace roost
