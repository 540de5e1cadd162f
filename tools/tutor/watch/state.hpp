// What the watch's loop and its views share.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "tutor/context.hpp"
#include "tutor/watch/frame.hpp"
#include "tutor/watch/terminal.hpp"
#include "tutor/watch/watched.hpp"

namespace tutor {

enum class ViewName {
    lesson,  // the verdict
    text,    // what a verb said
    list,    // of the lessons, to choose from
    server,  // the shop, as long as it is open
    check_all,
};

struct WatchState : Watched {
    explicit WatchState(Context& of_course);

    const Screen screen;                  // how the terminal shows things; the context's writes to
    std::string captured;                 // this, see capture()
    std::optional<RawTerminal> terminal;  // none where the cursor cannot be moved
    Size size;                            // of the terminal

    ViewName view = ViewName::lesson;
    Frame frame;
    bool stale = true;  // the frame's body is not what there is to be shown
    std::string note;   // a word about the last key, or a warning

    std::optional<int> status;  // the exit status: the watch is to end
};

// What `speak` prints on the context's screen.
std::string capture(WatchState& state, const std::function<void()>& speak);

// Shows another view, or the same from its beginning.
void switch_to(WatchState& state, ViewName view);

// From now on it is this lesson that is watched and shown; its first round begins.
void open_lesson(WatchState& state, const tools::Lesson& lesson);

}  // namespace tutor
