// Rejected by: A commit that the database refuses is not told as a success
// Rejected by: What is sold is committed once
// Overlooks: The handler asks the bank for money, and the rollback gave none of it back: the second
// try charges the card again.

// How every handler of this shop answers: what it returns becomes the reply.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <httplib.h>

#include "earlier/04_depends/depends.hpp"
#include "http/json.hpp"

namespace shop {

// What a handler returns when it has made something: the reply is 201 and says where to find it.
template <typename Thing>
struct Created {
    Thing thing;
};
template <typename Thing>
Created(Thing) -> Created<Thing>;

template <typename Thing>
void write_reply(httplib::Response& response, const Thing& thing) {
    http::reply(response, thing);
}

template <typename Thing>
void write_reply(httplib::Response& response, const Created<Thing>& created) {
    http::reply_created(response, created.thing);
}

// Answers when the scope has ended. What the database refused is done again, from the beginning.
template <typename... Ts, typename Handler>
void respond(const Injector<Ts...>& app, const httplib::Request& request,
             httplib::Response& response, Handler handler) {
    for (int tries = 1;; ++tries) {
        try {
            return write_reply(response, app.call(request, handler));
        } catch (const SQLite::Exception&) {
            if (tries == 3) throw;
        }
    }
}

}  // namespace shop
