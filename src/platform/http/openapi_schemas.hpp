#pragma once
#include <boost/json.hpp>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "platform/http/api.hpp"

/// The part of the contract that describes data: descriptors become JSON Schema 2020-12.
namespace roost::http {

boost::json::object reference(std::string_view component);

/// Objects that are only ever sent, never read, with everything below them: every member is there.
std::set<const schema::type*> only_sent(const api& a);

/// What refusals look like (RFC 9457).
boost::json::object problem_schema();

/// Collects the schemas that operations refer to.
class components
{
    std::map<std::string, boost::json::object> done_;
    std::map<std::string, const schema::type*> owners_;
    const std::set<const schema::type*>& answers_;

    std::string claim(const schema::type& t);
    boost::json::object object_schema(const schema::type& t);
    boost::json::object money_schema(const schema::limits& b);

public:
    /// `answers`: what servers only send.
    explicit components(const std::set<const schema::type*>& answers) : answers_{answers} {}

    void add(std::string name, boost::json::object s) { done_.emplace(std::move(name), std::move(s)); }
    boost::json::object schema_of(const schema::type& t, const schema::limits& b = {});
    boost::json::object field_schema(const schema::field_info& f);
    std::string page_of(const schema::type& t);
    boost::json::object take();
};

}  // namespace roost::http
