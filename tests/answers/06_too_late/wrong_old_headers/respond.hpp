// Rejected by: A gift for nobody is not told as a success
// Rejected by: A commit that the database refuses is not told as a success
// Overlooks: Status and body were made new, and the Location of what was not made stays in the
// headers.

// How every handler of this shop answers: what it returns becomes the reply.
#pragma once

#include <httplib.h>

#include <exception>

#include "earlier/04_depends/depends.hpp"
#include "http/json.hpp"

namespace shop {

// What a handler returns when it has made something: the reply is 201 and says where to find it.
template <typename Thing>
struct Created {
    Thing thing;
};
template <typename Thing>
Created(Thing) -> Created<Thing>;

template <typename Thing>
void write_reply(httplib::Response& response, const Thing& thing) {
    http::reply(response, thing);
}

template <typename Thing>
void write_reply(httplib::Response& response, const Created<Thing>& created) {
    http::reply_created(response, created.thing);
}

// The reply is made in the scope. When the scope ends badly, it is made an error before it leaves.
template <typename... Ts, typename Handler>
void respond(const Injector<Ts...>& app, const httplib::Request& request,
             httplib::Response& response, Handler handler) {
    Scope<Ts...> scope(app, request);
    try {
        write_reply(response, scope.call(handler));
    } catch (...) {
        scope.leave(std::current_exception());
    }
    try {
        scope.leave(nullptr);
    } catch (const std::exception&) {
        response.status = 500;
        response.set_content("{\"error\":\"the order could not be kept\"}\n", "application/json");
    }
}

}  // namespace shop
