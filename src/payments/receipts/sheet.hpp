#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "payments/receipts/receipt.hpp"

namespace roost::payments {

/// A receipt in words: what stands on its page, whether that is HTML or PDF.
struct sheet
{
    struct row
    {
        std::string label, detail, amount;
        bool strong = false;
    };
    struct section
    {
        std::string heading;
        std::vector<row> rows;
    };
    std::string language, title, note;
    std::vector<row> head;  // without amounts
    std::vector<section> sections;
    std::string made_at;  // for the PDF: RFC 3339
};

/// `issuers`: the zone of the dates on which things were issued; those of the stay are the property's.
sheet sheet_of(const receipt& r, std::string_view locale, const time_zone& issuers);

/// What people wrote is escaped.
std::string html_of(const sheet& s);
/// A4, with the fonts it uses inside. To be called on one thread at a time. Throws std::runtime_error when the library
/// fails.
std::string pdf_of(const sheet& s);

}  // namespace roost::payments
