// The lesson's shop, open as long as this is shown.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "process/child.hpp"
#include "process/temporary_folder.hpp"
#include "tutor/build.hpp"
#include "tutor/watch/view.hpp"

namespace tutor {

class ServerView : public View {
 public:
    using View::View;

    // Builds the shop, and opens it.
    void start();
    bool is_open() const { return server_.has_value(); }
    // For the loop, now and then while it is open: what it has printed, and whether it has ended.
    void look();

    std::string title() const override;
    std::vector<std::string> body() override;
    std::vector<std::string> keys() const override;
    AfterKey press(int key) override;
    // Its last words.
    std::size_t top(std::size_t height, std::size_t last) const override;
    // Ends the build, or the shop.
    void close() override;

 private:
    using Clock = std::chrono::steady_clock;

    void build(Job& job, const tools::Lesson& lesson);
    void open(const Build& build);
    void end(std::string title);
    void drop_server();
    std::string word_about_port(int port) const;

    std::string title_;
    std::string text_;
    std::optional<tools::TemporaryFolder> files_;  // of the server
    std::optional<tools::Child> server_;
    bool over_ = false;  // it could not be opened, or has closed
    std::optional<Clock::time_point> closing_since_;
};

}  // namespace tutor
