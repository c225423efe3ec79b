#include "platform/graphql/names.hpp"

namespace roost::graphql {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
char raised(char c) { return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; }

}  // namespace

std::string camel(std::string_view name)
{
    std::string out;
    bool raise = false;
    for (const char c : name)
    {
        if (c != '_') out.push_back(raise ? raised(c) : c);
        raise = c == '_';
    }
    return out;
}

std::string pascal(std::string_view name)
{
    auto out = camel(name);
    if (!out.empty()) out.front() = raised(out.front());
    return out;
}

std::string upper(std::string_view name)
{
    const bool down = name.starts_with('-');
    std::string out;
    for (const char c : name.substr(down)) out.push_back(raised(c));
    return down ? out + "_DESC" : out;
}

std::string camel_pointer(std::string_view pointer) { return camel(pointer); }

}  // namespace roost::graphql
