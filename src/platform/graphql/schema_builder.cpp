#include <algorithm>
#include <format>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "platform/graphql/built_in.hpp"
#include "platform/graphql/coercion.hpp"
#include "platform/graphql/parser.hpp"
#include "platform/graphql/schema_rules.hpp"
#include "platform/graphql/sdl.hpp"
#include "platform/graphql/type_system.hpp"

namespace roost::graphql {

namespace {

const definition::schema& built_in()
{
    static const definition::schema made = [] {
        const auto document = parse(std::string{built_in_sdl()});
        return describe(**document).value();
    }();
    return made;
}

bool is_name(std::string_view text)
{
    const auto first = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    return !text.empty() && first(text.front())
           && std::ranges::all_of(text, [&](char c) { return first(c) || (c >= '0' && c <= '9'); });
}

/// The name in "[Name!]!".
std::string_view innermost(std::string_view type)
{
    const auto from = type.find_first_not_of('[');
    if (from == type.npos) return {};
    return type.substr(from, type.find_first_of("]!", from) - from);
}

}  // namespace

/// Makes a schema of a description: first the types by name, then what they refer to.
class schema_builder
{
public:
    schema_builder(const definition::schema& from, std::string_view source) : from_{from}, source_{source} {}

    std::expected<schema_ptr, std::vector<error>> build()
    {
        order_types();
        for (const auto* t : ordered_) add_type(*t);
        for (std::size_t i = 0; i < ordered_.size() && faults_.empty(); ++i) fill_type(*ordered_[i], *made_->types_[i]);
        if (faults_.empty()) add_directives();
        if (faults_.empty()) add_roots();
        if (faults_.empty())
        {
            index_types();
            find_possible();
            add_meta_fields();
            faults_ = check_types(*made_);
        }
        if (!faults_.empty()) return std::unexpected{errors()};
        coerce_defaults();
        return made_;
    }

private:
    void fault(std::uint32_t at, std::string message) { faults_.push_back({std::move(message), at}); }

    std::vector<error> errors() const
    {
        std::vector<error> out;
        for (const auto& f : faults_)
        {
            auto& e = out.emplace_back(error{.message = f.message, .code = code::invalid_document, .locations = {}});
            if (!source_.empty()) e.locations.push_back(locate(source_, f.at));
        }
        return out;
    }

    // --- which types, in which order: the described ones, the built-in scalars where they are first used,
    // introspection

    void order_types()
    {
        for (const auto& t : built_in().types) built_in_types_.emplace(t.name, &t);
        for (const auto& t : from_.types)
        {
            if (built_in_types_.contains(t.name)) continue;  // theirs is ours
            if (!is_name(t.name)) fault(t.at, std::format("\"{}\" is no name for a type", t.name));
            ordered_.push_back(&t);
            order_used(t);
        }
        for (const auto& d : from_.directives) order_inputs(d.arguments);
        for (const auto& d : built_in().directives) order_inputs(d.arguments);
        for (const auto& t : built_in().types)
        {
            if (t.kind == type_kind::scalar) continue;
            ordered_.push_back(&t);
            order_used(t);
        }
    }

    void order_used(const definition::named_type& t)
    {
        for (const auto& f : t.fields)
        {
            order_used(f.type);
            order_inputs(f.arguments);
        }
        order_inputs(t.inputs);
    }

    void order_inputs(const std::vector<definition::input_value>& inputs)
    {
        for (const auto& i : inputs) order_used(i.type);
    }

    void order_used(std::string_view type)
    {
        const auto found = built_in_types_.find(innermost(type));
        if (found == built_in_types_.end() || found->second->kind != type_kind::scalar) return;
        if (used_.insert(found->second).second) ordered_.push_back(found->second);
    }

    void add_type(const definition::named_type& from)
    {
        auto& t = *made_->types_.emplace_back(std::make_unique<named_type>());
        t.name_ = from.name;
        t.kind_ = from.kind;
        t.description_ = from.description;
        t.at_ = from.at;
        t.index_ = static_cast<std::uint32_t>(made_->types_.size() - 1);
        t.one_of_ = from.one_of;
        t.specified_by_ = from.specified_by;
        t.check_ = from.check;
        t.built_in_ = built_in_types_.contains(from.name);
        if (!by_name_.emplace(t.name_, &t).second) fault(from.at, std::format("there are two types {}", from.name));
    }

    // --- what they are made of

    const named_type* find(std::string_view name, std::uint32_t at, std::string_view where)
    {
        const auto found = by_name_.find(name);
        if (found != by_name_.end()) return found->second;
        fault(at, std::format("{} refers to the type \"{}\", which there is not", where, name));
        return nullptr;
    }

    type_ref resolve(const std::string& text, std::uint32_t at, std::string_view where)
    {
        const auto parsed = parse_type(text);
        if (!parsed)
        {
            fault(at, std::format("{}: \"{}\" is no type", where, text));
            return {};
        }
        return {find(parsed->name, at, where), parsed->around};
    }

    /// Names that are names, and no two the same.
    template <class T>
    void check_names(const std::vector<T>& values, std::string_view where)
    {
        std::unordered_set<std::string_view> seen;
        for (const auto& v : values)
        {
            if (!is_name(v.name)) fault(v.at, std::format("{}: \"{}\" is no name", where, v.name));
            if (!seen.insert(v.name).second) fault(v.at, std::format("{} has \"{}\" twice", where, v.name));
        }
    }

    void fill_type(const definition::named_type& from, named_type& t)
    {
        for (const auto& name : from.interfaces)
            if (const auto* i = find(name, from.at, from.name)) t.interfaces_.push_back(i);
        for (const auto& name : from.members)
            if (const auto* m = find(name, from.at, from.name)) t.members_.push_back(m);
        check_names(from.fields, from.name);
        for (const auto& f : from.fields) t.fields_.push_back(field_of(f, &t));
        t.field_index_ = name_index{t.fields_};
        check_names(from.values, from.name);
        for (const auto& v : from.values)
            t.values_.push_back({.name = v.name, .description = v.description, .deprecated = v.deprecated, .at = v.at});
        t.value_index_ = name_index{t.values_};
        t.inputs_ = inputs_of(from.inputs, from.name);
    }

    field field_of(const definition::field& from, const named_type* parent)
    {
        const auto where = parent ? std::format("{}.{}", parent->name(), from.name) : from.name;
        field f;
        f.name = from.name;
        f.description = from.description;
        f.type = resolve(from.type, from.at, where);
        f.arguments = inputs_of(from.arguments, where);
        f.deprecated = from.deprecated;
        f.size = from.size;
        f.cost = from.cost;
        f.index = made_->field_count_++;
        f.parent = parent;
        f.at = from.at;
        for (const auto& name : f.size.arguments)
            if (!f.arguments.find(name)) fault(f.at, std::format("{} has no argument {} to be sized by", where, name));
        return f;
    }

    input_values inputs_of(const std::vector<definition::input_value>& from, const std::string& where)
    {
        check_names(from, where);
        std::vector<input_value> values;
        values.reserve(from.size());
        for (const auto& i : from)
        {
            auto& v = values.emplace_back();
            v.name = i.name;
            v.description = i.description;
            v.type = resolve(i.type, i.at, std::format("{}({}:)", where, i.name));
            v.deprecated = i.deprecated;
            v.at = i.at;
            if (i.default_value) v.default_value = literal(*i.default_value, i.at, where);
        }
        return input_values{std::move(values)};
    }

    const ast::value* literal(const std::string& text, std::uint32_t at, std::string_view where)
    {
        const auto& kept = *made_->literals_.emplace_back(std::make_unique<std::string>(text));
        const auto value = parse_value(kept, made_->arena_);
        if (value) return made_->arena_.make(*value);
        fault(at, std::format("{}: the default value {} does not parse", where, text));
        return nullptr;
    }

    void add_directives()
    {
        check_names(from_.directives, "the schema");
        for (const auto& d : from_.directives) add_directive(d, false);
        for (const auto& d : built_in().directives)
            if (std::ranges::find(from_.directives, d.name, &definition::directive::name) == from_.directives.end())
                add_directive(d, true);
        made_->directive_index_ = name_index{made_->directives_};
    }

    void add_directive(const definition::directive& from, bool is_built_in)
    {
        auto& d = made_->directives_.emplace_back();
        d.name = from.name;
        d.description = from.description;
        d.arguments = inputs_of(from.arguments, '@' + from.name);
        d.repeatable = from.repeatable;
        d.built_in = is_built_in;
        d.at = from.at;
        d.locations = from.locations;
    }

    void add_roots()
    {
        made_->description_ = from_.description;
        made_->at_ = from_.at;
        const std::string* const names[] = {&from_.query, &from_.mutation, &from_.subscription};
        for (std::size_t i = 0; i < 3; ++i)
            if (!names[i]->empty()) made_->roots_[i] = find(*names[i], from_.at, "the schema");
    }

    // --- what follows from it

    void index_types() { made_->type_index_ = name_index{made_->types_}; }

    void find_possible()
    {
        const auto words = (made_->types_.size() + 63) / 64;
        for (const auto& t : made_->types_)
            if (t->composite()) t->possible_bits_.resize(words);
        const auto add = [&](const named_type& whole, const named_type& object) {
            auto& w = *made_->types_[whole.index_];
            w.possible_.push_back(&object);
            w.possible_bits_[object.index_ / 64] |= std::uint64_t{1} << (object.index_ % 64);
        };
        for (const auto& t : made_->types_)
        {
            for (const auto* m : t->members_)
                if (m->kind() == type_kind::object) add(*t, *m);
            if (t->kind() != type_kind::object) continue;
            add(*t, *t);
            for (const auto* i : t->interfaces_)
                if (i->kind() == type_kind::interface && !i->can_be(*t)) add(*i, *t);
        }
    }

    void add_meta_fields()
    {
        auto& meta = made_->meta_;
        meta.push_back(field_of(
            {.name = "__typename", .type = "String!", .description = "The name of the current Object type at runtime."},
            nullptr));
        meta.push_back(field_of(
            {.name = "__schema", .type = "__Schema!", .description = "Access the current type schema of this server."},
            made_->query()));
        meta.push_back(field_of({.name = "__type",
                                 .type = "__Type",
                                 .description = "Request the type information of a single type.",
                                 .arguments = {{.name = "name", .type = "String!"}}},
                                made_->query()));
    }

    void coerce_defaults()
    {
        const auto coerce = [&](input_values& values) {
            for (auto& v : values.values_)
                if (v.default_value)
                    if (const auto made = coerce_literal(v.type, *v.default_value, made_->arena_))
                        v.default_input = made_->arena_.make(*made);
        };
        for (const auto& t : made_->types_)
        {
            coerce(t->inputs_);
            for (auto& f : t->fields_) coerce(f.arguments);
        }
        for (auto& d : made_->directives_) coerce(d.arguments);
    }

    const definition::schema& from_;
    std::string_view source_;
    std::shared_ptr<schema> made_ = std::make_shared<schema>();
    std::vector<schema_fault> faults_;
    std::unordered_map<std::string_view, const definition::named_type*> built_in_types_;
    std::unordered_set<const definition::named_type*> used_;
    std::vector<const definition::named_type*> ordered_;
    std::unordered_map<std::string_view, named_type*> by_name_;
};

std::expected<schema_ptr, std::vector<error>> schema::build(const definition::schema& from, std::string_view source)
{
    return schema_builder{from, source}.build();
}

}  // namespace roost::graphql
