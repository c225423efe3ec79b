#pragma once
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace roost::graphql {

/// Memory that is given back all at once: what is made in it lives as long as the arena. No destructor runs, so only
/// types without one may be made.
class arena
{
public:
    arena() = default;
    explicit arena(std::size_t first_chunk) : next_size_{std::max(first_chunk, least)} {}
    arena(arena&&) = default;
    arena& operator=(arena&&) = default;

    void* allocate(std::size_t size, std::size_t alignment)
    {
        auto at = (next_ + alignment - 1) & ~(alignment - 1);
        if (at + size > end_ || next_ == 0) at = grow(size, alignment);
        next_ = at + size;
        return reinterpret_cast<void*>(at);
    }

    template <class T>
    T* make(const T& value)
    {
        static_assert(std::is_trivially_destructible_v<T>);
        return ::new (allocate(sizeof(T), alignof(T))) T(value);
    }

    /// An array of `count` values, each as `T{}`.
    template <class T>
    std::span<T> array(std::size_t count)
    {
        static_assert(std::is_trivially_destructible_v<T>);
        if (count == 0) return {};
        auto* first = static_cast<T*>(allocate(sizeof(T) * count, alignof(T)));
        std::uninitialized_value_construct_n(first, count);
        return {first, count};
    }

    template <class T>
    std::span<const T> copy(std::span<const T> values)
    {
        static_assert(std::is_trivially_copyable_v<T>);
        if (values.empty()) return {};
        auto* first = static_cast<T*>(allocate(values.size_bytes(), alignof(T)));
        std::uninitialized_copy(values.begin(), values.end(), first);
        return {first, values.size()};
    }

    std::string_view copy(std::string_view text)
    {
        if (text.empty()) return {};
        auto* first = static_cast<char*>(allocate(text.size(), 1));
        std::memcpy(first, text.data(), text.size());
        return {first, text.size()};
    }

    /// What has been taken from the system so far.
    std::size_t bytes() const { return bytes_; }

private:
    static constexpr std::size_t least = 512, most = std::size_t{1} << 18;

    std::uintptr_t grow(std::size_t size, std::size_t alignment)
    {
        const auto take = std::max(next_size_, size + alignment);
        next_size_ = std::min(next_size_ * 2, most);
        chunks_.push_back(std::make_unique_for_overwrite<std::byte[]>(take));
        bytes_ += take;
        const auto begin = reinterpret_cast<std::uintptr_t>(chunks_.back().get());
        end_ = begin + take;
        return (begin + alignment - 1) & ~(alignment - 1);
    }

    std::vector<std::unique_ptr<std::byte[]>> chunks_;
    std::uintptr_t next_ = 0, end_ = 0;
    std::size_t next_size_ = 4096, bytes_ = 0;
};

}  // namespace roost::graphql
