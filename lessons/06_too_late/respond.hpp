// How every handler of this shop answers: what it returns becomes the reply, and its scope lasts
// until the reply has been sent.
#pragma once

#include <httplib.h>

#include <cstddef>
#include <cstdio>
#include <exception>
#include <memory>
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

// One line for the operator.
inline void note_failure(const httplib::Request& request, const char* error) noexcept {
    std::fprintf(stderr, "%s %s: %s\n", request.method.c_str(), request.path.c_str(), error);
}

// Calls `handler` in a scope of its own and writes a reply out of what it returned. The scope ends
// when the reply has been sent, so that the reply may still use what the handler was given. Throws
// what `handler` throws, when the scope has ended.
template <typename... Ts, typename Handler>
void respond(const Injector<Ts...>& app, const httplib::Request& request,
             httplib::Response& response, Handler handler) {
    // The request outlives its response, and so the scope.
    const auto scope = std::make_shared<Scope<Ts...>>(app, request);
    try {
        write_reply(response, scope->call(handler));
    } catch (...) {
        scope->leave(std::current_exception());
    }
    when_sent(response, [scope, &request] {
        try {
            scope->leave(nullptr);
        } catch (const std::exception& error) {
            note_failure(request, error.what());
        } catch (...) {
            note_failure(request, "something that is no std::exception");
        }
    });
}

}  // namespace shop
