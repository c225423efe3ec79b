#pragma once
#include <optional>

#include "platform/pg/statement.hpp"
#include "search/query.hpp"

/// The statements of search. They are composed once from fixed fragments, because PostgreSQL takes an ordering
/// only as text; every value is a parameter, and the parameters are the same for all of them (search/store.cpp) but
/// page_of_all().
namespace roost::search::sql {

/// A parameter that is null filters nothing: planned for its values, PostgreSQL drops those conditions. Before each
/// statement, as each may end it.
inline constexpr pg::statement plan_for_values{"search.plan_for_values",
                                               "set local plan_cache_mode = force_custom_plan"};

/// One page in this order; `backwards`: the rows before the cursor, nearest first.
pg::statement page(ordering by, bool backwards);

/// The same of everything that is listed, where the order is that of a column: so short that it may be planned at every
/// turn. $1 is the limit, and but for the `first` page $2 and $3 are the cursor's key and id.
std::optional<pg::statement> page_of_all(ordering by, bool backwards, bool first);

/// How many there are on all pages.
pg::statement count();

}  // namespace roost::search::sql
