// The shop on the day before it opens: it is there, and has nothing to sell.
#include <httplib.h>

#include <string>

#include "http/json.hpp"
#include "shop/bank.hpp"
#include "shop/routes.hpp"

namespace shop {

void add_routes(httplib::Server& server, const std::string& /*database*/, Bank& /*bank*/) {
    using httplib::Request;
    using httplib::Response;

    const auto not_yet = [](const Request&, Response& response) {
        http::reply_error(response, 501, "not open yet");
    };
    server.Get(".*", not_yet);
    server.Post(".*", not_yet);
    server.Put(".*", not_yet);
    server.Patch(".*", not_yet);
    server.Delete(".*", not_yet);
    server.Options(".*", not_yet);
}

}  // namespace shop
