#pragma once
#include <unordered_map>
#include <utility>
#include <vector>

#include "platform/schema/schema.hpp"
#include "platform/task.hpp"

/// What a statement finds of several things at once.
namespace roost::pg {

/// A row, and which of them it belongs to: the column `whose`.
template <class Id, class Row>
struct row_of
{
    Id whose;
    Row row;

    static constexpr auto fields =
        schema::fields(schema::field<&row_of::whose>("whose"), schema::field<&row_of::row>("row"));
};

/// The rows of each, in their order.
template <class Id, class Row>
class piles
{
    std::unordered_map<Id, std::vector<Row>> all_;

public:
    void add(const Id& whose, Row row) { all_[whose].push_back(std::move(row)); }
    const std::vector<Row>& operator[](const Id& whose) { return all_[whose]; }
    /// Takes those of one; none where there are none.
    std::vector<Row> take(const Id& whose)
    {
        const auto found = all_.find(whose);
        return found == all_.end() ? std::vector<Row>{} : std::move(found->second);
    }
};

template <class Id, class Row>
task<piles<Id, Row>> piled(task<std::vector<row_of<Id, Row>>> found)
{
    piles<Id, Row> all;
    for (auto& r : co_await std::move(found)) all.add(r.whose, std::move(r.row));
    co_return all;
}

}  // namespace roost::pg
