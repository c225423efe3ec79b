#pragma once
#include <span>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "platform/schema/schema.hpp"

/// Settings: one described struct per section. `port` of the section `http` is the variable ROOST_HTTP_PORT and, in a
/// settings file, `port = …` under `[http]`. The environment beats the file, the file beats the default.
namespace roost::config {

struct section
{
    std::string_view name;
    const schema::type* of;
    void* values;
};

template <class T>
section section_of(std::string_view name, T& values)
{
    return {name, &schema::type_of<T>, &values};
}

/// Fills the sections from `file` (INI; empty: none) and the environment. Everything that is wrong is reported at
/// once, each fault named as the person wrote it: the variable, or file and key.
result<void> load(std::span<const section> sections, const std::string& file);

/// The effective settings as a settings file; secrets that are set show as ***.
std::string print(std::span<const section> sections);

/// Every setting: variable, default, meaning. To be called on sections that hold their defaults.
std::string describe(std::span<const section> sections);

/// "http", "port" → "ROOST_HTTP_PORT"
std::string variable_of(std::string_view section, std::string_view field);

}  // namespace roost::config
