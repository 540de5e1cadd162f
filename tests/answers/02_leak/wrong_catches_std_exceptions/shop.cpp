// Rejected by: A customer whose order breaks off leaves no connection behind
// Overlooks: Not everything that is thrown is a std::exception. A delete on each way out, the
// exceptions among them.

// The shop with a connection for each request. When a handler ends, in any way, its connection ends
// with it: it is a value in the handler's own scope.
#include <SQLiteCpp/SQLiteCpp.h>
#include <httplib.h>

#include <exception>
#include <optional>
#include <string>

#include "http/json.hpp"
#include "shop/bank.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"
#include "shop/routes.hpp"

namespace shop {
namespace {

using httplib::Request;
using httplib::Response;

SQLite::Database* open_connection(const std::string& database) {
    constexpr int busy_timeout_ms = 5000;
    return new SQLite::Database(database, SQLite::OPEN_READWRITE, busy_timeout_ms);
}

void show_item(const Request& request, Response& response, const std::string& database) {
    SQLite::Database* connection = open_connection(database);
    try {
        const std::optional<Item> item = find_item(*connection, http::parse_id(request));
        if (!item) {
            delete connection;
            return http::reply_error(response, 404, "no such item");
        }
        http::reply(response, *item);
        delete connection;
    } catch (const std::exception&) {
        delete connection;
        throw;
    }
}

void show_order(const Request& request, Response& response, const std::string& database) {
    SQLite::Database* connection = open_connection(database);
    try {
        const std::optional<Order> order = find_order(*connection, http::parse_id(request));
        if (!order) {
            delete connection;
            return http::reply_error(response, 404, "no such order");
        }
        http::reply(response, *order);
        delete connection;
    } catch (const std::exception&) {
        delete connection;
        throw;
    }
}

void show_review(const Request& request, Response& response, const std::string& database) {
    SQLite::Database* connection = open_connection(database);
    try {
        const std::optional<Review> review = find_review(*connection, http::parse_id(request));
        if (!review) {
            delete connection;
            return http::reply_error(response, 404, "no such review");
        }
        http::reply(response, *review);
        delete connection;
    } catch (const std::exception&) {
        delete connection;
        throw;
    }
}

void place_order(const Request& request, Response& response, const std::string& database,
                 Bank& bank) {
    SQLite::Database* connection = open_connection(database);
    try {
        const NewOrder order = http::parse_order(request);
        connection->exec(
            "BEGIN");  // a connection that is closed inside its transaction rolls it back
        const std::optional<Item> item = find_item(*connection, order.item_id);
        if (!item) {
            delete connection;
            return http::reply_error(response, 404, "no such item");
        }
        if (item->stock < order.quantity) {
            delete connection;
            return http::reply_error(response, 409, "sold out");
        }
        if (bank.authorize(order) == Answer::declined) {
            delete connection;
            return http::reply_error(response, 402, "payment declined");
        }
        take_stock(*connection, order);
        const Order placed = add_order(*connection, order);
        connection->exec("COMMIT");
        http::reply_created(response, placed);
        delete connection;
    } catch (const std::exception&) {
        delete connection;
        throw;
    }
}

void write_review(const Request& request, Response& response, const std::string& database) {
    SQLite::Database* connection = open_connection(database);
    try {
        const std::optional<Review> review = add_review(*connection, http::parse_review(request));
        if (!review) {
            delete connection;
            return http::reply_error(response, 404, "no such item");
        }
        http::reply_created(response, *review);
        delete connection;
    } catch (const std::exception&) {
        delete connection;
        throw;
    }
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    server.Get("/items/([0-9]{1,19})", [database](const Request& request, Response& response) {
        show_item(request, response, database);
    });
    server.Get("/orders/([0-9]{1,19})", [database](const Request& request, Response& response) {
        show_order(request, response, database);
    });
    server.Get("/reviews/([0-9]{1,19})", [database](const Request& request, Response& response) {
        show_review(request, response, database);
    });
    server.Post("/orders", [database, &bank](const Request& request, Response& response) {
        place_order(request, response, database, bank);
    });
    server.Post("/reviews", [database](const Request& request, Response& response) {
        write_review(request, response, database);
    });
}

}  // namespace shop
