// The moments of a request between which everything can break off: an SQL statement is about to
// begin, the bank is about to be asked or has answered, a reply is about to leave. A process can be
// told to die at one of them.
#pragma once

#include <functional>
#include <string>

namespace support {

// From now on, at the `number`th step (from 1), `last_words` is called with its name, and the
// process kills itself (SIGKILL). 0: never.
void die_at_failpoint(int number, std::function<void(const std::string&)> last_words);

// From now on, a thread that comes to the `number`th step (from 1), or to a later one, stays there
// for ever.
void hang_from_failpoint(int number);

// While it lives, `visit` is called at each step, with its name, on the thread that is there and
// goes on when it returns; not for steps that `visit` itself takes on that thread. One at a time.
class FailpointVisitor {
 public:
    explicit FailpointVisitor(std::function<void(const std::string&)> visit);
    FailpointVisitor(const FailpointVisitor&) = delete;
    FailpointVisitor& operator=(const FailpointVisitor&) = delete;
    // Waits for visits that are under way.
    ~FailpointVisitor();
};

// Called where such a moment is, on any thread.
void reach_failpoint(const std::string& name);

}  // namespace support
