#pragma once
#include <chrono>

#include "core/dates.hpp"
#include "feeds/feed.hpp"

/// When feeds are fetched, and when an empty one is believed: values and rules only.
namespace roost::feeds {

/// The shortest time for which a feed says that nothing is closed before that is believed. Platforms have been seen to
/// serve an empty calendar for an hour.
inline constexpr std::chrono::hours empty_believed_after{2};
/// Between two fetches somebody asks for.
inline constexpr std::chrono::minutes refresh_pause{1};

/// Whether a version that closes nothing is believed though the feed closes nights: when it has been saying so since
/// `empty_since`, which is the first such version in a row. Why it closes nothing makes no difference: no events,
/// broken ones, or only those that are over. A last stay that was really cancelled frees its nights these hours later,
/// which costs less than selling a stay's nights twice.
constexpr bool believe_empty(std::optional<instant> empty_since, instant now)
{
    return empty_since && now - *empty_since >= empty_believed_after;
}

/// How long after a fetch the next one follows. After failures sooner at first, then ever later, up to six hours or the
/// interval, whichever is longer. Feeds spread by their ids over a tenth of it, so that they do not all come at once.
std::chrono::seconds pause_after(fetch_outcome o, int failures, std::chrono::minutes interval, feed_id which);

}  // namespace roost::feeds
