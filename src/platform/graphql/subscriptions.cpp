#include "platform/graphql/subscriptions.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <ranges>
#include <vector>

#include "platform/observe/metrics.hpp"
#include "platform/pg/listener.hpp"

namespace roost::graphql {
namespace {

namespace asio = boost::asio;

observe::gauge& open_subscriptions()
{
    static auto& g = observe::metrics().gauge("roost_graphql_subscriptions", "Open subscriptions.");
    return g;
}

constexpr std::chrono::seconds again_after{10};  // others end meanwhile

std::unexpected<error> refuse(errc code, std::string why)
{
    error e{code, std::move(why)};
    e.retry_after = again_after;
    return std::unexpected{std::move(e)};
}

}  // namespace

result<subscriptions::place> subscriptions::join(user_id who, std::string topic, asio::any_io_executor on,
                                                 std::weak_ptr<follower> f)
{
    std::lock_guard lock{guard_};
    if (followers_.count(who.value) >= static_cast<std::size_t>(how_.subscriptions_of_one))
        return refuse(errc::too_many_requests,
                      "you have " + std::to_string(how_.subscriptions_of_one) + " subscriptions here already");
    if (followers_.size() >= static_cast<std::size_t>(how_.subscriptions))
        return refuse(errc::overloaded, "there are as many subscriptions here as this server takes");
    const auto mine = followers_.emplace(who.value, entry{std::move(topic), std::move(on), std::move(f)});
    open_subscriptions().add(1);
    return place{this, [this, mine](void*) { leave(mine); }};
}

void subscriptions::leave(entries::iterator which)
{
    std::lock_guard lock{guard_};
    followers_.erase(which);
    open_subscriptions().add(-1);
}

void subscriptions::heard(std::string_view payload)
{
    std::vector<std::string_view> words;
    for (const auto word : payload | std::views::split(' ')) words.emplace_back(word);
    const auto thing = words.size() > 1 ? uuid::parse(words[1]) : std::nullopt;
    if (!thing) return;
    for (const auto word : words | std::views::drop(2))
        if (const auto person = uuid::parse(word)) tell(*person, words[0], *thing);
}

void subscriptions::tell(const uuid& person, std::string_view topic, const uuid& thing)
{
    std::lock_guard lock{guard_};
    const auto [first, last] = followers_.equal_range(person);
    for (const auto& [_, e] : std::ranges::subrange{first, last})
        if (e.topic == topic)
            asio::post(e.on, [who = e.who, thing] {
                if (const auto f = who.lock()) f->tell(thing);
            });
}

void subscriptions::lost()
{
    std::lock_guard lock{guard_};
    for (const auto& [_, e] : followers_)
        asio::post(e.on, [who = e.who] {
            if (const auto f = who.lock()) f->lose();
        });
}

struct subscriptions::listening
{
    pg::listener listener;
    asio::cancellation_signal end{};
    bool stopped = false;

    listening(asio::io_context& on, pg::config database)
        : listener{on, std::move(database), {std::string{subscriptions::channel}}}
    {}

    static task<> run(std::shared_ptr<listening> self, subscriptions& of)
    {
        while (!self->stopped)
        {
            const auto n = co_await self->listener.next();
            if (n.gap)
                of.lost();
            else
                of.heard(n.payload);
        }
    }
};

void subscriptions::start(asio::io_context& on, pg::config database)
{
    listening_ = std::make_shared<listening>(on, std::move(database));
    const auto ended = [](std::exception_ptr) {};  // the listener throws when cancelled
    asio::co_spawn(on, listening::run(listening_, *this), asio::bind_cancellation_slot(listening_->end.slot(), ended));
}

void subscriptions::stop()
{
    if (!listening_) return;
    listening_->stopped = true;
    listening_->end.emit(asio::cancellation_type::terminal);
    listening_.reset();
}

}  // namespace roost::graphql
