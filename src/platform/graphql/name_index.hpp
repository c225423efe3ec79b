#pragma once
#include <bit>
#include <concepts>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace roost::graphql {

/// A hash of a name that is quick for short ones. Names in documents come from anybody: whoever keeps a table of those
/// bounds its size by the limit of tokens.
constexpr std::uint64_t hash_of(std::string_view name)
{
    std::uint64_t h = 0xcbf29ce484222325;
    for (const char c : name) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return h ^ h >> 32;
}

/// Finds elements of a vector by their name. It keeps no reference to them: the vector is handed in again.
class name_index
{
public:
    template <class T>
    const T* find(const std::vector<T>& values, std::string_view name) const
    {
        if (slots_.empty())
        {
            for (const auto& v : values)
                if (name_in(v) == name) return &v;
            return nullptr;
        }
        for (auto at = hash_of(name) & mask();; at = (at + 1) & mask())
        {
            if (slots_[at] == 0) return nullptr;
            const auto& v = values[slots_[at] - 1];
            if (name_in(v) == name) return &v;
        }
    }

    /// Of several of one name the first is found.
    template <class T>
    explicit name_index(const std::vector<T>& values)
    {
        if (values.size() <= few) return;
        slots_.resize(std::bit_ceil(values.size() * 2));
        for (std::uint32_t i = 0; i < values.size(); ++i)
        {
            auto at = hash_of(name_in(values[i])) & mask();
            while (slots_[at] != 0) at = (at + 1) & mask();
            slots_[at] = i + 1;
        }
    }
    name_index() = default;

private:
    static constexpr std::size_t few = 4;

    template <class T>
    static std::string_view name_in(const T& v)
    {
        if constexpr (requires { v->name(); })
            return v->name();
        else
            return v.name;
    }

    std::size_t mask() const { return slots_.size() - 1; }

    std::vector<std::uint32_t> slots_;  // indices counted from 1
};

}  // namespace roost::graphql
