// How this shop is deployed.
#pragma once

namespace postgres {

// So many of its servers run at the same time, each a process of its own, over one database.
inline constexpr int shops = 4;

// Connections for others who work with that database:
// reports, migrations, the colleague who is called at night.
inline constexpr int connections_of_others = 5;

class Connection;

// As many connections as the server has for those who are nothing special: without what it keeps
// for superusers, and, from PostgreSQL 16 on, for others who are privileged. Throws Error.
int connections_for_all(Connection& connection);

}  // namespace postgres
