// Rejected by: Goods that Alice has paid for are not sold to another
// Overlooks: When the last commit fails, or the process does, nobody remembers that the kettle is
// paid for. And another process never knew.

// Keeps what is being paid for in a map, and writes when it is paid.
#include <httplib.h>

#include <map>
#include <mutex>
#include <string>

#include "earlier/04_depends/depends.hpp"
#include "earlier/05_forgotten_pragma/engine.hpp"
#include "earlier/05_forgotten_pragma/session.hpp"
#include "http/json.hpp"
#include "reservations.hpp"
#include "shop/bank.hpp"
#include "shop/catalogue.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"
#include "shop/refusal.hpp"
#include "shop/routes.hpp"
#include "unit_of_work.hpp"

namespace shop {
namespace {

std::mutex mutex;
std::map<Id, int> promised;  // item → how many are being paid for

// Counts as promised from its making until it goes.
class Promise {
 public:
    Promise(const Engine& engine, const NewOrder& order) : order_(order) {
        const std::lock_guard lock(mutex);
        SQLite::Database connection = engine.connect();
        const Item item = found(find_item(connection, order.item_id), "no such item");
        if (item.stock - promised[order.item_id] < order.quantity) throw SoldOut();
        promised[order.item_id] += order.quantity;
    }
    Promise(const Promise&) = delete;
    Promise& operator=(const Promise&) = delete;
    ~Promise() {
        const std::lock_guard lock(mutex);
        promised[order_.item_id] -= order_.quantity;
    }

 private:
    const NewOrder& order_;
};

Order place_order(const Engine& engine, const NewOrder& order, Bank& bank) {
    const Promise promise(engine, order);
    if (bank.charge(order) == Answer::declined) throw PaymentDeclined();
    return unit_of_work(engine, [&](SQLite::Database& connection) {
        const Item item = found(find_item(connection, order.item_id), "no such item");
        if (item.stock < order.quantity) throw SoldOut();
        take_stock(connection, order);
        return add_order(connection, order);
    });
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    const Engine engine(database);
    add_catalogue<Session>(server, Injector([engine] { return get_session(engine); }));

    server.Post("/orders", [engine, &bank](const Request& request, Response& response) {
        http::reply_created(response, place_order(engine, http::parse_order(request), bank));
    });
}

}  // namespace shop
