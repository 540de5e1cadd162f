// A port of this machine that cannot be had.
#pragma once

#include <string>
#include <string_view>

namespace tutor {

// The port that a shop says it cannot have; 0 when it says no such thing.
int port_it_cannot_have(std::string_view what_it_said);

// "process 4711 (02_leak.server)", the one that listens there; empty where that is not to be known.
std::string who_listens_at(int port);

}  // namespace tutor
