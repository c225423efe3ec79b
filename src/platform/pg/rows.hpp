#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "platform/schema/schema.hpp"

struct pg_result;

namespace roost::pg {

/// One value as the server sent it: binary format.
struct cell
{
    std::string_view data;
    unsigned type;  // the oid
    bool null;
};

/// Which columns feed the fields of a type, in the order the reader meets them. Made once per statement and type.
using column_map = std::vector<int>;

/// What a statement returned.
class rows
{
    std::shared_ptr<pg_result> result_;
    std::shared_ptr<const column_map> columns_;

public:
    rows() = default;
    explicit rows(std::shared_ptr<pg_result> result, std::shared_ptr<const column_map> columns = {})
        : result_{std::move(result)}, columns_{std::move(columns)}
    {}

    int size() const;
    int width() const;
    std::string_view column(int c) const;
    cell at(int row, int column) const;
    /// Rows inserted, updated, deleted or selected.
    std::int64_t affected() const;

    /// Reads one row into a value of `t`: a scalar from the only column, a struct by the names of its fields.
    /// A struct inside is read from the columns of its own fields, or from a json column of its own name. Money `p`
    /// reads the columns `p` and `currency`. Throws std::logic_error when the statement does not fit the type.
    void read(int row, const schema::type& t, void* into) const;

    template <class T>
    std::vector<T> all() const
    {
        std::vector<T> out(static_cast<std::size_t>(size()));
        for (int i = 0; i < size(); ++i) read(i, schema::type_of<T>, &out[static_cast<std::size_t>(i)]);
        return out;
    }
    /// The first row.
    template <class T>
    std::optional<T> one() const
    {
        std::optional<T> out;
        if (size() > 0) read(0, schema::type_of<T>, &out.emplace());
        return out;
    }
};

/// The columns for a type, to be kept and given to `rows`. Throws std::logic_error when one is missing.
std::shared_ptr<const column_map> map_columns(const rows& r, const schema::type& t);

}  // namespace roost::pg
