#include "payments/admin/audit.hpp"

#include "payments/admin/queries.hpp"

namespace roost::payments {

void audit(pg::tx& tx, user_id actor, std::string_view action, const uuid& subject, std::string_view reason,
           instant now)
{
    tx.queue(admin::sql::insert_audit, uuid::v7(), actor, action, subject, reason, now);
}

}  // namespace roost::payments
