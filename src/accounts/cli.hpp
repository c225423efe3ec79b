#pragma once
#include <string>
#include <vector>

#include "accounts/key_store.hpp"
#include "accounts/settings.hpp"
#include "accounts/user.hpp"
#include "platform/pg/database.hpp"

/// What `roost user` and `roost keys` do; each blocks until it is done and throws what pg::database throws.
namespace roost::accounts::cli {

struct wanted_user
{
    std::string username;
    std::string email;         // empty: username@localhost.invalid
    std::string password;      // empty: the account cannot sign in with a password
    std::string display_name;  // empty: the username
    bool host = false, admin = false;
};

/// Makes the account, or gives the roles to the account of that name; its password and address then stay as they are.
/// errc::invalid_input, errc::email_taken. The operator's password is held to the same rules as everybody's.
result<own_account> create_user(pg::database& db, const clock& now, const wanted_user& wanted);

/// The new key's kid. See key_store::rotate.
std::string rotate_keys(pg::database& db, const clock& now, const auth_settings& how, bool at_once);
std::vector<key_view> list_keys(pg::database& db, const clock& now, const auth_settings& how);

}  // namespace roost::accounts::cli
