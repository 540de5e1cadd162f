// What a Child and the guard of its program say to each other, over a socket.
#pragma once

namespace tools::guard {

// To the guard, a byte each. When the socket is closed instead, all is ended, and the folder for
// temporary files is removed.
constexpr char terminate = 't';  // ask the program to end
constexpr char end = 'e';        // end it, and all that it has started
constexpr char leave = 'l';      // the end is known, go

// From the guard.
struct Report {
    enum Kind : int {
        started,      // with the program's number
        not_started,  // with errno
        stopped,      // with the signal; it is ended now
        ended,        // with its status, as waitpid() has it; nothing that it started is left
    };
    Kind kind;
    int value;
};

}  // namespace tools::guard
