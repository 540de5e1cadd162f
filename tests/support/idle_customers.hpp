// Customers who are connected and want nothing. A server hangs up on them after some seconds, and a test is to
// go by what it sees, not by seconds.
#pragma once

namespace support {

// From now on they may stay in this process's servers for as long as they like. On Linux only.
void let_idle_customers_stay();

}  // namespace support
