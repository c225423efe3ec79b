#pragma once
#include <string>

#include "core/dates.hpp"
#include "platform/schema/schema.hpp"

namespace roost {

/// Section `receipts`.
struct receipt_settings
{
    std::string name = "Roost", address, tax_number;
    roost::time_zone time_zone;

    static constexpr auto fields = schema::fields(
        schema::field<&receipt_settings::name>("name", schema::length(1, 200), schema::defaulted,
                                               "Who issues receipts: the marketplace's name in law."),
        schema::field<&receipt_settings::address>("address", schema::at_most(500), schema::defaulted,
                                                  "Its address, in one line."),
        schema::field<&receipt_settings::tax_number>("tax_number", schema::at_most(50), schema::defaulted,
                                                     "Its number for taxes, such as that of VAT; empty: none."),
        schema::field<&receipt_settings::time_zone>(
            "time_zone", schema::defaulted,
            "Whose calendar says on which day, and so in which year, a receipt is issued: each year is numbered from 1."));
};

}  // namespace roost
