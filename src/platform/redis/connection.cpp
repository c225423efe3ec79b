#include "platform/redis/connection.hpp"

#include <boost/asio/cancel_after.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/redis/resp3/serialization.hpp>
#include <charconv>
#include <random>
#include <stdexcept>

#include "platform/observe/log.hpp"

namespace asio = boost::asio;
namespace resp3 = boost::redis::resp3;
using namespace std::chrono_literals;

namespace roost::redis {
namespace {

constexpr auto connect_budget = 500ms;
constexpr auto first_pause = 100ms;
constexpr auto longest_pause = 2000ms;
constexpr auto heartbeat_every = 500ms;
constexpr int late_replies_allowed = 2;       // in a row; one more and the connection is given up
constexpr std::size_t most_waiting = 10'000;  // beyond this Redis is not keeping up
constexpr std::size_t read_at_once = 16 * 1024;

std::int64_t to_integer(std::string_view text)
{
    std::int64_t n = 0;
    std::from_chars(text.data(), text.data() + text.size(), n);
    return n;
}

value leaf(const resp3::basic_node<std::string_view>& node)
{
    switch (node.data_type)
    {
        case resp3::type::null: return {};
        case resp3::type::number: return {.is = value::kind::integer, .integer = to_integer(node.value)};
        case resp3::type::boolean: return {.is = value::kind::integer, .integer = node.value == "t"};
        default: return {.is = value::kind::text, .text = std::string{node.value}};
    }
}

/// Puts the nodes of one message, which come depth first, back into a tree.
struct tree_builder
{
    message out;
    std::vector<value*> open = {};

    void add(const resp3::basic_node<std::string_view>& node)
    {
        bool aggregate = resp3::is_aggregate(node.data_type);
        value v = aggregate ? value{.is = value::kind::list} : leaf(node);
        if (node.depth == 0)
        {
            out.error = node.data_type == resp3::type::simple_error || node.data_type == resp3::type::blob_error;
            out.content = std::move(v);
            open.assign(1, &out.content);
            reserve(out.content, node);
            return;
        }
        open.resize(node.depth);
        auto& items = open.back()->items;
        items.push_back(std::move(v));
        if (aggregate) reserve(items.back(), node);
        open.push_back(&items.back());
    }

    // The pointers in `open` stay good because no list outgrows what is reserved here.
    static void reserve(value& v, const resp3::basic_node<std::string_view>& node)
    {
        if (resp3::is_aggregate(node.data_type))
            v.items.reserve(node.aggregate_size * resp3::element_multiplicity(node.data_type));
    }
};

}  // namespace

void append_command(std::string& wire, const std::vector<std::string_view>& words)
{
    resp3::add_header(wire, resp3::type::array, words.size());
    for (auto word : words) resp3::add_bulk(wire, word);
}

void health::broken(std::string_view why)
{
    if (broken_.fetch_add(1) == 0) log::warn("redis is unavailable, going on without it", {{"reason", why}});
}

void health::mended()
{
    if (broken_.fetch_sub(1) == 1) log::info("redis is available again");
}

connection::connection(asio::io_context& context, address to, std::chrono::milliseconds budget,
                       std::shared_ptr<health> all)
    : context_{context},
      to_{std::move(to)},
      budget_{budget},
      all_{std::move(all)},
      socket_{context},
      deadline_{context},
      pause_{context},
      beat_{context}
{}

void connection::start()
{
    all_->attached(1);
    asio::co_spawn(context_, [self = shared_from_this()] { return self->run(); }, asio::detached);
    asio::co_spawn(context_, [self = shared_from_this()] { return self->heartbeat(); }, asio::detached);
}

void connection::stop()
{
    stopped_ = true;
    set_up(false, {});
    close();
    pause_.cancel();
    beat_.cancel();
    all_->attached(-1);
}

task<answer<value>> connection::call(std::string wire)
{
    if (!up_ || waiting_.size() >= most_waiting) co_return std::unexpected{failure::unavailable};
    out_ += wire;
    auto start = [this](auto done) {
        waiting_.push_back({clock::now(), handler{std::move(done)}});
        arm();
        if (!writing_) asio::co_spawn(context_, [self = shared_from_this()] { return self->write(); }, asio::detached);
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(answer<value>)>(std::move(start),
                                                                                                asio::use_awaitable);
}

task<> connection::run()
{
    auto pause = first_pause;
    std::minstd_rand random{std::random_device{}()};
    while (!stopped_)
    {
        std::string why = "the connection was closed";
        try
        {
            co_await open();
            pause = first_pause;
            co_await read();
        }
        catch (const boost::system::system_error& e)
        {
            why = e.code().message();
        }
        catch (const std::exception& e)
        {
            why = e.what();
        }
        set_up(false, why);
        close();
        if (stopped_) break;
        pause_.expires_after(pause + std::chrono::milliseconds{random() % 50});
        pause = std::min(pause * 2, std::chrono::milliseconds{longest_pause});
        boost::system::error_code ignored;
        co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

task<> connection::open()
{
    in_.clear();
    in_used_ = 0;
    out_.clear();
    late_ = 0;
    parser_.reset();
    socket_ = asio::generic::stream_protocol::socket{context_};
    if (!to_.path.empty())
    {
        asio::local::stream_protocol::endpoint at{to_.path};
        co_await socket_.async_connect(at, asio::cancel_after(connect_budget, asio::use_awaitable));
    }
    else
    {
        asio::ip::tcp::resolver resolver{context_};
        auto found = co_await resolver.async_resolve(to_.host, to_.port,
                                                     asio::cancel_after(connect_budget, asio::use_awaitable));
        asio::ip::tcp::socket tcp{context_};
        co_await asio::async_connect(tcp, found, asio::cancel_after(connect_budget, asio::use_awaitable));
        tcp.set_option(asio::ip::tcp::no_delay{true});
        socket_ = std::move(tcp);
    }
    co_await handshake();
    set_up(true, {});
}

task<> connection::handshake()
{
    std::string wire;
    int replies = 1;
    if (to_.password.empty())
        append_command(wire, {"HELLO", "3", "SETNAME", "roost"});
    else
        append_command(wire, {"HELLO", "3", "AUTH", to_.user, to_.password, "SETNAME", "roost"});
    if (to_.db != 0)
    {
        append_command(wire, {"SELECT", std::to_string(to_.db)});
        ++replies;
    }

    deadline_.expires_after(4 * budget_);
    deadline_.async_wait([self = shared_from_this()](boost::system::error_code ec) {
        if (!ec) self->close();
    });
    co_await asio::async_write(socket_, asio::buffer(wire), asio::use_awaitable);
    while (replies-- > 0)
        if (auto reply = co_await next(); reply.error) throw std::runtime_error(reply.content.text);
    deadline_.cancel();
}

task<> connection::read()
{
    for (;;)
    {
        auto m = co_await next();
        deliver(std::move(m));
    }
}

task<message> connection::next()
{
    tree_builder builder;
    auto take = [&builder](const auto& node, boost::system::error_code&) { builder.add(node); };
    parser_.reset();
    for (;;)
    {
        boost::system::error_code ec;
        bool done = in_used_ < in_.size() && resp3::parse(parser_, std::string_view{in_}.substr(in_used_), take, ec);
        if (ec) throw boost::system::system_error{ec};
        if (done) break;
        in_.erase(0, std::exchange(in_used_, 0));
        auto size = in_.size();
        in_.resize(size + read_at_once);
        auto got = co_await socket_.async_read_some(asio::buffer(in_.data() + size, read_at_once),
                                                    asio::redirect_error(asio::use_awaitable, ec));
        in_.resize(size + got);
        if (ec) throw boost::system::system_error{ec};
    }
    in_used_ += parser_.get_consumed();
    co_return std::move(builder.out);
}

void connection::deliver(message m)
{
    if (waiting_.empty()) throw std::runtime_error("a reply nobody asked for");
    auto w = std::move(waiting_.front());
    waiting_.pop_front();
    if (!w.done) return;
    late_ = 0;
    if (!m.error) return finish(w, std::move(m.content));
    // NOSCRIPT is a question, not a refusal: the caller answers it with the script's text.
    if (m.content.text.starts_with("NOSCRIPT")) return finish(w, value{.text = "NOSCRIPT"});
    log::debug("redis refused a command", {{"reason", m.content.text}});
    finish(w, std::unexpected{failure::refused});
}

task<> connection::write()
{
    if (std::exchange(writing_, true)) co_return;
    boost::system::error_code ec;
    while (!ec && !out_.empty())
    {
        auto wire = std::exchange(out_, {});
        co_await asio::async_write(socket_, asio::buffer(wire), asio::redirect_error(asio::use_awaitable, ec));
    }
    writing_ = false;
    if (ec) close();
}

/// Notices a silent server within a second even when nobody calls: /readyz tells, and the next caller does not wait.
task<> connection::heartbeat()
{
    std::string ping;
    append_command(ping, {"PING"});
    while (!stopped_)
    {
        beat_.expires_after(heartbeat_every);
        boost::system::error_code ignored;
        co_await beat_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        if (!stopped_ && waiting_.empty()) (void)co_await call(ping);
    }
}

void connection::arm()
{
    if (armed_ || waiting_.empty()) return;
    auto when = waiting_.front().sent + 4 * budget_;
    for (const auto& w : waiting_)
        if (w.done)
        {
            when = std::min(when, w.sent + budget_);
            break;
        }
    armed_ = true;
    deadline_.expires_at(when);
    deadline_.async_wait([self = shared_from_this()](boost::system::error_code ec) {
        self->armed_ = false;
        // Posted, so that a reply already in the socket counts: it may be this thread that was late.
        if (!ec) asio::post(self->context_, [self] { self->expire(); });
    });
}

void connection::expire()
{
    auto now = clock::now();
    for (auto& w : waiting_)
    {
        if (w.sent + budget_ > now) break;
        if (!w.done) continue;
        finish(w, std::unexpected{failure::unavailable});
        ++late_;
    }
    bool silent = !waiting_.empty() && waiting_.front().sent + 4 * budget_ <= now;
    if (up_ && (late_ > late_replies_allowed || silent))
    {
        set_up(false, "it answers too slowly");
        close();
    }
    arm();
}

void connection::set_up(bool up, std::string_view why)
{
    bool was = std::exchange(up_, up);
    if (!up && !announced_ && !stopped_)
    {
        announced_ = true;
        all_->broken(why);
    }
    if (up && std::exchange(announced_, false)) all_->mended();
    if (was != up) all_->up(up ? 1 : -1);
    if (up) return;
    for (auto& w : waiting_)
        if (w.done) finish(w, std::unexpected{failure::unavailable});
    waiting_.clear();
}

void connection::close()
{
    boost::system::error_code ignored;
    socket_.close(ignored);
    deadline_.cancel();
}

void connection::finish(waiting& w, answer<value> result)
{
    asio::post(context_, [done = std::exchange(w.done, {}), result = std::move(result)]() mutable {
        std::move(done)(std::move(result));
    });
}

}  // namespace roost::redis
