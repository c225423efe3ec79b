#include "notifications/words.hpp"

#include <format>

namespace roost::notifications {
namespace {

constexpr std::string_view english =
#include "notifications/en.inc"
    ;
constexpr std::string_view french =
#include "notifications/fr.inc"
    ;

}  // namespace

const language& language_of(std::string_view locale)
{
    static const text::languages all{english, french};
    return all.of(locale);
}

const message_template& template_of(const language& l, kind k, side s)
{
    return l.find(std::format("{} {}", name_of(k), name_of(s)));
}

}  // namespace roost::notifications
