#include <boost/asio/query.hpp>
#include <utility>

#include "platform/pg/pool.hpp"

namespace roost::pg {

namespace asio = boost::asio;

namespace {

/// The pools of one io_context: they close, and whoever waits in them is destroyed, before the context is gone.
class pools final : public asio::execution_context::service
{
    std::vector<std::pair<const void*, std::shared_ptr<pool>>> all_;

    void shutdown() override
    {
        for (auto& [database, p] : std::exchange(all_, {})) p->shut_down();
    }

public:
    using key_type = pools;
    static inline asio::execution_context::id id;

    explicit pools(asio::execution_context& of) : service{of} {}

    std::shared_ptr<pool>* find(const void* database)
    {
        for (auto& [owner, p] : all_)
            if (owner == database) return &p;
        return nullptr;
    }
    void add(const void* database, std::shared_ptr<pool> p) { all_.emplace_back(database, std::move(p)); }
};

}  // namespace

std::shared_ptr<pool> pool::of(const asio::any_io_executor& on, const std::shared_ptr<database::shared>& database)
{
    auto& context = asio::query(on, asio::execution::context);
    auto& here = asio::use_service<pools>(context);
    if (auto* const known = here.find(database.get())) return *known;
    auto made = std::make_shared<pool>(on, database);
    here.add(database.get(), made);
    return made;
}

void pool::disconnect(asio::execution_context& of, const std::shared_ptr<database::shared>& database)
{
    if (auto* const known = asio::use_service<pools>(of).find(database.get())) (*known)->disconnect();
}

}  // namespace roost::pg
