#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "core/clock.hpp"
#include "platform/jobs/jobs.hpp"
#include "platform/jobs/queue.hpp"

namespace boost::asio {
class io_context;
}

namespace roost::jobs {

class meters;
enum class outcome;

struct worker_config
{
    /// Jobs at a time on each thread; 0: this process does none, it only tells the others.
    int hands = 4;
    /// How often it looks for work when nobody tells it of any.
    std::chrono::milliseconds poll{1'000};
    /// The first pause after a failure is at most this; it doubles with each.
    std::chrono::milliseconds first_pause{5'000};
    /// What runs when the process is asked to end has so long, then it is cut off and given back.
    std::chrono::milliseconds grace{20'000};
    /// Dead jobs are kept so long.
    std::chrono::days dead_kept{30};
};

/// Does a job whose payload is JSON that it looks into itself.
using untyped_handler = std::function<task<result<void>>(attempt&, const std::string& payload)>;

/// Does jobs. Handlers and periods are declared first, then each serving thread attaches. Any number of processes may
/// work on one queue.
class worker
{
public:
    worker(pg::database& db, const clock& c, pg::config for_listening, worker_config how);
    ~worker();

    /// Who does the jobs of this kind. A kind that no process knows waits for one that does.
    template <class Payload>
    void on(const kind<Payload>& k, handler<Payload> h)
    {
        add({{std::string{k.name}, k.priority, k.attempts, k.concurrency, k.timeout},
             k.longest_pause,
             [](const std::string& payload) -> result<void> {
                 auto p = schema::from_json<Payload>(payload);
                 if (!p) return std::unexpected{std::move(p.error())};
                 return {};
             },
             [h = std::move(h)](attempt& a, const std::string& payload) -> task<result<void>> {
                 auto p = schema::from_json<Payload>(payload);
                 if (!p) co_return std::unexpected{std::move(p.error())};
                 co_return co_await h(a, std::move(*p));
             }});
    }
    /// Enqueues one with an empty payload every `period`, once over all processes; none while one still waits. Periods
    /// that passed while nobody worked are not made up for.
    template <class Payload>
    void every(std::chrono::seconds period, const kind<Payload>& k)
    {
        periodic_.push_back({std::string{k.name}, schema::to_json(Payload{}), k.priority, period});
    }

    /// Jobs of this kind are done by this instead; a kind nobody has declared is declared by it.
    void hand_over(const std::string& kind, untyped_handler to);
    /// The payload as jobs of this kind need it, or what is wrong with it.
    result<void> check(const std::string& kind, const std::string& payload) const;
    /// Nothing when the kind is not declared.
    std::optional<kind_terms> terms_of(const std::string& kind) const;

    /// Begins to work on the context. To be called on its thread, as are the three below.
    void attach(boost::asio::io_context& io);
    /// Begins nothing more; what runs has `grace` to end, then it goes back to the queue.
    void drain(boost::asio::io_context& io);
    bool idle(boost::asio::io_context& io) const;
    /// Leaves the context without waiting for anything; what still runs waits for its lease to end.
    void detach(boost::asio::io_context& io);

    /// How many have a hand at work, over all threads of the process.
    int running() const { return running_.load(std::memory_order_relaxed); }

private:
    struct registered
    {
        kind_terms terms;
        std::chrono::seconds longest_pause;
        std::function<result<void>(const std::string& payload)> check;
        untyped_handler run;
    };
    struct thread;
    struct one_try;

    pg::database& db_;
    const clock& clock_;
    const pg::config for_listening_;
    const worker_config how_;
    std::map<std::string, registered, std::less<>> kinds_;
    std::vector<kind_terms> terms_;
    std::vector<periodic> periodic_;
    std::unique_ptr<meters> meters_;
    std::atomic<int> running_{0};
    mutable std::mutex guard_;
    std::vector<std::shared_ptr<thread>> threads_;  // under guard_
    std::atomic<boost::asio::io_context*> home_{nullptr};

    void add(registered r);
    std::shared_ptr<thread> find(boost::asio::io_context& io) const;

    void wake_all();
    void rung_on(const std::shared_ptr<thread>& t);
    task<> tell_others(std::shared_ptr<thread> t);
    task<> work(std::shared_ptr<thread> t);
    task<bool> take(std::shared_ptr<thread> t, int hands);
    void begin(const std::shared_ptr<thread>& t, claimed job);
    task<> look_after(std::shared_ptr<thread> t);
    task<> listen(std::shared_ptr<thread> t);

    task<> do_one(std::shared_ptr<thread> home, std::shared_ptr<one_try> t);
    task<result<void>> run_handler(std::shared_ptr<one_try> t, const registered& k);
    task<outcome> conclude(thread& home, const one_try& t, const registered& k, result<void> said);
    task<outcome> failed(const one_try& t, const registered& k, const error& why);
    static outcome lost_lease(const one_try& t);
    std::chrono::milliseconds pause_after(const registered& k, int tries) const;
};

}  // namespace roost::jobs
