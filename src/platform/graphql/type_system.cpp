#include "platform/graphql/type_system.hpp"

#include <algorithm>
#include <array>

namespace roost::graphql {

namespace {

constexpr std::array<std::string_view, 21> location_names{"QUERY",
                                                          "MUTATION",
                                                          "SUBSCRIPTION",
                                                          "FIELD",
                                                          "FRAGMENT_DEFINITION",
                                                          "FRAGMENT_SPREAD",
                                                          "INLINE_FRAGMENT",
                                                          "VARIABLE_DEFINITION",
                                                          "FRAGMENT_VARIABLE_DEFINITION",
                                                          "SCHEMA",
                                                          "SCALAR",
                                                          "OBJECT",
                                                          "FIELD_DEFINITION",
                                                          "ARGUMENT_DEFINITION",
                                                          "INTERFACE",
                                                          "UNION",
                                                          "ENUM",
                                                          "ENUM_VALUE",
                                                          "INPUT_OBJECT",
                                                          "INPUT_FIELD_DEFINITION",
                                                          "DIRECTIVE_DEFINITION"};

}  // namespace

std::string_view name_of(directive_location where) { return location_names[static_cast<std::size_t>(where)]; }

std::optional<directive_location> directive_location_of(std::string_view name)
{
    const auto found = std::ranges::find(location_names, name);
    if (found == location_names.end()) return std::nullopt;
    return static_cast<directive_location>(found - location_names.begin());
}

std::string type_ref::text() const { return type_text(named->name(), around); }

input_values::input_values(std::vector<input_value> values) : values_{std::move(values)}, index_{values_} {}

bool named_type::implements(const named_type& interface) const
{
    return std::ranges::find(interfaces_, &interface) != interfaces_.end();
}

bool named_type::can_be(const named_type& object) const
{
    const auto word = object.index_ / 64;
    return word < possible_bits_.size() && (possible_bits_[word] >> (object.index_ % 64) & 1) != 0;
}

bool overlap(const named_type& a, const named_type& b)
{
    for (std::size_t i = 0; i < std::min(a.possible_bits_.size(), b.possible_bits_.size()); ++i)
        if ((a.possible_bits_[i] & b.possible_bits_[i]) != 0) return true;
    return &a == &b;
}

const field* schema::find_field(const named_type& parent, std::string_view name) const
{
    if (!name.starts_with("__")) return parent.field(name);
    if (parent.composite() && name == typename_field().name) return &typename_field();
    if (&parent == query() && name == schema_field().name) return &schema_field();
    if (&parent == query() && name == type_field().name) return &type_field();
    return parent.field(name);
}

bool schema::is_subtype(type_ref part, type_ref whole)
{
    if (whole.non_null()) return part.non_null() && is_subtype(part.nullable(), whole.nullable());
    if (part.non_null()) return is_subtype(part.nullable(), whole);
    if (whole.list() || part.list()) return whole.list() && part.list() && is_subtype(part.item(), whole.item());
    if (part.named == whole.named) return true;
    if (!whole.named->abstract() || !part.named->composite()) return false;
    return part.named->kind() == type_kind::object ? whole.named->can_be(*part.named)
                                                   : part.named->implements(*whole.named);
}

}  // namespace roost::graphql
