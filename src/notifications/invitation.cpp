#include "notifications/invitation.hpp"

#include <libical/ical.h>

#include <charconv>
#include <format>
#include <memory>

#include "notifications/rendering.hpp"
#include "notifications/words.hpp"

namespace roost::notifications {
namespace {

icaltimetype utc(instant t)
{
    return icaltime_from_timet_with_zone(std::chrono::system_clock::to_time_t(t), 0, icaltimezone_get_utc_timezone());
}

std::string text_of(const facts& f, std::string_view name) { return harmless(value_of(f, name)); }

}  // namespace

std::string invitation(const facts& f, std::string_view title, std::string_view domain, instant written)
{
    const auto start = parse_instant(value_of(f, "ics_start")), end = parse_instant(value_of(f, "ics_end"));
    if (!start || !end) return {};
    int version = 0;
    const auto number = value_of(f, "ics_version");
    std::from_chars(number.data(), number.data() + number.size(), version);

    const auto uid = std::format("{}@{}", value_of(f, "ics_uid"), domain);
    auto* const stay = icalcomponent_vanew(
        ICAL_VEVENT_COMPONENT, icalproperty_new_uid(uid.c_str()), icalproperty_new_dtstamp(utc(written)),
        icalproperty_new_dtstart(utc(*start)), icalproperty_new_dtend(utc(*end)), icalproperty_new_sequence(version),
        icalproperty_new_status(ICAL_STATUS_CONFIRMED), icalproperty_new_summary(std::string{title}.c_str()),
        icalproperty_new_location(text_of(f, "place").c_str()), icalproperty_new_url(text_of(f, "link").c_str()),
        nullptr);
    const std::unique_ptr<icalcomponent, decltype(&icalcomponent_free)> calendar{
        icalcomponent_vanew(ICAL_VCALENDAR_COMPONENT, icalproperty_new_version("2.0"),
                            icalproperty_new_prodid("-//Roost//Stays//EN"),
                            icalproperty_new_method(ICAL_METHOD_PUBLISH), stay, nullptr),
        icalcomponent_free};
    const std::unique_ptr<char, decltype(&std::free)> text{icalcomponent_as_ical_string_r(calendar.get()), std::free};
    return text ? std::string{text.get()} : std::string{};
}

}  // namespace roost::notifications
