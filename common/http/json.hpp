// JSON in and out of a handler. Requests become the shop's values, or shop::Unreadable or
// shop::Malformed with a text that tells the customer what to fix; the shop's values become replies.
#pragma once

#include <string>
#include <string_view>

#include "shop/goods.hpp"

namespace httplib {
struct Request;
struct Response;
}  // namespace httplib

namespace http {

// {"item_id":1,"quantity":2,"card":"alice"}, and "gift_for":"bob" if she likes. Throws
// shop::Unreadable and shop::Malformed.
shop::NewOrder parse_order(const httplib::Request& request);

// {"item_id":1,"text":"Pours well."}. Throws shop::Unreadable and shop::Malformed.
shop::NewReview parse_review(const httplib::Request& request);

// The number in a path such as /items/7, which the route has matched as its first group.
// Throws shop::NotFound when it is too large to be anybody's.
shop::Id parse_id(const httplib::Request& request);

// 200 {"item":{…}}, {"order":{…}}, {"review":{…}}
void reply(httplib::Response& response, const shop::Item& item);
void reply(httplib::Response& response, const shop::Order& order);
void reply(httplib::Response& response, const shop::Review& review);

// {"id":1,"title":"Teapot","stock":10} and the end of the line: one of many, in a stream.
std::string to_line(const shop::Item& item);

// 201 with Location and the same body.
void reply_created(httplib::Response& response, const shop::Order& order);
void reply_created(httplib::Response& response, const shop::Review& review);

// {"error":"…"}, and nothing that an earlier reply had set.
void reply_error(httplib::Response& response, int status, std::string_view message);

}  // namespace http
