// The list of the lessons, to choose one from.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tutor/watch/view.hpp"

namespace tutor {

class ListView : public View {
 public:
    using View::View;

    // The lesson that is watched is chosen.
    void show();

    std::string title() const override;
    std::vector<std::string> body() override;
    std::vector<std::string> keys() const override;
    AfterKey press(int key) override;
    // Moves the choice.
    bool scroll(int key, std::size_t page) override;
    // So that the choice is seen.
    std::size_t top(std::size_t height, std::size_t last) const override;

 private:
    std::string line_of(std::size_t number) const;

    std::size_t choice_ = 0;
    LineRange choice_lines_;  // in the body
};

}  // namespace tutor
