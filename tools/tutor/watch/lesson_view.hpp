// The lesson that is watched: the verdict of its last round, and the way to everything else.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tutor/watch/check_all_view.hpp"
#include "tutor/watch/list_view.hpp"
#include "tutor/watch/server_view.hpp"
#include "tutor/watch/text_view.hpp"
#include "tutor/watch/view.hpp"

namespace tutor {

// What its keys lead to.
struct OtherViews {
    TextView& text;
    ListView& list;
    ServerView& server;
    CheckAllView& check_all;
};

class LessonView : public View {
 public:
    LessonView(WatchState& state, OtherViews others) : View(state), others_(others) {}

    std::string title() const override;
    std::vector<std::string> body() override;
    std::vector<std::string> keys() const override;
    AfterKey press(int key) override;

 private:
    void show_verb(std::string title, const std::function<void()>& verb);
    void go_to_next();
    void ask_for_reset();
    void put_starter_back();
    void show_all_it_said();
    void show_all_red();
    void open_timeline();

    OtherViews others_;
    bool reset_asked_ = false;  // by the key before this one
};

}  // namespace tutor
