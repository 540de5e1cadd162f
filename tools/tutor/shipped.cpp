#include "tutor/shipped.hpp"

#include <stdexcept>

#include "process/command.hpp"
#include "text/text.hpp"

namespace tutor {
namespace {

constexpr const char* shipped_script = "cmake/Shipped.cmake";

tools::Outcome run_shipped_script(const std::filesystem::path& root, const std::string& what) {
    tools::Command command;
    command.words = {"cmake", "-DROOT=.", "-DDO=" + what, "-P", shipped_script};
    command.folder = root;
    return tools::run(command);
}

}  // namespace

std::vector<std::string> changed_since_shipped(const std::filesystem::path& root) {
    const tools::Outcome outcome = run_shipped_script(root, "list");
    if (!outcome.ok()) return {shipped_script};
    const std::vector<std::string_view> lines = tools::lines_of(outcome.output);
    return {lines.begin(), lines.end()};
}

void record_shipped(const std::filesystem::path& root) {
    const tools::Outcome outcome = run_shipped_script(root, "record");
    if (!outcome.ok())
        throw std::runtime_error("tests/shipped.sha256 cannot be written:\n" + outcome.output);
}

}  // namespace tutor
