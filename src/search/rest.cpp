#include "search/rest.hpp"

namespace roost::search {

void install_rest(http::api& api, service& search)
{
    api.tag("Properties");
    api.get("/properties/", "Find properties.")
        .details(
            "Listed properties that pass every filter. With dates: only those that can be booked for all these nights "
            "under all their rules, each with the exact total a quote would say.")
        .shared()
        .handle([&search](http::query<query> q) -> task<result<http::page<property_summary>>> {
            return search.search(std::move(q.value));
        });
}

}  // namespace roost::search
