#pragma once
#include <string>
#include <string_view>

#include "notifications/notification.hpp"
#include "notifications/words.hpp"
#include "platform/text/html.hpp"

/// Templates and facts become texts.
namespace roost::notifications {

using text::escape_html;
using text::harmless;

struct rendered
{
    std::string subject, summary, text, html;  // summary: the first paragraph
};

/// Facts are made harmless for the text, and escaped as well for the HTML, here and nowhere else. `unsubscribe` is an
/// address for the foot; empty: none.
rendered render(std::string_view locale, kind k, side s, const facts& f, std::string_view unsubscribe);

/// A page with a heading and paragraphs, and a button that posts to the page itself when `button` is not empty.
std::string page(std::string_view locale, std::string_view heading, std::string_view text, std::string_view button);

}  // namespace roost::notifications
