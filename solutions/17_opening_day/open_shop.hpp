// The shop of this lesson, as serve.cpp opens it.
#pragma once

#include <memory>
#include <string>

#include "http/server.hpp"

namespace shop {

class Bank;
struct Shop;

// Puts the shop's routes on `server`, whose handlers share the Shop, and begins to bring to its end
// what an earlier shop has left behind. Before the server listens; `bank` outlives it.
std::shared_ptr<Shop> open_shop(http::Server& server, const std::string& database, Bank& bank);

}  // namespace shop
