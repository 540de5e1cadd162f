// Rejected by: An order has one session
// Rejected by: A refused order is told why and takes the visit back
// Overlooks: The visit is no longer in the way, because it is committed before the order begins: it
// stays when the order is taken back.

// Who is asking: the dependency of a handler that serves known customers only.
#pragma once

#include <httplib.h>

#include <optional>

#include "earlier/03_yield/scoped.hpp"
#include "earlier/03_yield/session.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"
#include "shop/refusal.hpp"

namespace shop {

inline Scoped<Engine> get_engine(Engine engine) {
    co_yield engine;
}

// The customer whose name stands in the header X-Customer. Her visit is counted in a transaction of
// its own, which is over before the handler begins. Throws shop::Unauthorized.
inline Scoped<Customer> current_customer(const httplib::Request& request, Engine& engine) {
    std::optional<Customer> customer;
    {
        Session session = engine.connect();
        customer = welcome(session.connection(), request.get_header_value("X-Customer"));
        session.commit();
    }
    if (!customer) throw Unauthorized("say who you are, in the header X-Customer");
    co_yield *customer;
}

}  // namespace shop
