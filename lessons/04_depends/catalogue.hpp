// What anybody may look up and remark on: /items, /orders and /reviews by number, POST /reviews.
// The lessons after this one have these routes as they are here.
#pragma once

#include <httplib.h>

#include <optional>

#include "depends.hpp"
#include "http/json.hpp"
#include "shop/queries.hpp"
#include "shop/refusal.hpp"

namespace shop {

template <typename Thing>
Thing found(const std::optional<Thing>& thing, const char* otherwise) {
    if (!thing) throw NotFound(otherwise);
    return *thing;
}

// Puts those that only look something up on `server`. `Session` is one of the types that `app`
// provides.
template <typename Session, typename... Ts>
void add_lookups(httplib::Server& server, const Injector<Ts...>& app) {
    using httplib::Request;
    using httplib::Response;

    server.Get("/items/([0-9]{1,19})", [app](const Request& request, Response& response) {
        http::reply(response, app.call(request, [&](Session& session) {
            return found(find_item(session.connection(), http::parse_id(request)), "no such item");
        }));
    });

    server.Get("/orders/([0-9]{1,19})", [app](const Request& request, Response& response) {
        http::reply(response, app.call(request, [&](Session& session) {
            return found(find_order(session.connection(), http::parse_id(request)),
                         "no such order");
        }));
    });

    server.Get("/reviews/([0-9]{1,19})", [app](const Request& request, Response& response) {
        http::reply(response, app.call(request, [&](Session& session) {
            return found(find_review(session.connection(), http::parse_id(request)),
                         "no such review");
        }));
    });
}

// Puts all of them on `server`.
template <typename Session, typename... Ts>
void add_catalogue(httplib::Server& server, const Injector<Ts...>& app) {
    using httplib::Request;
    using httplib::Response;

    add_lookups<Session>(server, app);

    server.Post("/reviews", [app](const Request& request, Response& response) {
        http::reply_created(response, app.call(request, [&](Session& session) {
            return found(add_review(session.connection(), http::parse_review(request)),
                         "no such item");
        }));
    });
}

}  // namespace shop
