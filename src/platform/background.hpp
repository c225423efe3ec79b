#pragma once
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <type_traits>

#include "platform/task.hpp"

namespace boost::asio {
class io_context;
}

namespace roost {

/// A few threads for work that blocks or takes long, so that no io_context waits for it. For all threads; outlives
/// whoever awaits it. Whoever is cut off gets nothing: work that has not begun is taken away, what runs is asked to
/// stop and waited for.
class background
{
    struct state;
    std::unique_ptr<state> state_;

    /// Whether it was done.
    task<bool> perform(std::function<void(std::stop_token)> work);

public:
    background(unsigned threads, std::size_t most_waiting);
    /// Stops, and waits until nothing runs.
    ~background();

    /// Asks what runs to stop; what has not begun, and what comes from now on, is refused.
    void stop();
    /// The same for what is awaited on this context, and waits until none of it runs. To be called before it ends:
    /// nothing comes back to a context that is gone.
    void detach(boost::asio::io_context& io);

    /// What has not begun.
    std::size_t waiting() const;

    /// Runs `work` (std::stop_token → T, not void) on one of the threads and goes on where it was awaited. Nothing when
    /// too much waits already, or it was cut off, or the program ends. What it throws is thrown here. It owns what it
    /// needs: whoever awaits may be gone by then.
    template <class F>
    auto run(F work) -> task<std::optional<std::invoke_result_t<F&, std::stop_token>>>
    {
        using value = std::invoke_result_t<F&, std::stop_token>;
        struct outcome
        {
            std::optional<value> made;
            std::exception_ptr thrown;
        };
        auto out = std::make_shared<outcome>();
        const bool done = co_await perform([out, work = std::move(work)](std::stop_token stop) mutable {
            try
            {
                out->made.emplace(work(stop));
            }
            catch (...)
            {
                out->thrown = std::current_exception();
            }
        });
        if (!done) co_return std::nullopt;
        if (out->thrown) std::rethrow_exception(out->thrown);
        co_return std::move(out->made);
    }
};

}  // namespace roost
