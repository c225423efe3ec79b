#include "platform/graphql/writer.hpp"

#include <format>

#include "platform/graphql/global_id.hpp"
#include "platform/graphql/leaf.hpp"
#include "platform/schema/json.hpp"

namespace roost::graphql {
namespace {

void write_location(std::string& out, const location& l)
{
    std::format_to(std::back_inserter(out), R"({{"line":{},"column":{}}})", l.line, l.column);
}

void write_locations(std::string& out, const std::vector<location>& all)
{
    if (all.empty()) return;
    out += R"(,"locations":[)";
    for (const auto& l : all)
    {
        if (&l != &all.front()) out.push_back(',');
        write_location(out, l);
    }
    out.push_back(']');
}

void write_extensions(std::string& out, const failure& why)
{
    out += R"(,"extensions":{"code":)";
    roost::schema::write_string(out, why.code.empty() ? internal_code : why.code);
    if (why.retry_after) std::format_to(std::back_inserter(out), R"(,"retryAfter":{})", why.retry_after->count());
    if (!why.fields.empty())
    {
        out += R"(,"errors":[)";
        for (const auto& f : why.fields)
        {
            if (&f != &why.fields.front()) out.push_back(',');
            out += R"({"pointer":)";
            roost::schema::write_string(out, f.pointer);
            out += R"(,"code":)";
            roost::schema::write_string(out, f.code);
            out += R"(,"detail":)";
            roost::schema::write_string(out, f.detail);
            out.push_back('}');
        }
        out.push_back(']');
    }
    out.push_back('}');
}

}  // namespace

void write_error(std::string& out, const error& e)
{
    out += R"({"message":)";
    roost::schema::write_string(out, e.message);
    write_locations(out, e.locations);
    write_extensions(out, {.message = {}, .code = e.code});
    out.push_back('}');
}

void writer::fail(const failure& why, const std::vector<location>& places)
{
    errors_ += errors_.empty() ? R"({"message":)" : R"(,{"message":)";
    roost::schema::write_string(errors_, why.message);
    write_locations(errors_, places);
    if (!path_.empty())
    {
        errors_ += R"(,"path":[)";
        for (const auto& step : path_)
        {
            if (&step != &path_.front()) errors_.push_back(',');
            if (const auto* name = std::get_if<std::string_view>(&step))
                roost::schema::write_string(errors_, *name);
            else
                errors_ += std::to_string(std::get<std::size_t>(step));
        }
        errors_.push_back(']');
    }
    write_extensions(errors_, why);
    errors_.push_back('}');
}

void writer::fail(const planned_field& f, failure why)
{
    if (f.places.empty())
        for (const auto* node : f.nodes) f.places.push_back(e_.what.locate(node->at));
    fail(why, f.places);
}

/// A value that is none of its type.
bool writer::refuse(const planned_field& f, std::string message)
{
    fail(f, {.message = std::move(message), .code = internal_code});
    return false;
}

bool writer::complete(const planned_field& f, wrapping around, const value& v)
{
    const auto* why = v.failed();
    if (why) fail(f, *why);
    if (around.non_null())
    {
        if (v.is_null())
            return refuse(f, std::format("Cannot return null for non-nullable field {}.{}.",
                                         f.definition->parent->name(), f.definition->name));
        return !why && complete_present(f, around.nullable(), v);
    }
    const auto start = out_.size();
    if (!why && !v.is_null() && complete_present(f, around, v)) return true;
    out_.resize(start);
    out_ += "null";
    return true;
}

bool writer::complete_present(const planned_field& f, wrapping around, const value& v)
{
    if (around.list()) return complete_list(f, around, v);
    if (const auto* o = v.as<object>()) return write_object(f, *o);
    if (f.definition->type.named->leaf()) return complete_leaf(f, v);
    return refuse(f, "This is no object.");
}

bool writer::complete_list(const planned_field& f, wrapping around, const value& v)
{
    const auto* items = v.as<value::list>();
    if (!items)
        return refuse(
            f, std::format("Expected a list for field {}.{}.", f.definition->parent->name(), f.definition->name));
    out_.push_back('[');
    for (std::size_t i = 0; i < items->size(); ++i)
    {
        if (i) out_.push_back(',');
        path_.emplace_back(i);
        const bool good = complete(f, around.item(), (*items)[i]);
        path_.pop_back();
        if (!good) return false;
    }
    out_.push_back(']');
    return true;
}

bool writer::complete_leaf(const planned_field& f, const value& v)
{
    if (auto bad = write_leaf(out_, *f.definition->type.named, v)) return refuse(f, std::move(*bad));
    return true;
}

bool writer::write_object(const planned_field& f, const object& o)
{
    const auto& expected = *f.definition->type.named;
    const auto& type = o.type ? *o.type : expected;
    if (!expected.can_be(type))
        return refuse(f, std::format("{} is no possible type of {}.", type.name(), expected.name()));
    if (!o.in)
    {
        const auto& set = planner_.below(f, type);
        if (!set.refused) return write_object(set, o.data);
        fail(set.refused->why, set.refused->places);
        return false;
    }
    if (const auto& refused = o.in->set->refused)
    {
        fail(refused->why, refused->places);
        return false;
    }
    char before = '{';
    for (std::size_t i = 0; i < o.in->set->fields.size(); ++i)
    {
        out_.push_back(std::exchange(before, ','));
        const auto& ready = o.in->results[i];
        if (!write_field(o.in->set->fields[i], o.data, ready.empty() ? nullptr : &ready[o.place])) return false;
    }
    if (before == '{') out_.push_back('{');
    out_.push_back('}');
    return true;
}

bool writer::write_object(const planned_set& s, const void* data)
{
    char before = '{';
    for (const auto& f : s.fields)
    {
        out_.push_back(std::exchange(before, ','));
        if (!write_field(f, data, nullptr)) return false;
    }
    if (before == '{') out_.push_back('{');
    out_.push_back('}');
    return true;
}

bool writer::write_field(const planned_field& f, const void* parent, const value* ready)
{
    out_.push_back('"');
    out_ += f.name;
    out_ += "\":";
    path_.emplace_back(f.name);
    bool good = true;
    if (f.refused)
    {
        fail(f.refused->why, f.refused->places);
        good = !f.definition->type.non_null();
        if (good) out_ += "null";
    }
    else if (ready)
        good = complete(f, f.definition->type.around, *ready);
    else if (const auto* member = std::get_if<declared>(f.does))
        good = write_declared(f, *member, *member->of, member->at(const_cast<void*>(parent)));
    else if (const auto* compute = std::get_if<getter>(f.does))
        good = complete(f, f.definition->type.around, (*compute)(e_.context, parent, f.arguments));
    else
        roost::schema::write_string(out_, f.set_type->name());  // __typename
    path_.pop_back();
    return good;
}

bool writer::write_declared(const planned_field& f, const declared& d, const roost::schema::type& t, const void* p)
{
    using roost::schema::kind;
    switch (t.k)
    {
        case kind::optional:
        case kind::patch:
            if (const void* inner = t.peek(p))
            {
                const auto start = out_.size();
                if (write_declared(f, d, *t.element, inner)) return true;
                out_.resize(start);
            }
            out_ += "null";
            return true;
        case kind::list:
            out_.push_back('[');
            for (std::size_t i = 0, n = t.size(p); i < n; ++i)
            {
                if (i) out_.push_back(',');
                path_.emplace_back(i);
                const bool good = write_declared(f, d, *t.element, t.item(p, i));
                path_.pop_back();
                if (!good) return false;
            }
            out_.push_back(']');
            return true;
        case kind::money:
        case kind::object: return write_object(f, object{.data = p});
        case kind::id: write_id(out_, d.id_of, *static_cast<const uuid*>(p)); return true;
        case kind::enumeration:
            roost::schema::write_string(out_,
                                        f.definition->type.named->values()[static_cast<std::size_t>(t.get(p))].name);
            return true;
        default: roost::schema::write_json(out_, t, p); return true;
    }
}

bool writer::end_without_data()
{
    out_.resize(start_);
    out_ += R"("data":null)";
    return false;
}

bool writer::begin_root(const level& top)
{
    start_ = out_.size();
    if (const auto& refused = top.set->refused)
    {
        fail(refused->why, refused->places);
        return end_without_data();
    }
    out_ += R"("data":{)";
    return true;
}

bool writer::write_root_field(const level& top, std::size_t field)
{
    if (field) out_.push_back(',');
    const auto& ready = top.results[field];
    if (write_field(top.set->fields[field], top.parents.front(), ready.empty() ? nullptr : &ready.front())) return true;
    return end_without_data();
}

void writer::end_root() { out_.push_back('}'); }

bool writer::write_root(const level& top)
{
    if (!begin_root(top)) return false;
    for (std::size_t i = 0; i < top.set->fields.size(); ++i)
        if (!write_root_field(top, i)) return false;
    end_root();
    return true;
}

bool writer::finish()
{
    if (errors_.empty()) return false;
    out_ += R"(,"errors":[)";
    out_ += errors_;
    out_.push_back(']');
    return true;
}

}  // namespace roost::graphql
