// The main() of a lesson that says in its serve.cpp how its server runs.
#include "run_server.hpp"

int main(int argc, char** argv) {
    return server::run_server(argc, argv, server::open_sqlite, shop::serve);
}
