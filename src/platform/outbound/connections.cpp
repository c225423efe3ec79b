#include <curl/curl.h>

#include <mutex>

#include "platform/outbound/client.hpp"

namespace roost::outbound {
namespace {

constexpr std::size_t most_kept = 16;

}  // namespace

/// A handle keeps the connections it made; the last one used is the likeliest to be still open.
struct connections::state
{
    std::mutex guard;
    std::vector<CURL*> idle;
};

connections::connections() : state_{std::make_unique<state>()} {}

connections::~connections()
{
    for (auto* easy : state_->idle) curl_easy_cleanup(easy);
}

void* connections::take()
{
    const std::scoped_lock alone{state_->guard};
    if (state_->idle.empty()) return curl_easy_init();
    auto* easy = state_->idle.back();
    state_->idle.pop_back();
    return easy;
}

void connections::give_back(void* easy)
{
    curl_easy_reset(easy);
    const std::scoped_lock alone{state_->guard};
    if (state_->idle.size() < most_kept)
        state_->idle.push_back(easy);
    else
        curl_easy_cleanup(easy);
}

}  // namespace roost::outbound
