#include "platform/config/config.hpp"

#include <algorithm>
#include <boost/property_tree/ini_parser.hpp>
#include <boost/property_tree/ptree.hpp>
#include <cstdlib>
#include <format>

#include "platform/schema/text.hpp"

namespace roost::config {
namespace {

std::string shown(const section& s, const schema::field_info& f)
{
    auto text = schema::to_text(*f.of, f.at(s.values));
    return f.secret && !text.empty() ? "***" : text;
}

void read_file(std::span<const section> sections, const std::string& file, std::vector<field_error>& faults)
{
    boost::property_tree::ptree tree;
    try
    {
        boost::property_tree::read_ini(file, tree);
    }
    catch (const boost::property_tree::ini_parser_error& e)
    {
        faults.push_back(
            {file, "malformed", e.line() ? std::format("line {}: {}", e.line(), e.message()) : e.message()});
        return;
    }
    for (const auto& [name, keys] : tree)
    {
        const auto s = std::ranges::find(sections, name, &section::name);
        if (s == sections.end())
        {
            faults.push_back({std::format("{} [{}]", file, name), "unknown", "there is no such section"});
            continue;
        }
        for (const auto& [key, value] : keys)
        {
            auto place = std::format("{} [{}] {}", file, name, key);
            const auto f = std::ranges::find(s->of->fields, key, &schema::field_info::name);
            if (f == s->of->fields.end())
                faults.push_back({std::move(place), "unknown", "there is no such setting"});
            else if (auto bad = schema::read_text(value.data(), *f->of, f->bounds, f->at(s->values), std::move(place)))
                faults.push_back(std::move(*bad));
        }
    }
}

}  // namespace

std::string variable_of(std::string_view section, std::string_view field)
{
    std::string out = "ROOST_";
    if (!section.empty()) out.append(section).push_back('_');
    out.append(field);
    std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return out;
}

result<void> load(std::span<const section> sections, const std::string& file)
{
    error bad{errc::invalid_input, "some settings are not acceptable"};
    if (!file.empty()) read_file(sections, file, bad.fields);
    for (const auto& s : sections)
    {
        for (const auto& f : s.of->fields)
        {
            const auto name = variable_of(s.name, f.name);
            if (const char* text = std::getenv(name.c_str()))
                if (auto e = schema::read_text(text, *f.of, f.bounds, f.at(s.values), name))
                    bad.fields.push_back(std::move(*e));
        }
    }
    if (!bad.fields.empty()) return std::unexpected{std::move(bad)};
    return {};
}

std::string print(std::span<const section> sections)
{
    std::string out;
    for (const auto& s : sections)
    {
        out += std::format("[{}]\n", s.name);
        for (const auto& f : s.of->fields) out += std::format("{} = {}\n", f.name, shown(s, f));
        out.push_back('\n');
    }
    return out;
}

std::string describe(std::span<const section> sections)
{
    std::string out;
    for (const auto& s : sections)
    {
        for (const auto& f : s.of->fields)
        {
            const auto value = shown(s, f);
            out += std::format("  {}{}\n      {}\n", variable_of(s.name, f.name),
                               value.empty() ? "" : std::format(" = {}", value), f.doc);
        }
    }
    return out;
}

}  // namespace roost::config
