// "See it", for real: the lesson's shop, open with the flags that the chapter gives it: the learner's,
// the solution's, or several beside each other. Beside each is a shell, which is told the chapter's own
// commands. A page names a command by its place in the chapter, and its own requests go to the shops
// alone, so nothing else can be started from it or asked through it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "course/course.hpp"
#include "tutor/build.hpp"
#include "tutor/context.hpp"
#include "tutor/watch/job.hpp"
#include "web/json.hpp"
#include "web/requests.hpp"
#include "web/stage_load.hpp"
#include "web/stage_shop.hpp"

namespace web {

// The blocks of a chapter, in its order; each has its lines.
struct SeeIt {
    std::vector<std::vector<std::string>> server;
    std::vector<std::vector<std::string>> shell;
};
SeeIt see_it_of(const tools::Lesson& lesson);

// Whose shops are on the stage.
using Whose = std::vector<tutor::Part>;
// "mine", "starter" (the lesson as it was handed out), "solution", "both" (mine and the solution's) or
// "all". Throws tutor::WrongUse.
Whose whose_called(const std::string& name);

// Belongs to the desk's loop. What it throws is tutor::WrongUse, with words for the reader.
class Stage {
 public:
    Stage(tutor::Context& context, tutor::WakeupPipe& wakeup)
        : context_(context), wakeup_(wakeup), requests_([this] { tell(); }) {}
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;
    ~Stage() { end(); }

    // Builds the shops, and opens them as that server block says, in the place of those that are open.
    void open(const tools::Lesson& lesson, std::size_t block, const Whose& whose);
    // Has each shop's shell run that command of that shell block. Throws when there is none, when no
    // shop is open, or when the one before has not come to its end.
    void run(std::size_t block, std::size_t command);
    // Asks the shops to close; those that were asked before are killed.
    void close();
    // As kill -9 does, whatever they do.
    void kill();
    // Those that have ended: once more, on the same database.
    void open_again();
    void be(Mood mood);
    void send(const OwnRequest& request);
    // Builds those servers, and puts that load on them, with new databases; the shops are closed.
    void load(const tools::Lesson& lesson, const LoadWanted& wanted, const Whose& whose);
    // Ends all, at once. `why` is shown; nothing: as if nothing had ever been open.
    void end(std::string why = {});

    bool is_busy() const;
    // For the loop, now and then while it is busy: whether there is anything new.
    bool look();
    Json to_json() const;

 private:
    struct Command {
        std::size_t block = 0;
        std::size_t command = 0;
    };

    void tell();
    // Has `use` done with each of the programs when all are built.
    void build(const tools::Lesson& lesson, const Whose& whose,
               std::function<void(const std::string&)> use);
    void start_shop(const std::string& program);
    std::string state() const;

    tutor::Context& context_;
    tutor::WakeupPipe& wakeup_;
    std::atomic<bool> told_ = false;  // by a thread of requests or loads
    const tools::Lesson* lesson_ = nullptr;
    std::size_t block_ = 0;
    Whose whose_;
    Mood mood_ = Mood::usual;
    std::string note_;
    std::vector<Command> ran_;
    std::vector<std::unique_ptr<StageShop>> shops_;  // of `whose_`
    Requests requests_;
    std::vector<std::unique_ptr<StageLoad>> loads_;  // instead of shops, of `whose_`
    std::optional<tutor::Job> job_;                  // last: its work uses the others
};

}  // namespace web
