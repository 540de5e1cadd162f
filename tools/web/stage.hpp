// "See it", for real: the lesson's shop, open with the flags that the chapter gives it, and a shell
// beside it, which is told the chapter's own commands. A page names a command by its place in the
// chapter, so nothing else can be started from it.
#pragma once

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "course/course.hpp"
#include "process/child.hpp"
#include "process/temporary_folder.hpp"
#include "tutor/build.hpp"
#include "tutor/context.hpp"
#include "tutor/watch/job.hpp"

namespace web {

// The blocks of a chapter, in its order; each has its lines.
struct SeeIt {
    std::vector<std::vector<std::string>> server;
    std::vector<std::vector<std::string>> shell;
};
SeeIt see_it_of(const tools::Lesson& lesson);

// Belongs to the desk's loop.
class Stage {
 public:
    Stage(tutor::Context& context, tutor::WakeupPipe& wakeup)
        : context_(context), wakeup_(wakeup) {}
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

    // Builds the learner's shop, or the solution's, and opens it as that server block says, in the place of one that is
    // open. Throws tutor::WrongUse when there is no such block.
    void open(const tools::Lesson& lesson, std::size_t block, tutor::Part whose);
    // Has the shell run that command of that shell block. Throws tutor::WrongUse when there is
    // none, when the shop is not open, or when the one before has not come to its end.
    void run(std::size_t block, std::size_t command);
    // Asks the shop to close; a shop that was asked before is killed.
    void close();
    // Ends it, at once. `why` is shown; nothing: as if it had never been open.
    void end(std::string why = {});

    bool is_busy() const { return job_.has_value() || server_.has_value(); }
    // For the loop, now and then while it is busy: whether there is anything new.
    bool look();
    nlohmann::ordered_json to_json() const;

 private:
    struct Ran {
        std::size_t block = 0;
        std::size_t command = 0;
        std::size_t from = 0;  // of what the shell has printed
        std::size_t to = 0;
        bool over = false;
    };

    void start(const std::string& program);
    void start_shell();
    bool read_server();
    bool read_shell();
    std::string as_reader_sees(const std::string& text) const;

    tutor::Context& context_;
    tutor::WakeupPipe& wakeup_;
    const tools::Lesson* lesson_ = nullptr;
    std::size_t block_ = 0;
    tutor::Part whose_ = tutor::Part::server;
    int shown_port_ = 0;
    int port_ = 0;  // 0: it is not open yet
    std::string note_;
    std::string said_;   // by the shop
    std::string shown_;  // by the shell
    std::vector<Ran> ran_;
    bool closing_ = false;
    std::optional<tools::TemporaryFolder> folder_;
    std::optional<tools::Child> shell_;
    std::optional<tools::Child> server_;
    std::optional<tutor::Job> job_;  // last: its work uses the others
};

}  // namespace web
