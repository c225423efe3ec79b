#include <algorithm>

#include "importing/texts.hpp"
#include "importing/vocabulary.hpp"

namespace roost::importing {
namespace {

struct building
{
    std::string_view words;
    property_type type;
};

constexpr building buildings[] = {
    {"rental unit", property_type::apartment},
    {"apartment", property_type::apartment},
    {"floor", property_type::apartment},
    {"condo", property_type::condominium},
    {"condominium", property_type::condominium},
    {"serviced apartment", property_type::serviced_apartment},
    {"aparthotel", property_type::aparthotel},
    {"loft", property_type::loft},
    {"home", property_type::house},
    {"house", property_type::house},
    {"residential home", property_type::house},
    {"townhouse", property_type::townhouse},
    {"villa", property_type::villa},
    {"bungalow", property_type::bungalow},
    {"cottage", property_type::cottage},
    {"cabin", property_type::cabin},
    {"chalet", property_type::chalet},
    {"tiny house", property_type::tiny_house},
    {"tiny home", property_type::tiny_house},
    {"guesthouse", property_type::guesthouse},
    {"heritage hotel", property_type::hotel},
    {"kezhan", property_type::guesthouse},
    {"ryokan", property_type::guesthouse},
    {"guest suite", property_type::guest_suite},
    {"vacation home", property_type::vacation_home},
    {"holiday home", property_type::vacation_home},
    {"hotel", property_type::hotel},
    {"boutique hotel", property_type::boutique_hotel},
    {"hostel", property_type::hostel},
    {"bed and breakfast", property_type::bed_and_breakfast},
    {"resort", property_type::resort},
    {"nature lodge", property_type::nature_lodge},
    {"farm stay", property_type::farm_stay},
    {"ranch", property_type::ranch},
    {"barn", property_type::barn},
    {"castle", property_type::castle},
    {"riad", property_type::riad},
    {"casa particular", property_type::casa_particular},
    {"pension", property_type::pension},
    {"minsu", property_type::minsu},
    {"earth house", property_type::earth_house},
    {"earthen home", property_type::earth_house},
    {"dome house", property_type::dome},
    {"dome", property_type::dome},
    {"treehouse", property_type::treehouse},
    {"yurt", property_type::yurt},
    {"tipi", property_type::tipi},
    {"tent", property_type::tent},
    {"campsite", property_type::campsite},
    {"camper/rv", property_type::camper},
    {"bus", property_type::bus},
    {"boat", property_type::boat},
    {"houseboat", property_type::houseboat},
    {"hut", property_type::hut},
    {"cave", property_type::cave},
    {"island", property_type::island},
    {"shipping container", property_type::shipping_container},
    {"religious building", property_type::religious_building},
    // They name no building: what is left of "Entire place", "Private room", "Other".
    {"place", property_type::other},
    {"other", property_type::other},
    {"home/apt", property_type::other},
    {"", property_type::other},
};

}  // namespace

described_type read_property_type(std::string_view raw)
{
    struct opening
    {
        std::string_view words;
        room_type part;
    };
    static constexpr opening openings[] = {
        {"entire ", room_type::entire_home},       {"private room in ", room_type::private_room},
        {"private room", room_type::private_room}, {"shared room in ", room_type::shared_room},
        {"shared room", room_type::shared_room},   {"room in ", room_type::hotel_room},
    };
    const auto text = plain_words(raw);
    std::string_view rest = text;
    described_type out;
    for (const auto& [words, part] : openings)
    {
        if (!rest.starts_with(words)) continue;
        rest.remove_prefix(words.size());
        out.part = part;
        break;
    }
    rest = rest.substr(0, rest.find(" ("));  // "Casa particular (Cuba)", "Entire condominium (condo)"
    if (const auto* b = std::ranges::find(buildings, rest, &building::words); b != std::end(buildings))
        out.building = b->type;
    return out;
}

std::optional<room_type> read_room_type(std::string_view raw)
{
    const auto text = plain_words(raw);
    if (text == "entire home/apt") return room_type::entire_home;
    if (text == "private room") return room_type::private_room;
    if (text == "shared room") return room_type::shared_room;
    if (text == "hotel room") return room_type::hotel_room;
    return std::nullopt;
}

}  // namespace roost::importing
