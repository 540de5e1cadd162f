// The program behind ./learn, which sets up and builds the course and hands its words on to this.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <exception>
#include <iostream>
#include <string>
#include <system_error>

#include "tutor/commands/command_line.hpp"
#include "tutor/exit_status.hpp"
#include "tutor/screen.hpp"

namespace {

// All that runs for us has been killed when this is called.
extern "C" void end_interrupted(int /*signal*/) {
    const char line_end = '\n';
    if (::isatty(STDOUT_FILENO) == 1 && ::write(STDOUT_FILENO, &line_end, 1) < 0) ::_exit(1);
    ::_exit(tutor::interrupted);
}

// A file that we open must not become what we print to.
void keep_standard_streams() {
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) {
        if (::fcntl(stream, F_GETFD) == -1 && ::open("/dev/null", O_RDONLY) == -1) ::_exit(2);
    }
}

// Why what was printed has not all come out; empty when it has.
std::string why_output_was_lost() {
    errno = 0;
    const std::string why = tutor::Screen::what_was_lost();
    if (!why.empty() || std::cout.flush()) return why;  // the help is printed with std::cout
    return std::generic_category().message(errno);
}

}  // namespace

int main(int argc, char** argv) try {
    keep_standard_streams();
    std::signal(SIGINT, end_interrupted);
    const int status = tutor::run_command_line(argc, argv);
    const std::string why = why_output_was_lost();
    if (why.empty()) return status;
    tutor::warn(fmt::format("The output could not be written ({}).", why));
    return tutor::wrong_use;
} catch (const std::exception& error) {
    tutor::warn(error.what());
    return tutor::wrong_use;
}
