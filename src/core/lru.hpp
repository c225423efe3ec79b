#pragma once
#include <cstddef>
#include <list>
#include <unordered_map>
#include <utility>

namespace roost {

/// At most `capacity` values; the one untouched for longest leaves first. For one thread.
template <class Key, class Value>
class lru
{
    using entries = std::list<std::pair<Key, Value>>;

    std::size_t capacity_;
    entries order_;  // most recently used first
    std::unordered_map<Key, typename entries::iterator> index_;

public:
    explicit lru(std::size_t capacity) : capacity_{capacity} {}

    /// Good until the next `put`; nullptr when it is not there.
    Value* find(const Key& key)
    {
        const auto it = index_.find(key);
        if (it == index_.end()) return nullptr;
        order_.splice(order_.begin(), order_, it->second);
        return &it->second->second;
    }

    void put(const Key& key, Value value)
    {
        if (auto* known = find(key))
        {
            *known = std::move(value);
            return;
        }
        if (order_.size() >= capacity_)
        {
            index_.erase(order_.back().first);
            order_.pop_back();
        }
        order_.emplace_front(key, std::move(value));
        index_.emplace(key, order_.begin());
    }

    std::size_t size() const { return order_.size(); }
};

}  // namespace roost
