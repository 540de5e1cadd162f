// The catalogue on a server: the routes of shop/catalogue.hpp, with sessions that an Injector
// provides. The lessons after this one have it as it is here.
#pragma once

#include <httplib.h>

#include "depends.hpp"
#include "shop/catalogue.hpp"

namespace shop {

// How these routes get their sessions: `Session` is one of the types that `app` provides.
template <typename Session, typename... Ts>
InSession in_session_of(const Injector<Ts...>& app) {
    return [app](const httplib::Request& request, const auto& work) {
        app.call(request, [&](Session& session) { work(session.connection()); });
    };
}

// Puts those that only look something up on `server`.
template <typename Session, typename... Ts>
void add_lookups(httplib::Server& server, const Injector<Ts...>& app) {
    add_lookups(server, in_session_of<Session>(app));
}

// Puts all of them on `server`.
template <typename Session, typename... Ts>
void add_catalogue(httplib::Server& server, const Injector<Ts...>& app) {
    add_catalogue(server, in_session_of<Session>(app));
}

}  // namespace shop
