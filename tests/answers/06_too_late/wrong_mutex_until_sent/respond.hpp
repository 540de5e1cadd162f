// Rejected by: Others can order while a reply leaves
// Overlooks: The commit comes in time, and a lock of the shop's own is held until the last byte is
// sent: the slowest reader decides when the next customer is served.

// How every handler of this shop answers: one after the other, so that no order overtakes another.
#pragma once

#include <httplib.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

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

// Calls `work` when `response` has been sent, or could not be: cpp-httplib calls a body's releaser
// at the very end, out of the destructor of the Response. So nothing may leave `work`.
template <typename Work>
void when_sent(httplib::Response& response, Work work) {
    const std::string type = response.get_header_value("Content-Type");
    const auto body = std::make_shared<const std::string>(std::exchange(response.body, {}));
    response.headers.erase("Content-Type");  // or it would be there twice
    response.set_content_provider(
        body->size(), type,
        [body](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
            return sink.write(body->data() + offset, length);
        },
        [work](bool /*sent*/) { work(); });
}

inline std::mutex one_at_a_time;

// Calls `handler` in a scope of its own, ends the scope, and writes a reply out of what it
// returned. No two requests are served at once: the turn is over when the reply has been sent.
// Throws what `handler` throws, else what the scope's set-ups and teardowns throw.
template <typename... Ts, typename Handler>
void respond(const Injector<Ts...>& app, const httplib::Request& request,
             httplib::Response& response, Handler handler) {
    const auto turn = std::make_shared<std::unique_lock<std::mutex>>(one_at_a_time);
    write_reply(response, app.call(request, handler));
    when_sent(response, [turn] {});
}

}  // namespace shop
