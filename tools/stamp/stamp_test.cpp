// What a save compiles: the files that can see what was saved, and none that cannot.
#include "stamp/stamp.hpp"

#include <string>
#include <vector>

#include "process/temporary_folder.hpp"
#include "support/catch.hpp"
#include "text/text.hpp"

namespace fs = std::filesystem;

namespace {

// The headers of the lesson that a source with these lines can see.
std::vector<std::string> seen_with(const std::string& lines) {
    const tools::TemporaryFolder folder;
    const fs::path lesson = folder.path() / "lessons/12_pass_the_baton";
    fs::create_directories(lesson);
    fs::create_directories(folder.path() / "tests");
    tools::write_file(lesson / "pool.hpp", "#include \"slot.hpp\"\n");
    tools::write_file(lesson / "slot.hpp", "struct Slot {};\n");
    tools::write_file(lesson / "lease.hpp", "struct Lease {};\n");
    tools::write_file(folder.path() / "tests/12.cpp", lines);
    std::vector<std::string> names;
    for (const stamp::File& file : stamp::seen_from(
             "tests/12.cpp", stamp::look(folder.path(), {"lessons", "tests/12.cpp"}))) {
        if (file.path != "tests/12.cpp") names.push_back(file.path.filename().string());
    }
    return names;
}

}  // namespace

TEST_CASE("A save compiles what includes the file, by whatever way, and nothing else") {
    using Names = std::vector<std::string>;
    const Names pool_and_what_it_includes = {"pool.hpp", "slot.hpp"};
    CHECK(seen_with("#include \"pool.hpp\"\n") == pool_and_what_it_includes);
    CHECK(seen_with("#include <pool.hpp>\n") == pool_and_what_it_includes);
    CHECK(seen_with("# include \"../lessons/12_pass_the_baton/./pool.hpp\"\n") ==
          pool_and_what_it_includes);
    CHECK(seen_with("#include \"earlier/12_pass_the_baton/pool.hpp\"\n") ==
          pool_and_what_it_includes);
    CHECK(seen_with("/* \"a\" */ #include \"pool.hpp\"  // \"b\"\n") == pool_and_what_it_includes);
    // A name that only ends like it, or leads elsewhere.
    CHECK(seen_with("#include \"support/fake_pool.hpp\"\n") == Names{});
    CHECK(seen_with("#include \"support/pool.hpp\"\n") == Names{});
    CHECK(seen_with("#include <vector>\n") == Names{});
    // Nobody knows what a macro names.
    CHECK(seen_with("#include POOL\n") == Names{"lease.hpp", "pool.hpp", "slot.hpp"});
}
