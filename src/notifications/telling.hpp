#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "notifications/notification.hpp"
#include "notifications/store.hpp"

/// What an event means to whom. Rules only.
namespace roost::notifications {

struct to_tell
{
    notifications::kind kind;
    notifications::side side;

    bool operator==(const to_tell&) const = default;
};

/// The messages of an event about a booking: which step it was, and what the booking became. Both sides hear of what
/// they did not do themselves, and of what costs or brings them something.
std::vector<to_tell> messages_of(const event& e);

/// The message of an event about a review, if it is still news. Of a blind one the other side hears only that it is
/// there; what it says is in no message. The one reviewed hears of its publication, its author of the reply.
std::optional<to_tell> message_of(const event& e, const review_to_tell& r, instant now);

/// The messages of an event about a payment. The guest hears what became of the money; of what a provider refuses to
/// give back those hear who can do something about it.
std::optional<to_tell> message_of(const event& e, const payment_to_tell& p);

/// How long before check-in both sides are reminded.
inline constexpr std::chrono::hours reminded_before{24};

/// What the templates ask for, in the language of whoever is addressed.
facts facts_of(const booking_to_tell& b, const event& e, to_tell what, std::string_view site);
facts facts_of(const review_to_tell& r, to_tell what, std::string_view site);
facts facts_of(const payment_to_tell& p, const person& to, std::string_view site);
facts facts_of(const payout_to_tell& p, std::string_view site);
facts facts_of(const property_to_tell& p, const event& e, std::string_view site);
/// About a person's own account.
facts facts_of(const person& p, const event& e, kind k, std::string_view site);

}  // namespace roost::notifications
