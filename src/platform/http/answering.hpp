#pragma once
#include "platform/http/answers.hpp"

/// How a handler makes its answer of what a service gave it.
namespace roost::http {

/// Something new that lives at `place`, a path that ends in "/", under its id.
template <class T>
result<created<T>> created_at(std::string_view place, result<T> made)
{
    if (!made) return std::unexpected{std::move(made.error())};
    auto location = std::string{place} + made->id.text() + "/";
    return created<T>{std::move(location), *std::move(made)};
}

/// A short list that is always one page.
template <class T>
result<page<T>> one_page(result<std::vector<T>> all)
{
    if (!all) return std::unexpected{std::move(all.error())};
    return page<T>{*std::move(all), {}, {}, {}};
}

}  // namespace roost::http
