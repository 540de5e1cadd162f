// All lessons, built and tested one after another.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tutor/watch/view.hpp"

namespace tutor {

class CheckAllView : public View {
 public:
    using View::View;

    void start();

    std::string title() const override;
    std::vector<std::string> body() override;
    std::vector<std::string> keys() const override;
    // A key that it does not know is the lesson's.
    AfterKey press(int key) override;
    // What came last, while there is more to come.
    std::size_t top(std::size_t height, std::size_t last) const override;
    void close() override;

 private:
    void check(Job& job, const tools::Lesson& lesson);
    void tell(Job& job, const tools::Lesson& lesson, std::string verdict,
              std::optional<std::vector<std::string>> red = {});

    std::string title_;
    std::string text_;
};

}  // namespace tutor
