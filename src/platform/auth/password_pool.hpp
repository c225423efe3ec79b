#pragma once
#include <string>

#include "core/error.hpp"
#include "platform/auth/password.hpp"
#include "platform/background.hpp"
#include "platform/task.hpp"

namespace roost::auth {

/// Hashes passwords on threads of its own, so that a flood of logins takes neither the serving threads nor all memory.
/// When `most_waiting` are in line, the next is refused at once: errc::overloaded with a Retry-After.
/// To be used from any io_context; must outlive every call.
class password_pool
{
public:
    struct settings
    {
        unsigned threads = 1;
        std::size_t most_waiting = 32;
        argon2_cost cost = {};
    };

    /// At its end it finishes what is running; what still waits is answered errc::overloaded.
    explicit password_pool(const settings& s);

    task<result<std::string>> hash(std::string password);
    task<result<bool>> verify(std::string password, std::string phc);
    /// As much work as verify(), for accounts that do not exist.
    task<result<bool>> verify_nobody(std::string password);

    const argon2_cost& cost() const { return cost_; }
    /// To be called before a context ends that somebody awaited on.
    void detach(boost::asio::io_context& io) { threads_.detach(io); }

private:
    argon2_cost cost_;
    std::string nobody_;
    background threads_;
};

}  // namespace roost::auth
