#pragma once
#include <string>
#include <vector>

#include "payments/payouts/earnings.hpp"
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
            "Who takes payments: stripe, paystack, paypal, mpesa; sandbox, which moves no money and is not for production. "
            "Empty: the sandbox where this is not production, else nobody; none: nobody."),
        schema::field<&payment_settings::timeout_ms>("timeout_ms", schema::between(100, 25'000), schema::defaulted,
                                                     "Longest wait for a provider's answer; then it is asked again."));
};

/// Section `payouts`.
struct payout_settings
{
    payments::payable_from payable_from = payments::payable_from::check_in;
    payments::payout_schedule schedule = payments::payout_schedule::daily;
    payments::weekday weekday = payments::weekday::monday;
    int hour = 9, wait_hours = 24;
    std::vector<std::string> minimum, adjustment_limit;

    static constexpr auto fields = schema::fields(
        schema::field<&payout_settings::payable_from>(
            "payable_from", schema::defaulted,
            "check_in: a stay is paid to its host a day after check-in; end: two days after check-out."),
        schema::field<&payout_settings::schedule>("schedule", schema::defaulted,
                                                  "How often hosts are paid: daily or weekly."),
        schema::field<&payout_settings::weekday>("weekday", schema::defaulted, "On which day, when weekly."),
        schema::field<&payout_settings::hour>("hour", schema::between(0, 23), schema::defaulted,
                                              "From which hour of the day on, in UTC."),
        schema::field<&payout_settings::wait_hours>("wait_hours", schema::between(0, 720), schema::defaulted,
                                                    "How long nothing goes to a destination that was changed."),
        schema::field<&payout_settings::minimum>(
            "minimum", schema::defaulted,
            "The least that is paid out, for each currency in minor units: EUR:1000, JPY:1500. Others: anything."),
        schema::field<&payout_settings::adjustment_limit>(
            "adjustment_limit", schema::defaulted,
            "Up to how much one admin alone may adjust the ledger, written likewise. Others: nothing."));
};

}  // namespace roost
