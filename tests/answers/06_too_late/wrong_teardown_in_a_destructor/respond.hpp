// Rejected by: A gift for nobody is not told as a success
// Rejected by: A commit that the database refuses is not told as a success
// Overlooks: A destructor can log that the commit failed, and tell nobody: the reply is made by
// then, and it says 201.

// How every handler of this shop answers: what it returns becomes the reply.
#pragma once

#include <httplib.h>

#include <cstdio>
#include <exception>

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

// Ends the scope when the handler is over, whichever way.
template <typename... Ts>
class EndOfScope {
 public:
    explicit EndOfScope(Scope<Ts...>& scope) : scope_(scope) {}
    EndOfScope(const EndOfScope&) = delete;
    EndOfScope& operator=(const EndOfScope&) = delete;
    ~EndOfScope() {
        try {
            scope_.leave(thrown_);
        } catch (const std::exception& error) {
            std::fprintf(stderr, "%s\n", error.what());
        } catch (...) {
            std::fprintf(stderr, "something that is no std::exception\n");
        }
    }

    void failed() { thrown_ = std::current_exception(); }

 private:
    Scope<Ts...>& scope_;
    std::exception_ptr thrown_;
};

// Calls `handler` in a scope of its own, which ends before the reply leaves.
template <typename... Ts, typename Handler>
void respond(const Injector<Ts...>& app, const httplib::Request& request,
             httplib::Response& response, Handler handler) {
    Scope<Ts...> scope(app, request);
    EndOfScope<Ts...> end(scope);
    try {
        write_reply(response, scope.call(handler));
    } catch (...) {
        end.failed();
        throw;
    }
}

}  // namespace shop
