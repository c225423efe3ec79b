#pragma once
#include <string_view>

#include "notifications/notification.hpp"
#include "platform/text/language.hpp"

/// The texts of messages, by language.
namespace roost::notifications {

using text::block;
using text::fill;
using text::language;
using text::message_template;
using text::value_of;

/// For a locale such as "fr-CA": its language, or English.
const language& language_of(std::string_view locale);

/// Throws std::out_of_range when there is none: a bug.
const message_template& template_of(const language& l, kind k, side s);

}  // namespace roost::notifications
