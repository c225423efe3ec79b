#pragma once
#include <memory>
#include <string>

#include "platform/background.hpp"
#include "platform/mail/message.hpp"
#include "platform/mail/settings.hpp"
#include "platform/task.hpp"

namespace roost::mail {

enum class verdict
{
    accepted,
    refused,  // for good: no such mailbox, not this content
    failed,   // perhaps not the next time
};

struct outcome
{
    verdict what;
    std::string detail;  // for operators: no address, nothing of the mail
};

/// Hands mails to an SMTP server, on a few threads of its own over connections that stay open between mails. To be used
/// from any io_context; must outlive every call.
class smtp
{
    struct state;
    std::unique_ptr<state> state_;

public:
    explicit smtp(const settings& how);
    /// Breaks off what is being sent; what waits has failed.
    ~smtp();

    /// Ends within the settings' timeout once it is its turn; fails at once when too many wait. Whoever is cut off has
    /// not sent it while it waited, and breaks it off when it runs.
    task<outcome> send(message m);
    /// To be called before a context ends that somebody awaited on.
    void detach(boost::asio::io_context& io);
};

}  // namespace roost::mail
