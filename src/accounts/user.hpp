#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/dates.hpp"
#include "core/error.hpp"
#include "core/id.hpp"
#include "platform/auth/identity.hpp"
#include "platform/schema/schema.hpp"

namespace roost {

extern const schema::text_format
    username_format;  ///< 3 to 40 of a–z, A–Z, 0–9, '_', '.', '-'; begins with a letter or digit
extern const schema::text_format email_format;  ///< an address of ASCII letters with a dot in its domain
extern const schema::text_format phone_format;  ///< E.164
extern const schema::text_format web_address_format;
extern const schema::text_format locale_format;  ///< a language tag as "en" or "pt-BR"

/// A row of app_user, without what lets one in.
struct user
{
    user_id id;
    std::string username;
    std::optional<std::string> email;
    std::string display_name;
    std::optional<std::string> phone;
    std::string bio;
    std::optional<std::string> avatar_url;
    std::string locale;
    bool is_host = false, is_admin = false, email_verified = false, phone_verified = false;
    std::int32_t version = 1;
    instant created_at{}, updated_at{};

    static constexpr auto fields =
        schema::fields(schema::field<&user::id>("id"), schema::field<&user::username>("username"),
                       schema::field<&user::email>("email"), schema::field<&user::display_name>("display_name"),
                       schema::field<&user::phone>("phone"), schema::field<&user::bio>("bio"),
                       schema::field<&user::avatar_url>("avatar_url"), schema::field<&user::locale>("locale"),
                       schema::field<&user::is_host>("is_host"), schema::field<&user::is_admin>("is_admin"),
                       schema::field<&user::email_verified>("email_verified"),
                       schema::field<&user::phone_verified>("phone_verified"), schema::field<&user::version>("version"),
                       schema::field<&user::created_at>("created_at"), schema::field<&user::updated_at>("updated_at"));
};

/// What people see of themselves.
struct own_account
{
    user_id id;
    std::string username;
    std::optional<std::string> email;
    std::string display_name;
    std::optional<std::string> phone;
    std::string bio;
    std::optional<std::string> avatar_url;
    std::string locale;
    std::vector<role> roles;
    bool is_host = false, email_verified = false, phone_verified = false;
    std::int32_t version = 1;
    instant created_at{}, updated_at{};

    static constexpr auto fields = schema::fields(
        schema::field<&own_account::id>("id", "Never changes."),
        schema::field<&own_account::username>("username", schema::example("\"ann\""), "Unique whatever its case."),
        schema::field<&own_account::email>("email", schema::example("\"ann@example.com\""),
                                           "Unique whatever its case; shown to nobody else."),
        schema::field<&own_account::display_name>("display_name", schema::example("\"Ann\""),
                                                  "How others address you."),
        schema::field<&own_account::phone>("phone", schema::example("\"+33612345678\""), "E.164."),
        schema::field<&own_account::bio>("bio", "About yourself."),
        schema::field<&own_account::avatar_url>("avatar_url", "A picture."),
        schema::field<&own_account::locale>("locale", schema::example("\"en\""), "Language of messages to you."),
        schema::field<&own_account::roles>("roles", "What you may do; everybody is a guest."),
        schema::field<&own_account::is_host>("is_host", "Whether you offer places."),
        schema::field<&own_account::email_verified>("email_verified", "Whether the address was proved to be yours."),
        schema::field<&own_account::phone_verified>("phone_verified", "Whether the number was proved to be yours."),
        schema::field<&own_account::version>("version", "Counts changes; the ETag."),
        schema::field<&own_account::created_at>("created_at", "When you registered."),
        schema::field<&own_account::updated_at>("updated_at", "When anything last changed."));
};

/// What everybody sees of everybody.
struct public_profile
{
    user_id id;
    std::string username, display_name, bio;
    std::optional<std::string> avatar_url;
    bool is_host = false, email_verified = false, phone_verified = false;
    std::optional<double> guest_rating;  // stars, to the hundredth
    std::int32_t guest_rating_count = 0;
    std::int32_t version = 1;
    instant created_at{};

    static constexpr auto fields = schema::fields(
        schema::field<&public_profile::id>("id", "Never changes."),
        schema::field<&public_profile::username>("username", schema::example("\"ann\""), "The name in addresses."),
        schema::field<&public_profile::display_name>("display_name", schema::example("\"Ann\""),
                                                     "How to address them."),
        schema::field<&public_profile::bio>("bio", "About themselves."),
        schema::field<&public_profile::avatar_url>("avatar_url", "A picture."),
        schema::field<&public_profile::is_host>("is_host", "Whether they offer places."),
        schema::field<&public_profile::email_verified>("email_verified",
                                                       "Whether their address was proved to be theirs."),
        schema::field<&public_profile::phone_verified>("phone_verified",
                                                       "Whether their number was proved to be theirs."),
        schema::field<&public_profile::guest_rating>("guest_rating", schema::example("4.87"),
                                                     "Average stars that hosts gave them; null: none yet."),
        schema::field<&public_profile::guest_rating_count>("guest_rating_count", "Hosts' reviews counted."),
        schema::field<&public_profile::version>("version", "Counts changes; the ETag."),
        schema::field<&public_profile::created_at>("created_at", "Since when they are here."));
};

/// A registration.
struct new_user
{
    std::string username, email, password, display_name;
    std::string locale = "en";

    static constexpr auto fields = schema::fields(
        schema::field<&new_user::username>("username", schema::length(3, 40), schema::matches(username_format),
                                           schema::example("\"ann\""), "The name to sign in with, shown to others."),
        schema::field<&new_user::email>("email", schema::length(3, 254), schema::matches(email_format),
                                        schema::example("\"ann@example.com\""), "Also good for signing in."),
        schema::field<&new_user::password>("password", schema::length(10, 1024), schema::secret,
                                           schema::example("\"correct horse battery\""),
                                           "At least 10 characters, and none of the passwords everybody tries."),
        schema::field<&new_user::display_name>("display_name", schema::length(1, 80), schema::example("\"Ann\""),
                                               "How others address you."),
        schema::field<&new_user::locale>("locale", schema::length(2, 35), schema::matches(locale_format),
                                         schema::example("\"en\""), schema::defaulted, "Language of messages to you."));
};

/// A merge patch of one's own account.
struct account_changes
{
    schema::patch<std::string> display_name;
    schema::patch<std::optional<std::string>> phone;
    schema::patch<std::string> bio;
    schema::patch<std::optional<std::string>> avatar_url;
    schema::patch<std::string> locale;
    schema::patch<bool> is_host;

    static constexpr auto fields = schema::fields(
        schema::field<&account_changes::display_name>("display_name", schema::length(1, 80), "How others address you."),
        schema::field<&account_changes::phone>("phone", schema::length(8, 16), schema::matches(phone_format),
                                               schema::example("\"+33612345678\""),
                                               "E.164; a new one has to be verified anew. Null removes it."),
        schema::field<&account_changes::bio>("bio", schema::at_most(4'000), "About yourself."),
        schema::field<&account_changes::avatar_url>(
            "avatar_url", schema::length(8, 2'000), schema::matches(web_address_format),
            schema::example("\"https://example.com/ann.jpg\""), "A picture. Null removes it."),
        schema::field<&account_changes::locale>("locale", schema::length(2, 35), schema::matches(locale_format),
                                                schema::example("\"pt-BR\""), "Language of messages to you."),
        schema::field<&account_changes::is_host>("is_host", "True makes you a host. It cannot be taken back."));
};

own_account own_view(user u);

/// The user after the changes. errc::invalid_input: a host stays a host.
result<user> apply(user u, const account_changes& changes);

/// Why this may not be the person's password, or nothing. The length is checked by the declaration.
std::optional<std::string_view> weakness(std::string_view password, std::string_view username, std::string_view email);

}  // namespace roost
