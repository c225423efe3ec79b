#include "properties/rest.hpp"

namespace roost::properties {

void install_policies(http::api& api, policies& all)
{
    api.tag("Cancellation policies");
    api.get("/cancellation-policies/", "The policies to choose from: the shipped ones and one's own.")
        .handle([&all](http::maybe_signed_in who) -> task<result<http::page<policy>>> {
            auto found = co_await all.list(who.who);
            if (!found) co_return std::unexpected{std::move(found.error())};
            co_return http::page<policy>{*std::move(found), {}, {}, {}};
        });
    api.post("/cancellation-policies/", "Make a policy of one's own.")
        .details("Properties take it by `cancellation_policy_id`. Bookings keep the terms they were made under.")
        .needs(role::host)
        .fails_with(errc::wrong_state)
        .handle([&all](http::signed_in who, pg::tx& tx,
                       http::body<new_policy> given) -> task<result<http::created<policy>>> {
            auto made = co_await all.create(tx, who, std::move(given.value));
            if (!made) co_return std::unexpected{std::move(made.error())};
            auto place = "/cancellation-policies/" + made->id.text() + "/";
            co_return http::created<policy>{std::move(place), *std::move(made)};
        });
    api.get("/cancellation-policies/{policy_id}/", "One policy: shipped, one's own, or of a listed property.")
        .handle([&all](http::maybe_signed_in who, policy_id id) -> task<result<policy>> {
            co_return co_await all.find(who.who, id);
        });
    api.patch("/cancellation-policies/{policy_id}/", "Change a policy of one's own, for bookings to come.")
        .fails_with(errc::not_allowed, errc::version_mismatch)
        .handle([&all](http::signed_in who, pg::tx& tx, policy_id id, http::if_match expected,
                       http::body<policy_changes> changes) -> task<result<policy>> {
            co_return co_await all.change(tx, who, id, expected, std::move(changes.value));
        });
    api.del("/cancellation-policies/{policy_id}/", "Give up a policy that no property has.")
        .fails_with(errc::not_allowed, errc::wrong_state, errc::version_mismatch)
        .handle([&all](http::signed_in who, pg::tx& tx, policy_id id,
                       http::if_match expected) -> task<result<http::no_content>> {
            auto gone = co_await all.archive(tx, who, id, expected);
            if (!gone) co_return std::unexpected{std::move(gone.error())};
            co_return http::no_content{};
        });
}

}  // namespace roost::properties
