#include "postgres/private_server.hpp"

#include "support/catch.hpp"
TEST_CASE("x") { postgres::PrivateServer s; }
