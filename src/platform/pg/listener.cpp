#include "platform/pg/listener.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <deque>
#include <format>
#include <utility>

#include "platform/observe/log.hpp"
#include "platform/pg/pool.hpp"

namespace roost::pg {

namespace asio = boost::asio;

namespace {

constexpr auto beat = milliseconds{250};
constexpr auto silence = std::chrono::seconds{2};   // then we ask whether the server is alive
constexpr auto patience = std::chrono::seconds{2};  // for that answer
constexpr std::size_t most_unread = 10'000;         // then one gap stands for all of them

std::string as_identifier(std::string_view name)
{
    std::string out = "\"";
    for (const char c : name) out += c == '"' ? std::string{"\"\""} : std::string{c};
    return out + '"';
}

}  // namespace

struct listener::state final : connection_owner, std::enable_shared_from_this<listener::state>
{
    asio::any_io_executor on;
    connection::settings parameters;
    milliseconds connect_within;
    std::vector<std::unique_ptr<known_statement>> listens;
    known_statement ping{0, "pg.ping", "select", {}};
    asio::steady_timer timer;
    std::shared_ptr<connection> link;
    std::deque<notification> unread;
    asio::any_completion_handler<void()> waiting;
    steady::time_point next_attempt{};
    steady::time_point heard = steady::now();
    int failures = 0;
    bool ended = false;
    bool cancelled = false;

    state(asio::any_io_executor executor, const config& c, const std::vector<std::string>& channels)
        : on{std::move(executor)}, parameters{database::shared{c}.parameters}, connect_within{c.connect}, timer{on}
    {
        for (const auto& name : channels)
            listens.push_back(std::make_unique<known_statement>(listens.size() + 1, "pg.listen_" + name,
                                                                "listen " + as_identifier(name)));
    }

    void beat_on()
    {
        if (!link && steady::now() >= next_attempt)
        {
            link = std::make_shared<connection>(on, *this);
            link->open(parameters);
        }
        timer.expires_after(beat);
        timer.async_wait([self = shared_from_this()](boost::system::error_code ec) {
            if (ec || self->ended) return;
            self->look_after_link();
            self->beat_on();
        });
    }

    void look_after_link()
    {
        if (!link) return;
        const auto now = steady::now();
        const auto limit = link->ready() ? steady::duration{patience} : steady::duration{connect_within};
        if (const auto since = link->waiting_since(); since && now - *since > limit)
            link->lose("PostgreSQL does not answer", true);
        else if (link->ready() && link->in_flight() == 0 && now - heard > silence)
            link->send(std::make_shared<operation>(ping, params{}));
    }

    void opened(connection& c) override
    {
        for (const auto& l : listens) c.send(std::make_shared<operation>(*l, params{}));
        heard = steady::now();
    }

    /// Listening begins with the answer to LISTEN: what was sent before is the gap.
    void ran(const operation& op, steady::time_point now) override
    {
        heard = now;
        if (op.failed || op.what != listens.back().get()) return;
        failures = 0;
        push({{}, {}, true});
    }

    void lost(connection&, const std::string& why) override
    {
        link.reset();
        if (ended) return;
        if (failures == 0) log::warn("the listening connection to postgresql is lost", {{"reason", why}});
        next_attempt =
            steady::now() + std::min(milliseconds{100} * (1 << std::min(failures++, 5)), milliseconds{2'000});
    }

    void notified(const char* channel, const char* payload) override
    {
        heard = steady::now();
        push({channel, payload});
    }

    void push(notification n)
    {
        if (n.gap || unread.size() >= most_unread)
        {
            unread.clear();
            n = {{}, {}, true};
        }
        unread.push_back(std::move(n));
        wake();
    }

    void wake()
    {
        if (auto handler = std::exchange(waiting, {})) asio::post(on, std::move(handler));
    }

    void end()
    {
        ended = true;
        timer.cancel();
        if (const auto last = std::exchange(link, {})) last->shut_down();
        wake();
    }
};

listener::listener(asio::io_context& on, config c, std::vector<std::string> channels)
    : state_{std::make_shared<state>(on.get_executor(), c, channels)}
{
    if (channels.empty()) throw std::invalid_argument("a listener needs a channel");
    state_->beat_on();
}

listener::~listener() { state_->end(); }

task<notification> listener::next()
{
    const auto s = state_;
    while (s->unread.empty())
    {
        auto wait = asio::async_initiate<const asio::deferred_t, void()>(
            [s](auto handler) {
                s->waiting = std::move(handler);
                if (auto slot = asio::get_associated_cancellation_slot(s->waiting); slot.is_connected())
                    slot.assign([s](asio::cancellation_type) {
                        s->cancelled = s->waiting != nullptr;
                        s->wake();
                    });
            },
            asio::deferred);
        co_await std::move(wait);
        if (std::exchange(s->cancelled, false) || s->ended)
            throw boost::system::system_error(asio::error::operation_aborted);
    }
    auto n = std::move(s->unread.front());
    s->unread.pop_front();
    co_return n;
}

}  // namespace roost::pg
