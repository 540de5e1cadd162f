// Rejected by: Only what was taken is given back, and once
// Overlooks: The guard stands before the reservation, so what is sold out is given back as well.

// Gives back in a destructor, unless the order was confirmed.
#include <httplib.h>

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

// Takes the order's goods back into stock when it goes, unless they are sold.
class GiveBack {
 public:
    GiveBack(const Engine& engine, const NewOrder& order) : engine_(engine), order_(order) {}
    GiveBack(const GiveBack&) = delete;
    GiveBack& operator=(const GiveBack&) = delete;
    ~GiveBack() {
        if (sold_) return;
        unit_of_work(engine_, [this](SQLite::Database& connection) {
            const NewOrder returned{order_.item_id, -order_.quantity, order_.card};
            take_stock(connection, returned);
        });
    }
    void sold() { sold_ = true; }

 private:
    const Engine& engine_;
    const NewOrder& order_;
    bool sold_ = false;
};

Order place_order(const Engine& engine, const NewOrder& order, Bank& bank) {
    GiveBack give_back(engine, order);
    unit_of_work(engine, [&](SQLite::Database& connection) {
        const Item item = found(find_item(connection, order.item_id), "no such item");
        if (item.stock < order.quantity) throw SoldOut();
        take_stock(connection, order);
    });
    if (bank.charge(order) == Answer::declined) throw PaymentDeclined();
    give_back.sold();
    return unit_of_work(engine,
                        [&](SQLite::Database& connection) { return add_order(connection, order); });
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
