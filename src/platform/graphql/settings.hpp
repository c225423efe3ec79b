#pragma once
#include "platform/schema/schema.hpp"

namespace roost::graphql {

/// What GraphQL requests may be like. All of it is checked before anything is executed.
struct settings
{
    int tokens = 2'000, depth = 12, aliases = 30, root_fields = 20, directives = 50, selected = 1'000, cost = 5'000;
    int body_bytes = 102'400, cached_bytes = 16'777'216, batch = 0;
    int subscriptions = 1'000, subscriptions_of_one = 10, subscription_seconds = 600, subscription_buffer = 100;
    int keep_alive_seconds = 15;
    bool introspection = true, suggestions = true, draft_status = false;

    static constexpr auto fields = roost::schema::fields(
        roost::schema::field<&settings::tokens>("tokens", roost::schema::between(10, 1'000'000),
                                                roost::schema::defaulted, "Tokens of a document."),
        roost::schema::field<&settings::depth>("depth", roost::schema::between(1, 100), roost::schema::defaulted,
                                               "Fields within fields, fragments included."),
        roost::schema::field<&settings::aliases>("aliases", roost::schema::between(0, 10'000), roost::schema::defaulted,
                                                 "Aliases of a request, fragments expanded."),
        roost::schema::field<&settings::root_fields>("root_fields", roost::schema::between(1, 10'000),
                                                     roost::schema::defaulted, "Fields of the root."),
        roost::schema::field<&settings::directives>("directives", roost::schema::between(0, 10'000),
                                                    roost::schema::defaulted,
                                                    "Directives of a request, fragments expanded."),
        roost::schema::field<&settings::selected>("selected", roost::schema::between(1, 1'000'000),
                                                  roost::schema::defaulted, "Fields of a request, fragments expanded."),
        roost::schema::field<&settings::cost>(
            "cost", roost::schema::between(1, 1'000'000'000), roost::schema::defaulted,
            "Objects that a request may return, by the sizes it gives its lists, and what "
            "its fields cost besides."),
        roost::schema::field<&settings::body_bytes>("body_bytes", roost::schema::between(1'000, 1'073'741'824),
                                                    roost::schema::defaulted, "Longest body; then 413."),
        roost::schema::field<&settings::cached_bytes>("cached_bytes", roost::schema::between(0, 1'073'741'824),
                                                      roost::schema::defaulted,
                                                      "Memory for documents that were checked before."),
        roost::schema::field<&settings::batch>("batch", roost::schema::between(0, 1'000), roost::schema::defaulted,
                                               "Requests in one body, as a list; 0: lists are not taken."),
        roost::schema::field<&settings::subscriptions>("subscriptions", roost::schema::between(0, 1'000'000),
                                                       roost::schema::defaulted,
                                                       "Open subscriptions of a process; then 503."),
        roost::schema::field<&settings::subscriptions_of_one>(
            "subscriptions_of_one", roost::schema::between(0, 1'000'000), roost::schema::defaulted,
            "Open subscriptions of one person in a process; then 429."),
        roost::schema::field<&settings::subscription_seconds>(
            "subscription_seconds", roost::schema::between(1, 86'400), roost::schema::defaulted,
            "How long a subscription's connection lasts; then clients connect again."),
        roost::schema::field<&settings::subscription_buffer>(
            "subscription_buffer", roost::schema::between(1, 10'000), roost::schema::defaulted,
            "Events that wait for a slow reader; one more, and its connection is closed."),
        roost::schema::field<&settings::keep_alive_seconds>(
            "keep_alive_seconds", roost::schema::between(1, 3'600), roost::schema::defaulted,
            "After so long without an event a subscription gets a comment, and ended sessions are noticed."),
        roost::schema::field<&settings::introspection>("introspection", roost::schema::defaulted,
                                                       "Whether clients may ask for the schema."),
        roost::schema::field<&settings::suggestions>("suggestions", roost::schema::defaulted,
                                                     "Whether errors propose names that exist."),
        roost::schema::field<&settings::draft_status>(
            "draft_status", roost::schema::defaulted,
            "Status 422 and 294 as the draft of GraphQL over HTTP has them, in place of 400 and 200."));
};

}  // namespace roost::graphql
