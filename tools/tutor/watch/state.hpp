// What the watch's loop and its views share.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "tutor/context.hpp"
#include "tutor/watch/changes.hpp"
#include "tutor/watch/frame.hpp"
#include "tutor/watch/job.hpp"
#include "tutor/watch/terminal.hpp"
#include "tutor/watch/test_round.hpp"
#include "tutor/watch/wakeup_pipe.hpp"

namespace tutor {

enum class ViewName {
    lesson,  // the verdict
    text,    // what a verb said
    list,    // of the lessons, to choose from
    server,  // the shop, as long as it is open
    check_all,
};

struct WatchState {
    explicit WatchState(Context& of_course) : context(of_course), screen(of_course.screen) {}

    Context& context;                     // its screen writes to `captured`
    const Screen screen;                  // how the terminal shows things
    std::string captured;                 // see capture()
    std::optional<RawTerminal> terminal;  // none where the cursor cannot be moved
    Size size;                            // of the terminal

    const tools::Lesson* lesson = nullptr;
    std::optional<Changes> changes;  // to its files
    Round round;                     // the last one, which may still run
    Round said;                      // the last one before it that had something to say

    ViewName view = ViewName::lesson;
    Frame frame;
    bool stale = true;  // the frame's body is not what there is to be shown
    std::string note;   // a word about the last key, or a warning

    std::optional<int> status;  // the exit status: the watch is to end

    WakeupPipe wakeup;
    // What is built, tested or opened now. Its work posts what changes here; it is last, for that
    // uses the others.
    std::optional<Job> job;
};

// What `speak` prints on the context's screen.
std::string capture(WatchState& state, const std::function<void()>& speak);

// Shows another view, or the same from its beginning.
void switch_to(WatchState& state, ViewName view);

// What there is to be read: of the round that runs,
// if it has something to say, else of the one before.
const Round& worth_reading(const WatchState& state);

}  // namespace tutor
