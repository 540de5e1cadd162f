// Lesson 00's shop with a disease of one's choice, by the environment variable DISEASE: what
// verify is tried on. Without it the shop is well.
#include <SQLiteCpp/SQLiteCpp.h>
#include <httplib.h>

#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include "http/json.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"
#include "shop/refusal.hpp"
#include "shop/routes.hpp"

namespace shop {
namespace {

std::string disease() {
    const char* name = std::getenv("DISEASE");
    return name == nullptr ? "" : name;
}

// The starter's own disease.
Id always_the_teapot(Id /*wanted*/) {
    return 1;
}

Id always_the_kettle(Id /*wanted*/) {
    return 2;
}

// Not the disease of the starter: the same test is red, for another reason.
Id teapot_for_want_of_better(Id wanted) {
    return wanted == 77 ? 1 : wanted;
}

Id crashes_on_the_kettle(Id wanted) {
    if (wanted == 2) std::abort();
    return wanted;
}

Id never_finds_the_kettle(Id wanted) {
    while (wanted == 2) std::this_thread::yield();  // NOLINT(bugprone-infinite-loop): the disease
    return wanted;
}

Id shown_for(Id wanted) {
    const std::string name = disease();
    if (name.empty()) return wanted;
    if (name == "always the teapot") return always_the_teapot(wanted);
    if (name == "always the kettle") return always_the_kettle(wanted);
    if (name == "the teapot for want of better") return teapot_for_want_of_better(wanted);
    if (name == "crashes") return crashes_on_the_kettle(wanted);
    if (name == "hangs") return never_finds_the_kettle(wanted);
    throw std::logic_error("no such disease: " + name);
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& /*bank*/) {
    server.Get("/items/([0-9]{1,19})",
               [database](const httplib::Request& request, httplib::Response& response) {
                   SQLite::Database connection(database, SQLite::OPEN_READONLY);
                   const auto item = find_item(connection, shown_for(http::parse_id(request)));
                   if (!item) throw NotFound("there is no such item");
                   http::reply(response, *item);
               });
}

}  // namespace shop
