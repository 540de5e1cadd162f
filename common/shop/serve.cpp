#include "shop/serve.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <stdexcept>

namespace shop {

int bind(httplib::Server& server, int port) {
    if (port == 0)
        port = server.bind_to_any_port("127.0.0.1");
    else if (!server.bind_to_port("127.0.0.1", port)) {
        throw std::runtime_error(fmt::format(
            "port {} cannot be had: something else listens there, or it is not yours to take. Stop "
            "the other server, or choose another port with --port.",
            port));
    }
    if (port <= 0) throw std::runtime_error("no port of this machine is free");
    return port;
}

void say_open(const Opening& opening, int port) {
    opening.say(fmt::format(
        "The shop is open at http://127.0.0.1:{}, its database is {}. Ctrl-C closes it.", port,
        opening.database));
}

}  // namespace shop
