// ./learn web: the course in a browser.
#pragma once

#include <filesystem>
#include <string>

#include "tutor/context.hpp"

namespace web {

constexpr int usual_port = 8900;

struct Options {
    std::string lesson;  // to begin with, as find_lesson() takes it
    int port = usual_port;
    bool open = true;  // a browser
};

// Until a signal ends it. Returns the exit status: 0 after Ctrl-C, 128 and the signal's number
// after another. Throws tutor::WrongUse when the port cannot be had.
int serve_course(tutor::Context& context, const Options& options);

// The book as static pages in a folder, which is made; of what is in it already, files of the same
// names are replaced. Throws std::runtime_error.
void export_book(const tutor::Context& context, const std::filesystem::path& folder);

}  // namespace web
