#include "feeds/schedule.hpp"

#include <algorithm>

namespace roost::feeds {

std::chrono::seconds pause_after(fetch_outcome o, int failures, std::chrono::minutes interval, feed_id which)
{
    using namespace std::chrono_literals;
    std::chrono::seconds pause = interval;
    if (o == fetch_outcome::held_empty)
        pause = std::min<std::chrono::seconds>(interval, 30min);
    else if (!is_good(o))
        pause = std::min<std::chrono::seconds>(5min * (1 << std::clamp(failures - 1, 0, 10)),
                                               std::max<std::chrono::seconds>(interval, 6h));
    const int place = which.value.bytes[14] * 256 + which.value.bytes[15];
    return pause + pause * place / (10 * 65'536);
}

}  // namespace roost::feeds
