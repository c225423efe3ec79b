#pragma once
#include <string_view>

namespace roost::pg {

/// One statement of a feature's queries.sql. The name says which in logs and metrics and is the prepared statement's
/// own, so it stands for one text only.
struct statement
{
    std::string_view name;
    std::string_view sql;
    /// `-- name: x slow`: gets a connection of its own, so that nobody waits behind it.
    bool slow = false;
};

}  // namespace roost::pg
