// A text under a title: what a verb said.
#pragma once

#include <string>
#include <vector>

#include "tutor/watch/view.hpp"

namespace tutor {

class TextView : public View {
 public:
    using View::View;

    void show(std::string title, std::string text);

    std::string title() const override;
    std::vector<std::string> body() override;
    std::vector<std::string> keys() const override;
    // A key that it does not know is the lesson's.
    AfterKey press(int key) override;

 private:
    std::string title_;
    std::string text_;
};

}  // namespace tutor
