// The first complaint of a compiler or linker, found in outputs
// as gcc, clang and the linkers write them.
#include "tutor/diagnostics.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include "process/temporary_folder.hpp"
#include "support/catch.hpp"
#include "text/text.hpp"

namespace {

const tutor::Places places = {"/course", "/course/build/lessons", "lessons/01_a"};

}  // namespace

TEST_CASE("The first error of the learner's own file comes first, with gcc and clang") {
    const std::string gcc =
        "[1/3] Building CXX object x.o\n"
        "FAILED: x.o\n"
        "/course/tests/01_a.cpp: In function 'void f()':\n"
        "/course/tests/01_a.cpp:9:5: error: 'g' was not declared in this scope\n"
        "    9 |     g();\n"
        "      |     ^\n"
        "\033[01m\033[K../../lessons/01_a/shop.cpp:22:41:\033[m\033[K error: 'wantd' was not "
        "declared\n"
        "   22 | find(wantd);\n"
        "      |      ^~~~~\n"
        "      |      wanted\n"
        "ninja: build stopped: subcommand failed.\n";
    const auto all = tutor::find_diagnostics(gcc, places);
    const tutor::Diagnostic* error = tutor::first_error(all, places);
    REQUIRE(error != nullptr);
    CHECK(error->file == "lessons/01_a/shop.cpp");
    CHECK(error->line == 22);
    CHECK(error->column == 41);
    CHECK(error->message == "'wantd' was not declared");
    CHECK(error->source == std::vector<std::string>{"   22 | find(wantd);", "      |      ^~~~~"});

    const std::string clang =
        "/course/lessons/01_a/shop.cpp:7:13: error: use of undeclared identifier 'wantd'\n"
        "    int y = wantd;\n"
        "            ^\n"
        "1 error generated.\n";
    const auto of_clang = tutor::find_diagnostics(clang, places);
    REQUIRE(of_clang.size() == 1);
    CHECK(of_clang[0].source == std::vector<std::string>{"    int y = wantd;", "            ^"});
}

TEST_CASE("An error deep in a library is led back to the learner's line, in gcc and in clang") {
    const std::string gcc =
        "/usr/include/c++/12/bits/stl_algo.h:4820:18:   required from 'void std::sort(T, T)'\n"
        "/course/lessons/01_a/shop.cpp:6:11:   required from here\n"
        "    6 |  std::sort(v.begin(), v.end());\n"
        "/usr/include/c++/12/bits/predefined_ops.h:45:23: error: no match for 'operator<'\n"
        "   45 |       { return *__it1 < *__it2; }\n";
    const std::string clang =
        "/usr/include/c++/12/bits/predefined_ops.h:45:23: error: invalid operands\n"
        "      { return *__it1 < *__it2; }\n"
        "/usr/include/c++/12/bits/stl_heap.h:232:8: note: in instantiation of function template "
        "specialization 'x' requested here\n"
        "/course/lessons/01_a/shop.cpp:6:11: note: in instantiation of function template "
        "specialization 'std::sort' requested here\n";
    for (const std::string& output : {gcc, clang}) {
        const auto all = tutor::find_diagnostics(output, places);
        const tutor::Diagnostic* error = tutor::first_error(all, places);
        REQUIRE(error != nullptr);
        CHECK(error->file == "/usr/include/c++/12/bits/predefined_ops.h");
        REQUIRE(error->cause);
        CHECK(error->cause->file == "lessons/01_a/shop.cpp");
        CHECK(error->cause->line == 6);
        CHECK(error->cause->column == 11);
    }
}

TEST_CASE("What was included as earlier/… is named by the file that the link leads to") {
    namespace fs = std::filesystem;
    const tools::TemporaryFolder course;
    const fs::path header = course.path() / "solutions/03_yield/scoped.hpp";
    const fs::path include = course.path() / "build/lessons/include/solutions";
    fs::create_directories(header.parent_path());
    tools::write_file(header, "int x = y;\n");
    fs::create_directories(include);
    fs::create_directory_symlink(course.path() / "solutions", include / "earlier");
    const auto all = tutor::find_diagnostics(
        (include / "earlier/03_yield/scoped.hpp").string() +
            ":1:9: error: use of undeclared identifier 'y'\n",
        {course.path(), course.path() / "build/lessons", "lessons/04_depends"});
    REQUIRE(all.size() == 1);
    CHECK(all[0].file == "solutions/03_yield/scoped.hpp");
}

TEST_CASE("A warning is no error, and what two files include is told once") {
    const std::string warning =
        "/course/lessons/01_a/a.hpp:3:5: warning: unused variable 'x' [-Wunused-variable]\n";
    const auto all = tutor::find_diagnostics(warning + "other\n" + warning, places);
    REQUIRE(all.size() == 1);
    CHECK(all[0].kind == tutor::Diagnostic::Kind::warning);
    CHECK(tutor::first_error(all, places) == nullptr);
}

TEST_CASE("Every linker's undefined symbol is found") {
    const std::string symbol = "shop::add_routes(int&, char const*)";
    for (const std::string& output : {
             "/usr/bin/ld: shop.cpp:3: undefined reference to `" + symbol + "'\n",
             "/course/lessons/01_a/shop.cpp:3: error: undefined reference to '" + symbol + "'\n",
             "mold: error: undefined symbol: " + symbol + "\n>>> referenced by a.cpp\n",
             "ld.lld: error: undefined symbol: " + symbol + "\n>>> referenced by a.cpp\n",
             "Undefined symbols for architecture arm64:\n  \"" + symbol + "\", referenced from:\n",
         }) {
        INFO(output);
        CHECK(tutor::find_diagnostics(output, places).empty());
        const auto error = tutor::find_link_error(output);
        REQUIRE(error);
        CHECK(error->kind == tutor::LinkError::Kind::undefined);
        CHECK(error->symbol == symbol);
    }
}

TEST_CASE("Every linker's symbol that is defined twice is found") {
    for (const std::string output : {
             "b.cpp:1: multiple definition of `twice()'; /tmp/a.o:a.cpp:2: first defined here\n",
             "/usr/bin/ld.gold: error: /tmp/b.o: multiple definition of 'twice()'\n",
             "mold: error: duplicate symbol: /tmp/a.o: /tmp/b.o: twice()\n",
             "ld.lld: error: duplicate symbol: twice()\n>>> defined at a.cpp:2\n",
         }) {
        INFO(output);
        const auto error = tutor::find_link_error(output);
        REQUIRE(error);
        CHECK(error->kind == tutor::LinkError::Kind::defined_twice);
        CHECK(error->symbol == "twice()");
    }
}

TEST_CASE("Where a symbol is defined twice is found, for each linker") {
    const std::string objects = "CMakeFiles/01_a.code.dir/lessons/01_a/";
    for (const std::string& output : {
             "/usr/bin/ld: " + objects +
                 "b.cpp.o: in function `f()':\n/course/lessons/01_a/b.cpp:1: "
                 "multiple definition of `f()'; " +
                 objects + "a.cpp.o:/course/lessons/01_a/a.cpp:2: first defined here\n",
             "/usr/bin/ld: " + objects + "b.cpp.o:(.text+0x0): multiple definition of `f()'; " +
                 objects + "a.cpp.o:(.text+0x0): first defined here\n",
             "mold: error: duplicate symbol: " + objects + "b.cpp.o: " + objects +
                 "a.cpp.o: f()\nmold: error: duplicate symbol: c.cpp.o: d.cpp.o: g()\n",
             "ld.lld: error: duplicate symbol: f()\n>>> defined at b.cpp:1 "
             "(/course/lessons/01_a/b.cpp:1)\n>>>            " +
                 objects + "b.cpp.o:(f())\n>>> defined at a.cpp:2\n>>>            " + objects +
                 "a.cpp.o:(.text+0x0)\n",
             "duplicate symbol 'f()' in:\n    " + objects + "b.cpp.o\n    " + objects + "a.cpp.o\n",
         }) {
        INFO(output);
        const auto error = tutor::find_link_error(output);
        REQUIRE(error);
        CHECK(error->kind == tutor::LinkError::Kind::defined_twice);
        CHECK(error->symbol == "f()");
        CHECK(error->files == std::vector<std::string>{"b.cpp", "a.cpp"});
    }
}

TEST_CASE("The header that is not there is named") {
    tutor::Diagnostic error;
    error.message = "stock.hpp: No such file or directory";
    CHECK(tutor::missing_include(error) == "stock.hpp");
    error.message = "'01_a/stock.hpp' file not found";
    CHECK(tutor::missing_include(error) == "01_a/stock.hpp");
    error.message = "'stock' was not declared";
    CHECK_FALSE(tutor::missing_include(error));
}

TEST_CASE("A symbol is shown as people write it") {
    const auto error = tutor::find_link_error(
        "mold: error: undefined symbol: f(std::__cxx11::basic_string<char, "
        "std::char_traits<char>, std::allocator<char> > const&)\n");
    REQUIRE(error);
    CHECK(error->symbol == "f(std::string const&)");
}

TEST_CASE("A build that complains of nothing has no error") {
    CHECK(tutor::find_diagnostics("[1/1] Linking\n", places).empty());
    CHECK_FALSE(tutor::find_link_error("[1/1] Linking\n"));
}

TEST_CASE("What could move a terminal's cursor is taken out, and nothing else") {
    CHECK(tools::printable("a\033[2Jb\033[1;31mc\033]0;title\ad\033Pq\033\\e\n") == "abcde\n");
    CHECK(tools::printable("\ttwo\r\nlines\b\a\x7f\n") == "\ttwo\nlines\n");
    CHECK(tools::printable("Bob’s · \xC2\x9B"
                           "31m") == "Bob’s · 31m");
    CHECK(tools::printable("cut\033[3\nnext\033\nlast\033") == "cut\nnext\nlast");
}
