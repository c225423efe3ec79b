#include "platform/graphql/validation.hpp"

#include "platform/graphql/validation_rules.hpp"

namespace roost::graphql {

void validation_context::report(std::string_view rule, std::string message, std::span<const std::uint32_t> at)
{
    if (done()) return;
    auto& e = errors.emplace_back(
        error{.message = shortened(std::move(message)), .code = code::invalid_document, .locations = {}, .rule = rule});
    for (const auto a : at) e.locations.push_back(document.locate(a));
}

bool validation_context::spend(std::size_t count)
{
    if (aborted) return false;
    steps += count;
    if (steps <= settings.steps) return true;
    aborted = true;
    if (errors.empty())
        errors.push_back(
            {.message = "the document is too intricate to be checked", .code = code::too_intricate, .locations = {}});
    return false;
}

std::vector<error> validate(const schema& s, const document& d, const validation_settings& settings)
{
    validation_context c{.schema = s, .document = d, .settings = settings};
    for (const auto rules : {check_definitions, check_selections, check_fragments, check_variables, check_merging})
        if (!c.done()) rules(c);
    return std::move(c.errors);
}

}  // namespace roost::graphql
