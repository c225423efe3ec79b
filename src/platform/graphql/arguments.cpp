#include "platform/graphql/arguments.hpp"

#include <algorithm>
#include <format>

#include "platform/graphql/global_id.hpp"
#include "platform/graphql/names.hpp"
#include "platform/schema/json.hpp"

namespace roost::graphql {
namespace {

const roost::schema::type& innermost(const roost::schema::type& t)
{
    using roost::schema::kind;
    const bool around = t.k == kind::optional || t.k == kind::patch;
    return around ? innermost(*t.element) : t;
}

std::string_view enumerator(const roost::schema::type& t, std::string_view name)
{
    const auto it = std::ranges::find(t.names, name, [](std::string_view n) { return upper(n); });
    return it == t.names.end() ? name : *it;
}

void write_plain(std::string& json, const input& v)
{
    switch (v.kind)
    {
        case input_kind::null: json += "null"; return;
        case input_kind::boolean: json += v.boolean ? "true" : "false"; return;
        case input_kind::integer: json += std::to_string(v.integer); return;
        case input_kind::floating: json += std::format("{}", v.floating); return;
        case input_kind::text:
        case input_kind::enum_value: roost::schema::write_string(json, v.text); return;
        case input_kind::list:
        case input_kind::object: json += "null"; return;  // no scalar of ours is written as either
    }
}

struct page_wish
{
    std::optional<std::int64_t> limit;
    std::string cursor;
};

const input* given(const input_map& arguments, std::string_view name)
{
    const auto* v = arguments.find(name);
    return v && !v->is_null() ? v : nullptr;
}

/// Forwards from `after`, or backwards from `before`.
result<page_wish> page_of(const input_map& arguments)
{
    const auto *first = given(arguments, "first"), *after = given(arguments, "after");
    const auto *last = given(arguments, "last"), *before = given(arguments, "before");
    if ((first || after) && (last || before))
        return invalid("/last", "last and before go without first and after", "requires");
    if (last && !before) return invalid("/before", "last counts back from before", "required");
    page_wish wish;
    if (first || last) wish.limit = (first ? first : last)->integer;
    if (after || before) wish.cursor = (after ? ">" : "<") + std::string{(after ? after : before)->text};
    return wish;
}

void add_member(std::string& json, std::string_view name, std::string_view value)
{
    if (json.size() > 1) json.push_back(',');
    roost::schema::write_string(json, name);
    json.push_back(':');
    json += value;
}

}  // namespace

std::string_view input_names::type_of_id(const roost::schema::type& id) const
{
    const auto it = id_types_.find(&id);
    return it == id_types_.end() ? std::string_view{} : it->second;
}

void input_names::write_value(std::string& json, const roost::schema::type& whole, const input& v) const
{
    using roost::schema::kind;
    const auto& t = innermost(whole);
    if (v.kind == input_kind::list && t.k == kind::list)
    {
        json.push_back('[');
        for (const auto& item : v.items)
        {
            if (&item != &v.items.front()) json.push_back(',');
            write_value(json, *t.element, item);
        }
        json.push_back(']');
    }
    else if (v.kind == input_kind::object && t.k == kind::object)
        write(json, t, v.members);
    else if (v.kind == input_kind::object && t.k == kind::money)
    {
        json.push_back('{');
        for (const auto& m : v.members)
        {
            if (&m != &v.members.front()) json.push_back(',');
            roost::schema::write_string(json, m.name);
            json.push_back(':');
            write_plain(json, m.value);
        }
        json.push_back('}');
    }
    else if (t.k == kind::enumeration && v.kind == input_kind::enum_value)
        roost::schema::write_string(json, enumerator(t, v.text));
    else if (t.k == kind::id && v.kind == input_kind::text)
    {
        const auto id = parse_id(v.text, type_of_id(t));
        roost::schema::write_string(json, id ? id->text() : v.text);
    }
    else
        write_plain(json, v);
}

void input_names::write_member(std::string& json, const roost::schema::field_info& f, const input& v) const
{
    // Null says something only where it can be kept, which is in a patch; elsewhere it is as good as nothing.
    if (v.is_null() && f.of->k != roost::schema::kind::patch) return;
    if (json.back() != '{') json.push_back(',');
    roost::schema::write_string(json, f.name);
    json.push_back(':');
    write_value(json, *f.of, v);
}

void input_names::write(std::string& json, const roost::schema::type& object,
                        std::span<const input_member> members) const
{
    json.push_back('{');
    for (const auto& f : object.fields)
    {
        const auto it = std::ranges::find(members, camel(f.name), &input_member::name);
        if (it != members.end()) write_member(json, f, it->value);
    }
    json.push_back('}');
}

result<void> input_names::read(std::span<const input_member> members, const roost::schema::type& object,
                               void* into) const
{
    std::string json;
    write(json, object, members);
    auto read = roost::schema::read_json(json, object, into);
    if (!read) return std::unexpected{in_graph_names(std::move(read.error()))};
    return {};
}

result<void> input_names::read_page(const input_map& arguments, bool count, const roost::schema::type& query,
                                    void* into) const
{
    const auto wish = page_of(arguments);
    if (!wish) return std::unexpected{wish.error()};
    std::string json;
    const auto* filter = given(arguments, "filter");
    write(json, query, filter ? filter->members : std::span<const input_member>{});
    json.pop_back();
    if (const auto* order = given(arguments, "orderBy"))
    {
        const auto f = std::ranges::find(query.fields, std::string_view{"ordering"}, &roost::schema::field_info::name);
        std::string name;
        roost::schema::write_string(name, enumerator(innermost(*f->of), order->text));
        add_member(json, "ordering", name);
    }
    if (wish->limit) add_member(json, "limit", std::to_string(*wish->limit));
    if (!wish->cursor.empty())
    {
        std::string cursor;
        roost::schema::write_string(cursor, wish->cursor);
        add_member(json, "cursor", cursor);
    }
    if (count && std::ranges::contains(query.fields, std::string_view{"count"}, &roost::schema::field_info::name))
        add_member(json, "count", "true");
    json.push_back('}');
    auto read = roost::schema::read_json(json, query, into);
    if (read) return {};
    return std::unexpected{in_list_names(std::move(read.error()), arguments)};
}

roost::error in_list_names(roost::error e, const input_map& arguments)
{
    for (auto& f : e.fields)
    {
        std::string_view name = f.pointer;
        name.remove_prefix(name.starts_with('/'));
        if (name == "limit")
            f.pointer = given(arguments, "last") ? "/last" : "/first";
        else if (name == "cursor")
            f.pointer = given(arguments, "before") ? "/before" : "/after";
        else
            f.pointer = name == "ordering" ? "/orderBy" : "/filter/" + camel_pointer(name);
    }
    return e;
}

roost::error in_graph_names(roost::error e)
{
    for (auto& f : e.fields) f.pointer = camel_pointer(f.pointer);
    return e;
}

}  // namespace roost::graphql
