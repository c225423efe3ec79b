#include "properties/rest.hpp"

#include <format>

#include "platform/http/answering.hpp"
#include "properties/amenity.hpp"
#include "properties/amenity_view.hpp"

namespace roost::properties {
std::vector<amenity_view> vocabulary()
{
    std::vector<amenity_view> all;
    for (const auto& a : amenities())
        all.push_back({std::string{a.code}, std::string{a.name}, std::string{a.category}});
    return all;
}

void install_rest(http::api& api, service& properties)
{
    api.tag("Properties");
    api.post("/properties/", "Begin a property.")
        .details("A draft may lack anything; give `status: listed` to publish a complete one at once.")
        .needs(role::host)
        .fails_with(errc::wrong_state)
        .handle([&properties](http::signed_in who, http::body<property_changes> body,
                              pg::tx& tx) -> task<result<http::created<property>>> {
            auto made = co_await properties.create(tx, who, body.value);
            if (!made) co_return std::unexpected{std::move(made.error())};
            auto place = std::format("/properties/{}/", made->id.text());
            co_return http::created<property>{std::move(place), *std::move(made)};
        });
    api.get("/properties/{property_id}/", "One property.")
        .handle([&properties](property_id id, http::maybe_signed_in who) -> task<result<http::prerendered<property>>> {
            return properties.show(id, who.who);
        });
    api.patch("/properties/{property_id}/", "Change a property, list or unlist it.")
        .details("A merge patch (RFC 7396). Once answered, no reader sees the version before.")
        .fails_with(errc::not_allowed, errc::wrong_state, errc::version_mismatch)
        .handle([&properties](http::signed_in who, property_id id, http::if_match expected,
                              http::body<property_changes> body) -> task<result<property>> {
            return properties.change(who, id, std::move(expected), std::move(body.value));
        });
    api.del("/properties/{property_id}/", "Delete a property for good.")
        .fails_with(errc::not_allowed, errc::has_live_bookings, errc::version_mismatch)
        .handle([&properties](http::signed_in who, property_id id,
                              http::if_match expected) -> task<result<http::no_content>> {
            return properties.remove(who, id, std::move(expected));
        });
    api.get("/users/me/properties/", "My properties in any status.")
        .handle([&properties](http::signed_in who, http::query<own_query> query) -> task<result<http::page<property>>> {
            return properties.list_own(who, std::move(query.value));
        });
    api.get("/amenities/", "The amenities properties may list.")
        .shared()
        .handle(
            []() -> task<result<http::page<amenity_view>>> { co_return http::one_page<amenity_view>(vocabulary()); });
}

}  // namespace roost::properties
