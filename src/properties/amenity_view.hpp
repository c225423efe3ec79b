#pragma once
#include <string>
#include <vector>

#include "platform/schema/schema.hpp"

namespace roost::properties {

/// An amenity as callers see it.
struct amenity_view
{
    std::string code, name, category;

    static constexpr auto fields = schema::fields(
        schema::field<&amenity_view::code>("code", schema::example{R"("air_conditioning")"}, "What properties list."),
        schema::field<&amenity_view::name>("name", schema::example{R"("Air conditioning")"}, "What people read."),
        schema::field<&amenity_view::category>("category", schema::example{R"("climate")"}, "What it belongs to."));
};

/// The whole vocabulary.
std::vector<amenity_view> vocabulary();

}  // namespace roost::properties
