// The faults that are put into solutions: what is turned, dropped and taken out, and what is not.
#include "verify/faults/mutation.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "verify/faults/faults.hpp"
#include "verify/faults/sql_faults.hpp"

namespace {

// "without -> with" of each line that is changed.
std::vector<std::string> changes_in(const std::string& source) {
    std::vector<std::string> changes;
    for (const verify::Mutation& each : verify::mutations_of(source))
        changes.push_back(each.was + " -> " + each.becomes);
    return changes;
}

std::vector<std::string> changes_in_body(const std::string& body) {
    return changes_in("void f() {\n" + body + "\n}\n");
}

std::string with_sql(const std::string& sql, const verify::SqlFault& fault) {
    return sql.substr(0, fault.begin) + fault.with + sql.substr(fault.end);
}

std::vector<std::string> sql_with_faults(const std::string& sql) {
    std::vector<std::string> all;
    for (const verify::SqlFault& fault : verify::sql_faults_in(sql))
        all.push_back(with_sql(sql, fault));
    return all;
}

using Changes = std::vector<std::string>;

}  // namespace

TEST_CASE("Statements are taken out, each by itself") {
    CHECK(changes_in_body("a(); b = 1;") ==
          Changes{"a(); b = 1; -> {} b = 1;", "a(); b = 1; -> a(); {}"});
    CHECK(changes_in_body("if (x) return;") ==
          Changes{"if (x) return; -> if (!(x)) return;", "if (x) return; -> if (x) {}"});
    CHECK(changes_in_body("} catch (...) {\nthrow;") == Changes{"throw; -> {}"});
    CHECK(changes_in_body("for (int i : list) use(i);") ==
          Changes{"for (int i : list) use(i); -> for (int i : list) {}"});
    CHECK(changes_in_body("delete x;") == Changes{"delete x; -> {}"});
    CHECK(changes_in_body("co_yield x;") == Changes{"co_yield x; -> {}"});
}

TEST_CASE("A statement with a lambda in it goes as a whole, and in parts") {
    CHECK(changes_in_body("add([&] {\na();\n});") ==
          Changes{"add([&] { a(); }); -> {}", "a(); -> {}"});
    CHECK(changes_in_body("const auto work = [&] { a(); };\nwork();") ==
          Changes{"const auto work = [&] { a(); }; -> const auto work = [&] { {} };",
                  "work(); -> {}"});
}

TEST_CASE("What is declared and used stays, what is only there to be there goes") {
    CHECK(changes_in_body("const int a = 1;\nauto& b = a;\nuse(b);") == Changes{"use(b); -> {}"});
    CHECK(changes_in_body("const std::lock_guard lock(mutex);") ==
          Changes{"const std::lock_guard lock(mutex); -> {}"});
    CHECK(changes_in_body("std::unique_lock<std::mutex> lock(mutex);\nx.wait(lock);") ==
          Changes{"x.wait(lock); -> {}"});
    CHECK(changes_in_body("std::vector<std::vector<int>> a;\nuse(a);") == Changes{"use(a); -> {}"});
    CHECK(changes_in_body("using a::b;\nstatic_assert(x);\nlist.reserve(3);\n"
                          "static_cast<void>(x);")
              .empty());
}

TEST_CASE("Outside of functions nothing is taken out") {
    CHECK(changes_in("int a = f();\nclass B {\n public:\n    B(const B&) = delete;\n"
                     "    int c_ = 0;\n    void d() const;\n};\nenum class E { a, b };\n")
              .empty());
    CHECK(changes_in("struct A {\n    bool b = false;\n};\n") ==
          Changes{"bool b = false; -> bool b = true;"});
}

TEST_CASE("A function's last return stays, for without it nothing compiles") {
    CHECK(changes_in("int f() {\n    return 1;\n}\n").empty());
    CHECK(changes_in("int f() {\n    if (x) {\n        return 2;\n    }\n    return 1;\n}\n") ==
          Changes{"if (x) { -> if (!(x)) {", "return 2; -> {}"});
}

TEST_CASE("Comparisons are turned, templates are not") {
    CHECK(changes_in_body("const bool a = b < c;\nuse(a);").front() ==
          "const bool a = b < c; -> const bool a = b <= c;");
    CHECK(changes_in("template <typename T>\nstd::map<int, std::vector<T>> f(T&& a, T* b);\n")
              .empty());
    CHECK(changes_in("bool operator<(const A& a, const A& b);\n").empty());
    CHECK(changes_in("int a = -1;\nint b = *c;\nauto d = e->f;\nauto g = h << 2;\nint& i = j;\n")
              .empty());
    CHECK(changes_in("int a = b + c;\nbool d = e &&\n         f;\n") ==
          Changes{"int a = b + c; -> int a = b - c;", "bool d = e && -> bool d = e ||"});
}

TEST_CASE("Conditions are negated, and not twice where the comparison is turned anyway") {
    CHECK(changes_in_body("if (!a) {\n}") == Changes{"if (!a) { -> if (a) {"});
    CHECK(changes_in_body("while (a == b) {\n}") ==
          Changes{"while (a == b) { -> while (a != b) {"});
    CHECK(changes_in_body("if (auto a = b(); a.c()) {\n}") ==
          Changes{"if (auto a = b(); a.c()) { -> if (auto a = b(); !(a.c())) {"});
    CHECK(changes_in_body("if (const auto a = b()) {\n}").empty());
    CHECK(changes_in_body("if constexpr (a) {\n}").empty());
    CHECK(changes_in_body("while (true) {\n}") == Changes{"while (true) { -> while (false) {"});
}

TEST_CASE("Comments, strings, characters and the preprocessor are left alone") {
    CHECK(changes_in("// a < b; true\n/* c && d */\n#include <a>\n#define X \\\n    a < b\n"
                     "#if A && B\n#endif\n")
              .empty());
    CHECK(changes_in("const char* a = \"b < c && true\";\nchar d = '\"';\nchar e = '\\'';\n"
                     "int f = 1'000 + 1;\n") ==
          Changes{"int f = 1'000 + 1; -> int f = 1'000 - 1;"});
    CHECK(changes_in("auto a = R\"(b < c \" true)\";\n").empty());
}

TEST_CASE("SQL loses its clauses, one at a time") {
    CHECK(sql_with_faults("\"DELETE FROM a WHERE b = ? AND c = 'd' RETURNING e\"") ==
          Changes{"\"DELETE FROM a RETURNING e\"", "\"DELETE FROM a WHERE b = ? RETURNING e\""});
    CHECK(sql_with_faults("\"SELECT a FROM b ORDER BY c DESC LIMIT 1\"") ==
          Changes{"\"SELECT a FROM b LIMIT 1\"", "\"SELECT a FROM b ORDER BY c LIMIT 1\"",
                  "\"SELECT a FROM b ORDER BY c DESC\""});
    CHECK(sql_with_faults("\"UPDATE a SET b = (SELECT c FROM d WHERE e = ?) WHERE f = 1\"") ==
          Changes{"\"UPDATE a SET b = (SELECT c FROM d) WHERE f = 1\"",
                  "\"UPDATE a SET b = (SELECT c FROM d WHERE e = ?)\""});
    CHECK(sql_with_faults("\"BEGIN IMMEDIATE\"") == Changes{"\"BEGIN\""});
    CHECK(sql_with_faults("\"UPDATE a SET b = b + ?\"") == Changes{"\"UPDATE a SET b = b - ?\""});
    CHECK(sql_with_faults("\"PRAGMA a = 1; PRAGMA b = 2\"") ==
          Changes{"\" PRAGMA b = 2\"", "\"PRAGMA a = 1;\""});
    CHECK(sql_with_faults("R\"(SELECT a\nFROM b\nWHERE c > 1)\"") ==
          Changes{"R\"(SELECT a\nFROM b\n)\"", "R\"(SELECT a\nFROM b\nWHERE c >= 1)\""});
}

TEST_CASE("A text that is no SQL loses nothing") {
    CHECK(verify::sql_faults_in("\"where and order by; limit\"").empty());
    CHECK(verify::sql_faults_in("\"sold out - for now + ever\"").empty());
    CHECK(verify::sql_faults_in("\"GET /items\"").empty());
    CHECK(verify::sql_faults_in("\"\"").empty());
}

TEST_CASE("A fault says where it is, and the lines behind it keep their numbers") {
    const std::string source =
        "template <typename T>\nclass [[nodiscard]] Pool {\n public:\n    ~Pool() {\n        a(\n  "
        "          "
        "b);\n"
        "        c();\n    }\n};\n";
    const auto all = verify::mutations_of(source);
    REQUIRE(all.size() == 2);
    CHECK(all[0].line == 5);
    CHECK(all[0].in == "Pool::~Pool");
    CHECK(all[0].was == "a( b);");
    const std::string changed = all[0].applied_to(source);
    CHECK(std::count(changed.begin(), changed.end(), '\n') == 9);
    CHECK(all[1].line == 7);
}

TEST_CASE("What follows a namespace is seen as what it is") {
    const auto all = verify::mutations_of(
        "namespace a {\nnamespace {\nint b = 1;\n}  // namespace\n\nvoid f() {\n    c();\n}\n"
        "\n}  // namespace a\n");
    REQUIRE(all.size() == 1);
    CHECK(all[0].in == "f");
}

TEST_CASE("Faults that look alike in one function are numbered") {
    const auto all = verify::mutations_of("void f() {\n    a();\n    b();\n    a();\n}\n");
    REQUIRE(all.size() == 3);
    CHECK(all[0].in == "f");
    CHECK(all[1].in == "f");
    CHECK(all[2].in == "f (2)");
}

TEST_CASE("A fault is found by its file and line, and a line without one is an error") {
    std::vector<verify::Fault> faults;
    for (const std::string file : {"pool.hpp", "shop.cpp"}) {
        for (verify::Mutation& change :
             verify::mutations_of("void f() {\n    a(); b();\n    c();\n}\n"))
            faults.push_back({file, std::move(change)});
    }
    for (const std::string place : {"shop.cpp:2", "solutions/12_pass_the_baton/shop.cpp:2"}) {
        const auto found = verify::faults_at(faults, place);
        REQUIRE(found.size() == 2);
        CHECK(found[0].file == "shop.cpp");
        CHECK(found[1].change.line == 2);
    }
    for (const std::string nowhere : {"shop.cpp:4", "shop.cpp", "serve.cpp:2", "2"})
        CHECK_THROWS_AS(verify::faults_at(faults, nowhere), std::runtime_error);
}

TEST_CASE("The same seed is the same chance, another is another") {
    std::vector<verify::Fault> faults(50);
    for (std::size_t i = 0; i < faults.size(); ++i) faults[i].change.begin = i;
    const auto order = [&](std::uint32_t seed) {
        std::vector<std::size_t> all;
        for (const verify::Fault& fault : verify::shuffled(faults, seed))
            all.push_back(fault.change.begin);
        return all;
    };
    CHECK(order(1) == order(1));
    CHECK(order(1) != order(2));
}

TEST_CASE("An equivalent is read as a survivor is printed") {
    verify::Fault fault;
    fault.file = "pool.hpp";
    fault.change = verify::mutations_of("void f() {\n    a();\n}\n").at(0);
    const auto all = verify::read_equivalents("# A comment.\n\n" + verify::in_words(fault) +
                                                  "It only\nwarms the cache.\n\n" +
                                                  verify::in_words(fault) + "The same.\n",
                                              "x.txt");
    REQUIRE(all.size() == 2);
    CHECK(all[0].is(fault));
    CHECK(all[0].reason == "It only warms the cache.");
    fault.change.becomes = "b();";
    CHECK_FALSE(all[0].is(fault));
}

TEST_CASE("An equivalent without a reason is refused, and the line is named") {
    const auto complaint = [](const std::string& text) -> std::string {
        try {
            verify::read_equivalents(text, "x.txt");
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return {};
    };
    CHECK(complaint("pool.hpp, in f\n- a();\n+ {}\n").starts_with("x.txt:4: "));
    CHECK(complaint("pool.hpp, in f\na();\n").starts_with("x.txt:2: "));
    CHECK(complaint("# nothing\n").empty());
}
