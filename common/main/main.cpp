// The main() of the lessons that leave it to common how their server runs.
#include "run_server.hpp"
#include "shop/routes.hpp"

int main(int argc, char** argv) {
    return server::run_server(argc, argv, server::open_sqlite,
                              [](const shop::ServeOptions& options) {
                                  return shop::serve_until_signal(options, shop::add_routes);
                              });
}
