#pragma once
#include <string>
#include <variant>
#include <vector>

#include "platform/graphql/plan.hpp"

/// Inside of execution.
namespace roost::graphql {

/// All objects of one type that a field led to.
struct level
{
    const planned_set* set = nullptr;
    std::vector<const void*> parents;
    std::vector<std::vector<value>> results;  // by field; empty for what is written where it stands
};

/// Writes the answer, completing values: a null where none may be takes everything with it up to the nearest place
/// where one may, with one error for each such place. Errors stand in the order in which they are met.
class writer
{
    const execution& e_;
    planner& planner_;
    std::string& out_;
    std::string errors_;
    std::vector<std::variant<std::string_view, std::size_t>> path_;
    std::size_t start_ = 0;

    bool write_field(const planned_field& f, const void* parent, const value* ready);
    bool write_object(const planned_set& s, const void* data);
    bool write_object(const planned_field& f, const object& o);
    bool write_declared(const planned_field& f, const declared& d, const roost::schema::type& t, const void* p);
    bool complete(const planned_field& f, wrapping around, const value& v);
    bool complete_present(const planned_field& f, wrapping around, const value& v);
    bool complete_leaf(const planned_field& f, const value& v);
    bool complete_list(const planned_field& f, wrapping around, const value& v);
    void fail(const failure& why, const std::vector<location>& places);
    void fail(const planned_field& f, failure why);
    bool refuse(const planned_field& f, std::string message);
    bool end_without_data();

public:
    writer(const execution& e, planner& p, std::string& out) : e_{e}, planner_{p}, out_{out} {}

    /// False: there is no data.
    bool write_root(const level& top);

    // The same in parts.
    bool begin_root(const level& top);
    bool write_root_field(const level& top, std::size_t field);
    void end_root();

    /// The errors; whether there are any.
    bool finish();
};

}  // namespace roost::graphql
