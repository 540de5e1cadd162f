// Who is asking: the dependency of a handler that serves known customers only.
#pragma once

#include <httplib.h>

#include "earlier/03_yield/scoped.hpp"
#include "earlier/03_yield/session.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"
#include "shop/refusal.hpp"

namespace shop {

// The customer whose name stands in the header X-Customer. Her visit is counted in the request's
// own transaction. Throws shop::Unauthorized.
inline Scoped<Customer> current_customer(const httplib::Request& request, Session& session) {
    auto customer = welcome(session.connection(), request.get_header_value("X-Customer"));
    if (!customer) throw Unauthorized("say who you are, in the header X-Customer");
    co_yield *customer;
}

}  // namespace shop
