#pragma once
#include <string>

#include "platform/schema/schema.hpp"

namespace roost {

/// What requests to addresses that strangers name may reach (section `outbound`).
struct outbound_settings
{
    bool plain_http = false, private_addresses = false;
    std::string ca_file;

    static constexpr auto fields = schema::fields(
        schema::field<&outbound_settings::plain_http>("plain_http", schema::defaulted,
                                                      "Also http, and any port. Not in production."),
        schema::field<&outbound_settings::private_addresses>("private_addresses", schema::defaulted,
                                                             "Also machines that are not public. Not in production."),
        schema::field<&outbound_settings::ca_file>("ca_file", schema::defaulted,
                                                   "PEM file of the authorities to trust; empty: the system's."));
};

}  // namespace roost
