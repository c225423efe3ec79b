#pragma once
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "platform/task.hpp"

/// For use cases that are asked of several things at once, so that their statements are the same however many. Those
/// read the ids through a subselect, `any ((select $1::uuid[])::uuid[])`: when PostgreSQL sees that there is one, it
/// takes a plan for one to be cheaper than the one it keeps for any number, and plans anew at every turn, which costs
/// more.
namespace roost {

/// One, where several can be asked of.
template <class Id>
std::vector<Id> just(const Id& id)
{
    return std::vector<Id>(1, id);
}

/// What is told of the only one that was asked of.
template <class T>
task<T> only(task<std::vector<T>> told)
{
    auto all = co_await std::move(told);
    co_return std::move(all.front());
}

/// What is told of several, each by itself: found in any order, given in the order they were asked of.
template <class Id, class T>
class answers
{
    std::unordered_map<Id, result<T>> told_;

public:
    /// The first that is told of one holds.
    void tell(const Id& of, result<T> what) { told_.emplace(of, std::move(what)); }

    /// Of each; `otherwise` of those nothing was told of.
    std::vector<result<T>> of(const std::vector<Id>& ids, const std::unexpected<error>& otherwise) const
    {
        std::vector<result<T>> all;
        all.reserve(ids.size());
        for (const auto& id : ids)
        {
            const auto found = told_.find(id);
            all.push_back(found == told_.end() ? result<T>{otherwise} : found->second);
        }
        return all;
    }
};

}  // namespace roost
