#include "platform/graphql/graph.hpp"

#include <algorithm>
#include <format>
#include <stdexcept>

#include "platform/graphql/names.hpp"

namespace roost::graphql {
namespace {

using roost::schema::kind;

struct scalar
{
    roost::schema::kind of;
    std::string_view name, doc, url;
};

constexpr scalar scalars[] = {
    {kind::int64, "Int64", "A whole number of up to 63 bits, as a JSON number.", ""},
    {kind::currency, "Currency", "An ISO 4217 code: \"EUR\".", "https://www.iso.org/iso-4217-currency-codes.html"},
    {kind::date, "Date", "A calendar day without a time zone: \"2026-12-24\".",
     "https://www.rfc-editor.org/rfc/rfc3339#section-5.6"},
    {kind::instant, "DateTime", "A moment in UTC: \"2026-12-24T15:00:00Z\".",
     "https://www.rfc-editor.org/rfc/rfc3339#section-5.6"},
    {kind::time_zone, "TimeZone", "A name of the IANA time zone database: \"Europe/Lisbon\".",
     "https://www.iana.org/time-zones"},
};

bool is_optional(const roost::schema::type& t) { return t.k == kind::optional || t.k == kind::patch; }

const roost::schema::type& without_optional(const roost::schema::type& t)
{
    return is_optional(t) ? without_optional(*t.element) : t;
}

const roost::schema::type& innermost(const roost::schema::type& t)
{
    return is_optional(t) || t.k == kind::list ? innermost(*t.element) : t;
}

/// The fields of a list's query that a connection has arguments of its own for.
bool is_paging(std::string_view name) { return name == "limit" || name == "cursor" || name == "count"; }

value amount(context&, const void* m, const input_map&) { return static_cast<const money*>(m)->minor(); }
value unit(context&, const void* m, const input_map&) { return static_cast<const money*>(m)->unit().code(); }

}  // namespace

graph::graph(http::api& operations)
    : operations_{operations}, inputs_{std::make_shared<input_names>()}, nodes_{std::make_shared<node_registry>()}
{
    add_basics();
}
graph::~graph() = default;

void graph::add_basics()
{
    schema_.description = "Short-term rentals: finding, booking and reviewing places to stay.";
    add_type({.kind = type_kind::object, .name = "Query", .description = "What can be read."});
    add_type(
        {.kind = type_kind::interface,
         .name = "Node",
         .description = "What has an id of its own.",
         .fields = {{.name = "id", .type = "ID!", .description = "Unique over all types; not to be looked into."}}});
    add_type({.kind = type_kind::object, .name = "PageInfo", .description = "Where a page of a list stands."});
    const auto about = [this](std::string name, std::string of, std::string doc) {
        auto b = behaviour_of_page_info(name);
        add_field("PageInfo", std::move(name), std::move(of), std::move(doc), std::move(b));
    };
    about("hasNextPage", "Boolean!", "Whether something follows.");
    about("hasPreviousPage", "Boolean!", "Whether something comes before.");
    about("startCursor", "String", "Of the first; null on an empty page.");
    about("endCursor", "String", "Of the last; null on an empty page.");
    auto& node = add_field("Query", "node", "Node", "Whatever has this id; null when there is nothing to be seen.",
                           node_resolver(nodes_));
    node.arguments = {{.name = "id", .type = "ID!"}};
    auto& nodes =
        add_field("Query", "nodes", "[Node]!", "The same of up to 100 ids, in their order.", nodes_resolver(nodes_));
    nodes.arguments = {{.name = "ids", .type = "[ID!]!"}};
    nodes.size = {.arguments = {"ids"}, .sized = {}, .assumed = 100};
}

definition::named_type& graph::add_type(definition::named_type t)
{
    places_.emplace(t.name, schema_.types.size());
    return schema_.types.emplace_back(std::move(t));
}

definition::named_type& graph::type(const std::string& name) { return schema_.types.at(places_.at(name)); }

void graph::name_type(const roost::schema::type& t, std::string name)
{
    const auto [it, fresh] = named_.emplace(name, &t);
    if (!fresh && it->second != &t) throw std::logic_error("two types are called " + name);
    if (const auto [own, first] = names_.emplace(&t, name); !first && own->second != name)
        throw std::logic_error(std::format("{} was called {} before", name, own->second));
}

std::string graph::own_name(const roost::schema::type& t, std::string_view suffix)
{
    if (!names_.contains(&t)) name_type(t, pascal(t.name));
    const auto& name = names_.at(&t);
    return name.ends_with(suffix) ? name : name + std::string{suffix};
}

std::string graph::scalar_of(roost::schema::kind k)
{
    const auto& s = *std::ranges::find(scalars, k, &scalar::of);
    std::string name{s.name};
    if (!places_.contains(name))
        add_type({.kind = type_kind::scalar, .name = name, .description = std::string{s.doc}}).specified_by =
            s.url.empty() ? std::nullopt : std::optional{std::string{s.url}};
    return name;
}

std::string graph::enumeration(const roost::schema::type& t)
{
    auto name = own_name(t, "");
    if (places_.contains(name)) return name;
    auto& made = add_type({.kind = type_kind::enumeration, .name = name});
    for (const auto n : t.names) made.values.push_back({.name = upper(n)});
    return name;
}

std::string graph::output_name(const roost::schema::type& whole)
{
    const auto& t = innermost(whole);
    switch (t.k)
    {
        case kind::boolean: return "Boolean";
        case kind::int32: return "Int";
        case kind::number: return "Float";
        case kind::text: return "String";
        case kind::id: return "ID";
        case kind::enumeration: return enumeration(t);
        case kind::int64:
        case kind::currency:
        case kind::date:
        case kind::instant:
        case kind::time_zone: return scalar_of(t.k);
        case kind::money:
            if (!places_.contains("Money"))
            {
                add_type({.kind = type_kind::object, .name = "Money", .description = "An amount of one currency."});
                add_field("Money", "amount", scalar_of(kind::int64) + "!", "In minor units: cents.", getter{amount});
                add_field("Money", "currency", scalar_of(kind::currency) + "!", "", getter{unit});
            }
            return "Money";
        default: break;
    }
    auto name = own_name(t, "");
    describe(t, {});
    return name;
}

std::string graph::output_type(const roost::schema::type& t)
{
    if (is_optional(t))
    {
        auto inner = output_type(*t.element);
        inner.pop_back();  // '!'
        return inner;
    }
    if (t.k == kind::list) return "[" + output_type(*t.element) + "]!";
    return output_name(t) + "!";
}

void graph::describe(const roost::schema::type& t, std::string doc)
{
    const auto name = own_name(t, "");
    if (places_.contains(name)) return;
    add_type({.kind = type_kind::object, .name = name, .description = std::move(doc)});
    for (const auto& f : t.fields)
    {
        const auto field = camel(f.name);
        add_field(name, field, output_type(*f.of), std::string{f.doc}, declared{f.of, f.at});
        if (const auto& inner = innermost(*f.of); inner.k == kind::id) ids_[{name, field}] = &inner;
    }
}

definition::field& graph::add_field(const std::string& on, std::string name, std::string of, std::string doc,
                                    behaviour b)
{
    if (!behaviours_.emplace(std::pair{on, name}, std::move(b)).second)
        throw std::logic_error(std::format("{}.{} is declared twice", on, name));
    return type(on).fields.emplace_back(
        definition::field{.name = std::move(name), .type = std::move(of), .description = std::move(doc)});
}

std::string graph::input_name(const roost::schema::type& whole)
{
    const auto& t = innermost(whole);
    if (t.k == kind::money)
    {
        if (!places_.contains("MoneyInput"))
        {
            const auto amount_type = scalar_of(kind::int64) + "!", unit_type = scalar_of(kind::currency) + "!";
            add_type({.kind = type_kind::input_object,
                      .name = "MoneyInput",
                      .description = "An amount of one currency.",
                      .inputs = {{.name = "amount", .type = amount_type, .description = "In minor units: cents."},
                                 {.name = "currency", .type = unit_type}}});
        }
        return "MoneyInput";
    }
    if (t.k != kind::object) return output_name(t);
    auto name = own_name(t, "Input");
    if (places_.contains(name)) return name;
    add_type({.kind = type_kind::input_object, .name = name});
    auto inputs = arguments_of(t);
    type(name).inputs = std::move(inputs);
    return name;
}

std::string graph::input_type(const roost::schema::field_info& f)
{
    const auto& t = without_optional(*f.of);
    const auto name = input_name(t);
    auto text = t.k == kind::list ? "[" + name + "!]" : name;
    return f.required ? text + "!" : text;
}

std::vector<definition::input_value> graph::arguments_of(const roost::schema::type& t)
{
    std::vector<definition::input_value> all;
    for (const auto& f : t.fields)
        all.push_back({.name = camel(f.name), .type = input_type(f), .description = std::string{f.doc}});
    return all;
}

std::vector<definition::input_value> graph::connection_arguments(const std::string& field,
                                                                 const roost::schema::type& query)
{
    std::vector<definition::input_value> all, filter;
    for (const auto& f : query.fields)
    {
        if (is_paging(f.name)) continue;
        if (f.name == "ordering")
            all.push_back({.name = "orderBy", .type = input_name(*f.of), .description = std::string{f.doc}});
        else
            filter.push_back({.name = camel(f.name), .type = input_type(f), .description = std::string{f.doc}});
    }
    if (!filter.empty())
    {
        const auto name = (field.starts_with("Query") ? field.substr(5) : field) + "Filter";
        add_type({.kind = type_kind::input_object,
                  .name = name,
                  .description = "Which of them; all conditions together.",
                  .inputs = std::move(filter)});
        all.insert(all.begin(), {.name = "filter", .type = name});
    }
    all.push_back({.name = "first", .type = "Int", .description = "So many from the beginning, or behind `after`."});
    all.push_back({.name = "after", .type = "String", .description = "A cursor."});
    all.push_back({.name = "last", .type = "Int", .description = "So many before `before`."});
    all.push_back({.name = "before", .type = "String", .description = "A cursor."});
    return all;
}

std::string graph::connection_type(const std::string& node, const roost::schema::type* row)
{
    const auto stem = row ? own_name(*row, "") : node;
    const auto name = stem + "Connection", edge = stem + "Edge";
    if (!connections_.insert(name).second) return name;
    add_type({.kind = type_kind::object, .name = edge, .description = "A place in a list."});
    add_field(edge, "cursor", "String!", "For `after` and `before`.", behaviour_of_edge("cursor"));
    add_field(edge, "node", node + "!", "What stands there.", behaviour_of_edge("node"));
    if (row)
        for (const auto& f : row->fields)
            add_field(edge, camel(f.name), output_type(*f.of), std::string{f.doc}, behaviour_of_row(f));
    add_type({.kind = type_kind::object, .name = name, .description = "A page of a list."});
    const auto add = [&](std::string field, std::string of, std::string doc) {
        auto b = behaviour_of_connection(field);
        add_field(name, std::move(field), std::move(of), std::move(doc), std::move(b));
    };
    add("edges", "[" + edge + "!]!", "The page, each with its cursor.");
    add("nodes", "[" + node + "!]!", "The same without cursors.");
    add("pageInfo", "PageInfo!", "Where the page stands.");
    add("totalCount", scalar_of(kind::int64), "How many there are on all pages. Counting costs a statement.");
    return name;
}

void graph::add_node(const roost::schema::type& id, const std::string& name, node_loader load)
{
    inputs_->add_id(id, name);
    nodes_->of.emplace(name, node_registry::entry{std::move(load)});
    type(name).interfaces.emplace_back("Node");
}

subscription_root graph::subscription()
{
    if (!places_.contains("Subscription"))
    {
        schema_.subscription = "Subscription";
        add_type({.kind = type_kind::object,
                  .name = "Subscription",
                  .description = "What can be followed, one field at a time, as text/event-stream."});
    }
    return subscription_root{*this};
}

std::shared_ptr<const executable> graph::build()
{
    for (const auto& [field, of] : ids_)
        if (auto* d = std::get_if<declared>(&behaviours_.at(field))) d->id_of = inputs_->type_of_id(*of);
    auto built = graphql::schema::build(schema_);
    if (!built)
    {
        std::string all = "the graph is not sound:";
        for (const auto& e : built.error()) all += "\n" + e.message;
        throw std::logic_error(all);
    }
    for (auto& [name, entry] : nodes_->of) entry.type = (*built)->type(name);
    const auto behaviour_of = [this](const named_type& parent, const field& f) {
        return std::move(behaviours_.at({parent.name(), f.name}));
    };
    return std::make_shared<const executable>(*built, behaviour_of, std::move(sources_));
}

}  // namespace roost::graphql
