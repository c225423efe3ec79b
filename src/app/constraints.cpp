#include "app/constraints.hpp"

namespace roost::app {

std::map<std::string, error, std::less<>> constraints()
{
    return {
        {"app_user_username", {errc::username_taken, "this username is taken"}},
        {"app_user_email", {errc::email_taken, "this e-mail address is registered"}},
        {"property_rules_currency",
         {errc::invalid_input,
          "the property's rules are in its present currency",
          {{"/nightly_price/currency", "currency", "there are prices by date or weekday in the present currency"}}}},
        {"property_season_no_overlap",
         {errc::invalid_input,
          "the season overlaps another one",
          {{"/from", "overlap", "another season has these nights"}}}},
        {"stay_block_no_overlap", {errc::dates_taken, "some of these nights are no longer free"}},
    };
}

}  // namespace roost::app
