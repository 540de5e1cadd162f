#include "postgres/deployment.hpp"

#include "postgres/connection.hpp"

namespace postgres {

int connections_for_all(Connection& connection) {
    return static_cast<int>(
        connection
            .exec("SELECT sum(CASE name WHEN 'max_connections' THEN setting::integer ELSE "
                  "-setting::integer END) FROM pg_settings WHERE name IN ('max_connections', "
                  "'superuser_reserved_connections', 'reserved_connections')")
            .number(0, 0));
}

}  // namespace postgres
