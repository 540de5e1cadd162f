// The main() of a lesson whose shop is over PostgreSQL.
#include "run_server.hpp"
#include "shop/routes.hpp"

int main(int argc, char** argv) {
    return server::run_server(argc, argv, server::open_postgres,
                              [](const shop::ServeOptions& options) {
                                  return shop::serve_until_signal(options, shop::add_routes);
                              });
}
