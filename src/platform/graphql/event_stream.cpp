#include "platform/graphql/event_stream.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>

#include "platform/http/api.hpp"
#include "platform/observe/log.hpp"

namespace roost::graphql {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;

/// The field of the root, of which a valid subscription has one.
const ast::selection* root_field(const document& d, std::span<const ast::selection> selections)
{
    for (const auto& s : selections)
    {
        if (s.kind == ast::selection_kind::field) return &s;
        const auto* spread = s.kind == ast::selection_kind::spread ? d.fragment(s.name) : nullptr;
        if (const auto* found = root_field(d, spread ? spread->selections : s.selections)) return found;
    }
    return nullptr;
}

const event_source& source_of(const subscribing& s)
{
    const auto& root = *s.what->schema().root(operation_kind::subscription);
    return s.what->source_of(*root.field(root_field(*s.document, s.operation.selections)->name));
}

class event_stream final : public http::body_stream, public subscriptions::follower
{
    const subscribing s_;
    const event_source& source_;
    const settings& how_;
    arena memory_;
    const input_map variables_;
    asio::steady_timer timer_;
    const steady_clock::time_point deadline_;
    std::deque<uuid> waiting_;  // each once: what is read is what it has become
    bool stopped_ = false;
    bool draining_ = false;
    subscriptions::place place_;

public:
    event_stream(subscribing s, const settings& how, const asio::any_io_executor& on)
        : s_{std::move(s)},
          source_{graphql::source_of(s_)},
          how_{how},
          variables_{*coerce_variables(s_.what->schema(), *s_.document, s_.operation, s_.variables, memory_)},
          timer_{on},
          deadline_{steady_clock::now() + std::chrono::seconds{how.subscription_seconds}}
    {}

    static result<std::shared_ptr<http::body_stream>> begin(const std::shared_ptr<event_stream>& self,
                                                            subscriptions& all)
    {
        auto place = all.join(self->s_.who.user, self->source_.topic, self->timer_.get_executor(), self);
        if (!place) return std::unexpected{std::move(place.error())};
        self->place_ = *std::move(place);
        return self;
    }

    task<std::optional<std::string>> next() override
    {
        try
        {
            co_return co_await next_piece();
        }
        catch (const std::exception& e)
        {
            log::warn("a subscription ended", {{"request_id", s_.request.id}, {"what", e.what()}});
        }
        co_return std::nullopt;
    }

    void drain() override
    {
        draining_ = true;
        timer_.cancel();
    }

    void stop() override
    {
        stopped_ = true;
        timer_.cancel();
    }

    void tell(const uuid& thing) override
    {
        if (std::ranges::contains(waiting_, thing)) return;
        if (waiting_.size() >= static_cast<std::size_t>(how_.subscription_buffer))
        {
            log::info("a subscription is not read as fast as things happen", {{"request_id", s_.request.id}});
            stop();
            if (cut) cut();
            return;
        }
        waiting_.push_back(thing);
        timer_.cancel();
    }

    void lose() override { stop(); }

private:
    task<std::optional<std::string>> next_piece()
    {
        while (!stopped_ && steady_clock::now() < deadline_)
        {
            if (draining_)
            {
                stopped_ = whole = true;
                co_return complete_event();
            }
            if (waiting_.empty())
            {
                if (!co_await quiet()) continue;
                if (!co_await who_now()) break;
                co_return ":\n\n";  // so that proxies and both ends know that the connection is good
            }
            const auto thing = waiting_.front();
            waiting_.pop_front();
            const auto who = co_await who_now();
            if (!who) break;
            auto event = co_await read(*who, thing);
            if (!event.empty()) co_return event;
        }
        co_return std::nullopt;
    }

    /// Waits; whether nothing happened for as long as a connection may be silent.
    task<bool> quiet()
    {
        const auto silent_until = steady_clock::now() + std::chrono::seconds{how_.keep_alive_seconds};
        timer_.expires_at(std::min(silent_until, deadline_));
        const auto [woken] = co_await timer_.async_wait(asio::as_tuple(asio::deferred));
        co_return !woken && steady_clock::now() < deadline_;
    }

    /// Who asks, as the request's token or cookie still proves it; nobody when the session has ended.
    task<std::optional<identity>> who_now()
    {
        auto who = co_await s_.api.authenticate(s_.request);
        if (!who || !*who || (*who)->user != s_.who.user) co_return std::nullopt;
        co_return **who;
    }

    /// The event about a thing; empty when it is not there for them.
    task<std::string> read(const identity& who, const uuid& thing)
    {
        context c;
        c.who = who;
        c.from = &s_.request;
        const auto found = co_await source_.load(c, thing);
        if (found.is_null()) co_return std::string{};
        std::string out = "{";
        const execution e{*s_.what, *s_.document, s_.operation, variables_, c, &found};
        co_await execute(e, out);
        out.push_back('}');
        co_return next_event(out);
    }
};

}  // namespace

std::string next_event(std::string_view answer)
{
    std::string event = "event: next\ndata: ";
    event += answer;
    return event += "\n\n";
}

std::string complete_event() { return "event: complete\ndata:\n\n"; }

result<std::shared_ptr<http::body_stream>> begin_stream(subscribing s, subscriptions& all, const settings& how,
                                                        const asio::any_io_executor& on)
{
    return event_stream::begin(std::make_shared<event_stream>(std::move(s), how, on), all);
}

}  // namespace roost::graphql
