#include "app/constraints.hpp"

namespace roost::app {

std::map<std::string, error, std::less<>> constraints()
{
    return {
        {"app_user_username", {errc::username_taken, "this username is taken"}},
        {"app_user_email", {errc::email_taken, "this e-mail address is registered"}},
        {"stay_block_no_overlap", {errc::dates_taken, "some of these nights are no longer free"}},
    };
}

}  // namespace roost::app
