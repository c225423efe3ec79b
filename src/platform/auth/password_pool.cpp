#include "platform/auth/password_pool.hpp"

using namespace std::chrono_literals;

namespace roost::auth {
namespace {

error too_busy() { return {.code = errc::overloaded, .detail = "Too many sign-ins at once.", .retry_after = 1s}; }

template <class F>
auto hashed_by(background& threads, F work) -> task<result<std::invoke_result_t<F&>>>
{
    using outcome = result<std::invoke_result_t<F&>>;
    auto guarded = [work = std::move(work)](const std::stop_token&) mutable -> outcome {
        try
        {
            return work();
        }
        catch (const std::exception&)  // no memory for the hash
        {
            return std::unexpected{too_busy()};
        }
    };
    auto done = co_await threads.run(std::move(guarded));
    if (!done) co_return std::unexpected{too_busy()};
    co_return std::move(*done);
}

}  // namespace

password_pool::password_pool(const settings& s)
    : cost_{s.cost}, nobody_{hash_password("nobody", s.cost)}, threads_{s.threads, s.most_waiting}
{}

task<result<std::string>> password_pool::hash(std::string password)
{
    auto work = [password = std::move(password), cost = cost_] { return hash_password(password, cost); };
    co_return co_await hashed_by(threads_, std::move(work));
}

task<result<bool>> password_pool::verify(std::string password, std::string phc)
{
    auto work = [password = std::move(password), phc = std::move(phc)] { return verify_password(password, phc); };
    co_return co_await hashed_by(threads_, std::move(work));
}

task<result<bool>> password_pool::verify_nobody(std::string password)
{
    auto checked = co_await verify(std::move(password), nobody_);
    if (!checked) co_return std::unexpected{std::move(checked.error())};
    co_return false;
}

}  // namespace roost::auth
