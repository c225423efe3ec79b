#pragma once
#include <string_view>
#include <vector>

/// Fields of requests in which clients say what they would rather have: Accept, Accept-Encoding (RFC 9110, 12.4.2).
namespace roost::http {

struct weighted
{
    std::string_view name;
    int weight;  // thousandths; 0: not at all, and for whatever cannot be read
};

/// "text/html, */*;q=0.5" → text/html 1000, */* 500. Views into the field.
std::vector<weighted> weights_of(std::string_view field);

/// The first of `offered` that nothing else of them is preferred to; empty when none is acceptable. The most specific
/// range that fits says how much a media type is wanted.
std::string_view preferred(std::string_view accept, const std::vector<std::string_view>& offered);

}  // namespace roost::http
