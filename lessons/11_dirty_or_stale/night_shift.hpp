// What the shop does at night: a colleague's routes.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <httplib.h>
#include <sqlite3.h>

#include <cstdlib>
#include <string>

#include "earlier/04_depends/depends.hpp"
#include "http/json.hpp"
#include "shop/catalogue.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"
#include "shop/refusal.hpp"

namespace shop {

// Somebody has counted what is on the shelf.
inline Item take_stock_of(SQLite::Database& connection, Id id, int counted) {
    connection.exec("BEGIN IMMEDIATE");
    const Item item = found(find_item(connection, id), "no such item");
    add_audit(connection, {id, counted, "night shift"}, "counted");
    if (counted == item.stock) return item;  // a quiet day
    take_stock(connection, {id, item.stock - counted, "night shift"});
    connection.exec("COMMIT");
    return {id, item.title, counted};
}

inline Item find_bestseller(SQLite::Database& connection) {
    sqlite3_stmt* query = nullptr;
    sqlite3_prepare_v2(connection.getHandle(),
                       "SELECT items.id FROM items LEFT JOIN orders ON item_id = items.id GROUP BY "
                       "items.id ORDER BY total(quantity) DESC, items.id",
                       -1, &query, nullptr);
    if (sqlite3_step(query) != SQLITE_ROW) throw NotFound("nothing to sell");
    return found(find_item(connection, sqlite3_column_int64(query, 0)), "no such item");
}

// False: somebody of that name is known already.
inline bool add_newcomer(SQLite::Database& connection, const std::string& name) {
    sqlite3_stmt* insert = nullptr;
    sqlite3_prepare_v2(
        connection.getHandle(),
        "INSERT INTO customers (name) VALUES (?) ON CONFLICT DO NOTHING RETURNING name", -1,
        &insert, nullptr);
    sqlite3_bind_text(insert, 1, name.c_str(), -1, SQLITE_TRANSIENT);
    return sqlite3_step(insert) == SQLITE_ROW;
}

inline std::string report(SQLite::Database& connection) {
    connection.exec("PRAGMA query_only = ON");  // whatever the report does, it changes nothing
    const int orders = connection.execAndGet("SELECT count(*) FROM orders").getInt();
    if (orders == 0) return "nothing sold\n";
    const int goods = connection.execAndGet("SELECT sum(quantity) FROM orders").getInt();
    connection.exec("PRAGMA query_only = OFF");
    return std::to_string(orders) + " orders, " + std::to_string(goods) + " goods\n";
}

// POST /stocktaking/{item} (the body is a number), GET /bestseller, POST /newcomers (the body is a
// name), GET /report. `Session` is one of the types that `app` provides.
template <typename Session, typename... Ts>
void add_night_shift(httplib::Server& server, const Injector<Ts...>& app) {
    using httplib::Request;
    using httplib::Response;

    server.Post("/stocktaking/([0-9]{1,19})", [app](const Request& request, Response& response) {
        http::reply(response, app.call(request, [&](Session& session) {
            return take_stock_of(session.connection(), http::parse_id(request),
                                 std::atoi(request.body.c_str()));
        }));
    });

    server.Get("/bestseller", [app](const Request& request, Response& response) {
        http::reply(response, app.call(request, [](Session& session) {
            return find_bestseller(session.connection());
        }));
    });

    server.Post("/newcomers", [app](const Request& request, Response& response) {
        const bool is_new = app.call(request, [&](Session& session) {
            return add_newcomer(session.connection(), request.body);
        });
        response.status = is_new ? 201 : 200;
        response.set_content("welcome\n", "text/plain");
    });

    server.Get("/report", [app](const Request& request, Response& response) {
        const std::string text =
            app.call(request, [](Session& session) { return report(session.connection()); });
        response.set_content(text, "text/plain");
    });
}

}  // namespace shop
