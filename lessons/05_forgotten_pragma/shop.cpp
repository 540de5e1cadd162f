// The shop that leaves it to the database to say which items there are.
#include <SQLiteCpp/SQLiteCpp.h>
#include <httplib.h>
#include <sqlite3.h>

#include <string>

#include "earlier/04_depends/depends.hpp"
#include "http/json.hpp"
#include "session.hpp"
#include "shop/bank.hpp"
#include "shop/catalogue.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"
#include "shop/refusal.hpp"
#include "shop/routes.hpp"

namespace shop {
namespace {

// Calls `insert`, which adds a row that refers to an item, and returns what it returns. Items come
// and go, so nobody looks beforehand: the foreign key speaks when the row is written. Throws
// NotFound when there is no such item.
template <typename Insert>
auto referring_to_an_item(Insert insert) {
    try {
        return insert();
    } catch (const SQLite::Exception& error) {
        if (error.getExtendedErrorCode() == SQLITE_CONSTRAINT_FOREIGNKEY)
            throw NotFound("no such item");
        throw;
    }
}

// Has more been taken of the item than there was?
bool is_oversold(SQLite::Database& connection, Id item) {
    SQLite::Statement query(connection, "SELECT stock < 0 FROM items WHERE id = ?");
    query.bind(1, item);
    return query.executeStep() && query.getColumn(0).getInt() != 0;
}

Review add_review_of(SQLite::Database& connection, const NewReview& review) {
    SQLite::Statement insert(connection,
                             "INSERT INTO reviews (item_id, text) VALUES (?, ?) RETURNING id");
    insert.bind(1, review.item_id);
    insert.bind(2, review.text);
    insert.executeStep();
    const Id id = insert.getColumn(0).getInt64();
    insert.executeStep();
    return Review{id, review.item_id, review.text};
}

// Is the card good? That is asked first, while nothing is locked. Then the order writes before it
// reads, so that it gets in line for the lock with nothing in hand that could go stale.
Order place_order(Session& session, const NewOrder& order, Bank& bank) {
    SQLite::Database& connection = session.connection();
    if (bank.authorize(order) == Answer::declined) throw PaymentDeclined();
    take_stock(connection, order);
    Order placed = referring_to_an_item([&] { return add_order(connection, order); });
    if (is_oversold(connection, order.item_id)) throw SoldOut();
    if (bank.capture(order) == Answer::declined) throw PaymentDeclined();
    return placed;
}

Review place_review(Session& session, const NewReview& review) {
    return referring_to_an_item([&] { return add_review_of(session.connection(), review); });
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    const Injector app([engine = Engine(database)] { return get_session(engine); });
    add_lookups<Session>(server, app);

    server.Post("/orders", [app, &bank](const Request& request, Response& response) {
        http::reply_created(response, app.call(request, [&](Session& session) {
            return place_order(session, http::parse_order(request), bank);
        }));
    });

    server.Post("/reviews", [app](const Request& request, Response& response) {
        http::reply_created(response, app.call(request, [&](Session& session) {
            return place_review(session, http::parse_review(request));
        }));
    });
}

}  // namespace shop
