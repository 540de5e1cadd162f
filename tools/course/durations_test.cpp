// Slow tests begin first, once it is known which they are.
#include "course/durations.hpp"

#include <string>
#include <vector>

#include "process/temporary_folder.hpp"
#include "support/catch.hpp"
#include "text/text.hpp"

using std::chrono::milliseconds;

namespace {

std::vector<std::string> begun(const tools::Durations& durations) {
    const std::vector<tools::Test> tests = {{"a"}, {"slow"}, {"b"}, {"slowest"}, {"new"}};
    std::vector<std::string> names;
    for (const std::size_t place : tools::order_to_begin(tests, durations))
        names.push_back(tests[place].name);
    return names;
}

}  // namespace

TEST_CASE("Slow tests begin first, and the others in their order") {
    CHECK(begun({}) == std::vector<std::string>{"a", "slow", "b", "slowest", "new"});
    CHECK(begun({{"a", milliseconds(20)},
                 {"b", milliseconds(299)},
                 {"slow", milliseconds(300)},
                 {"slowest", milliseconds(2000)}}) ==
          std::vector<std::string>{"slowest", "slow", "a", "b", "new"});
}

TEST_CASE("How long tests took is remembered, and what cannot be read is nothing") {
    const tools::TemporaryFolder folder;
    const auto program = folder.path() / "program";
    CHECK(tools::read_durations(program).empty());
    const tools::Durations took = {{"A, with a comma", milliseconds(7)}, {"B", milliseconds(1234)}};
    tools::remember_durations(program, took);
    CHECK(tools::read_durations(program) == took);
    tools::write_file(folder.path() / "program.took", "what\n12\n\n5 C\n");
    CHECK(tools::read_durations(program) == tools::Durations{{"C", milliseconds(5)}});
    tools::remember_durations(folder.path() / "not there" / "program", took);
}
