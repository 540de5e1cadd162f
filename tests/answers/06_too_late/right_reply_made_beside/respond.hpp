// How every handler of this shop answers: what it returns becomes the reply.
#pragma once

#include <httplib.h>

#include <utility>

#include "earlier/04_depends/depends.hpp"
#include "earlier/05_forgotten_pragma/session.hpp"
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

// The reply is made while the scope is open, beside the one that will leave; it takes its place
// when the scope has ended.
template <typename... Ts, typename Handler>
void respond(const Injector<Ts...>& app, const httplib::Request& request,
             httplib::Response& response, Handler handler) {
    httplib::Response prepared = response;
    app.call(request, [&](Session& session) { write_reply(prepared, handler(session)); });
    response = std::move(prepared);
}

}  // namespace shop
