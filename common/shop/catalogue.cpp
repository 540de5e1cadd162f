#include "shop/catalogue.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <httplib.h>

#include <utility>

#include "http/json.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"

namespace shop {
namespace {

using httplib::Request;
using httplib::Response;

// What `ask` finds, in a session. When that is nothing, NotFound is thrown while the session is
// open, so that it ends as after any other error.
template <typename Ask>
auto find_in_session(const InSession& in_session, const Request& request, const char* otherwise,
                     Ask ask) {
    decltype(ask(std::declval<SQLite::Database&>())) thing;
    in_session(request,
               [&](SQLite::Database& connection) { thing = found(ask(connection), otherwise); });
    return *thing;
}

}  // namespace

void add_lookups(httplib::Server& server, const InSession& in_session) {
    server.Get("/items/([0-9]{1,19})", [in_session](const Request& request, Response& response) {
        http::reply(response,
                    find_in_session(in_session, request, "no such item", [&](auto& connection) {
                        return find_item(connection, http::parse_id(request));
                    }));
    });

    server.Get("/orders/([0-9]{1,19})", [in_session](const Request& request, Response& response) {
        http::reply(response,
                    find_in_session(in_session, request, "no such order", [&](auto& connection) {
                        return find_order(connection, http::parse_id(request));
                    }));
    });

    server.Get("/reviews/([0-9]{1,19})", [in_session](const Request& request, Response& response) {
        http::reply(response,
                    find_in_session(in_session, request, "no such review", [&](auto& connection) {
                        return find_review(connection, http::parse_id(request));
                    }));
    });
}

void add_catalogue(httplib::Server& server, const InSession& in_session) {
    add_lookups(server, in_session);

    server.Post("/reviews", [in_session](const Request& request, Response& response) {
        http::reply_created(
            response, find_in_session(in_session, request, "no such item", [&](auto& connection) {
                return add_review(connection, http::parse_review(request));
            }));
    });
}

}  // namespace shop
