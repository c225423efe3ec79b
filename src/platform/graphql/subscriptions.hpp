#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/id.hpp"
#include "platform/graphql/settings.hpp"
#include "platform/pg/database.hpp"

namespace boost::asio {
class io_context;
}

namespace roost::graphql {

/// Who has subscribed to what in this process, and what they are told: whatever commits `select pg_notify('roost_news',
/// 'booking <its id> <a person's id> <another's>')` tells those people, in every process, that something happened to
/// that thing. What it is they read themselves. For all threads.
class subscriptions
{
public:
    static constexpr std::string_view channel = "roost_news";

    /// One subscription. All on the thread it joined on.
    class follower
    {
    public:
        virtual ~follower() = default;
        virtual void tell(const uuid& thing) = 0;
        /// Something may have been missed.
        virtual void lose() = 0;
    };
    /// The place of a subscription, which is given back with it.
    using place = std::shared_ptr<void>;

    explicit subscriptions(const settings& how) : how_{how} {}

    /// errc::too_many_requests when `who` has too many, errc::overloaded when this process has.
    result<place> join(user_id who, std::string topic, boost::asio::any_io_executor on, std::weak_ptr<follower> f);

    /// Listens on one thread of the process, until stop() on that thread, which comes before its io_context ends.
    void start(boost::asio::io_context& on, pg::config database);
    void stop();

    /// What came over the channel.
    void heard(std::string_view payload);
    void lost();

private:
    struct entry
    {
        std::string topic;
        boost::asio::any_io_executor on;
        std::weak_ptr<follower> who;
    };
    using entries = std::multimap<uuid, entry>;
    struct listening;

    void leave(entries::iterator which);
    void tell(const uuid& person, std::string_view topic, const uuid& thing);

    const settings how_;
    std::mutex guard_;
    entries followers_;  // by person
    std::shared_ptr<listening> listening_;
};

}  // namespace roost::graphql
