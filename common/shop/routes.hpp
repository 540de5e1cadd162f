// The one function that every lesson defines.
// Its server, its tests and its wrong answers all go through it.
#pragma once

#include <string>

#include "http/server.hpp"

namespace shop {

class Bank;

// Puts the shop's routes on `server`, over the database file `database`, paying at `bank`. Called
// once for each server, before it listens; the file exists and `bank` outlives the server. All
// state the handlers share must live as long as they do: let them own it.
//
// The server's hooks (pre-routing, post-routing, logger, exception handler) are the caller's: it runs
// the server and sets them after this call. What the shop wants done to every reply it tells
// `server.set_before_reply`. Its task queue is set before: `server.new_task_queue` makes one with
// as many workers as `server.limits()` says.
void add_routes(http::Server& server, const std::string& database, Bank& bank);

}  // namespace shop
