// A program that runs beside this one: `run()` is made of it, and so is all that must talk with a
// program while it runs.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "process/command.hpp"
#include "process/guard.hpp"
#include "process/head_tail_buffer.hpp"

namespace tools {

// Owns the program and all that it starts: a guard, a process of its own between it and this one,
// ends what is left of them, also when this process is gone (see guard/main.cpp). The program has a
// session of its own, so that nothing in it can reach our terminal; one that is stopped by a signal
// is killed, for nobody would let it go on. Not thread safe;
// several may live at once, in several threads.
class Child {
 public:
    enum class Input { none, pipe };
    using Deadline = std::chrono::steady_clock::time_point;

    // Starts it; its limit, its flood and `command.cancelled` are run()'s. Throws
    // std::runtime_error.
    explicit Child(const Command& command, Input input = Input::none);
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child();

    // Needs Input::pipe. Throws std::runtime_error when the program reads no more.
    void write(std::string_view text);
    void close_input();

    // Takes up what has been printed, waiting until there is something. False when the deadline has
    // passed or the program has ended and all that it printed is taken up.
    bool read_more(Deadline deadline);
    std::string output() const { return output_.text(); }
    // Bytes, also those that are not kept.
    std::size_t printed() const { return output_.total(); }

    // Asks the program, not its children, to end.
    void terminate();
    // Has it killed with its group, or first has it end its children, if the command says so.
    void kill();
    // Waits for the end until the deadline, reading on; false when it has not come. After it,
    // nothing is left of what the program started and `end()` is filled in.
    bool await_end(Deadline deadline);
    // Its status and signals; the output is in `output()`.
    const Outcome& end() const { return end_; }

    // Of the program, also after its end.
    pid_t pid() const { return pid_; }

 private:
    enum class Event { output, report, nothing };
    void start_guard(const Command& command, Input input);
    void close_all();
    Event await(Deadline deadline);
    std::optional<guard::Report> read_report(int flags);
    void order(char what) const;

    HeadTailBuffer output_;
    Outcome end_;
    pid_t pid_ = -1;
    pid_t guard_ = -1;
    int control_ = -1;  // to the guard
    int from_ = -1;
    int to_ = -1;
    bool silent_ = false;        // nobody has its output any more
    std::optional<int> status_;  // the program's, once the guard has told it
    bool ended_ = false;
};

}  // namespace tools
