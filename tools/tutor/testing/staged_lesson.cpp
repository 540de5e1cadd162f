#include "tutor/testing/staged_lesson.hpp"

#include <fmt/format.h>

#include "text/text.hpp"
#include "tutor/testing/files.hpp"

namespace {

std::string test_case(const std::string& name, int item, const std::string& title,
                      const std::string& tags) {
    return fmt::format(R"(
TEST_CASE("{0}"{1}) {{
    support::RunningShop shop;
    support::Customer alice = shop.customer("alice");
    EXPECT(alice.gets("/items/{2}").text("/item/title") == "{3}",
           "Alice asked for the {3} and was shown another item.");
}}
)",
                       name, tags, item, title);
}

constexpr const char* staged_chapter = R"(# 01 · The second day

*Still a teapot.*

**Time:** 20 minutes

## Your task

### Stage 1: The kettle (5 minutes)

### Stage 2: The samovar (10 minutes)

## Hints

<details><summary>Stage 1: which number?</summary>

One.

</details>

<details><summary>Stage 1: and then?</summary>

Two.

</details>

<details><summary>Stage 2: which number?</summary>

Three.

</details>

<details><summary>Show me the answer</summary>

Four.

</details>

## Why

It asks for the item.
)";

}  // namespace

StagedLesson::StagedLesson(const MiniCourse& course) : course_(course) {
    put(course.root() / "tests/01_second_day.cpp",
        "// In stages.\n#include \"support/catch.hpp\"\n"
        "#include \"support/running_shop.hpp\"\n" +
            test_case("The samovar is a samovar", 3, "Samovar", ", \"[pitfall][stage 2]\"") +
            test_case("The teapot is a teapot", 1, "Teapot", "") +
            test_case("The kettle is a kettle", 2, "Kettle",
                      ",\n          \"[pitfall][stage 1]\""));
    put(course.root() / "book/01_second_day.md", staged_chapter);
    course.record_as_shipped();
    write(course.starter());
}

StagedLesson::~StagedLesson() {
    write(course_.starter());
}

void StagedLesson::write(const std::string& text) const {
    put(course_.root() / "lessons/01_second_day/shop.cpp", text);
}

std::string StagedLesson::shop_with(const std::string& item) const {
    return tools::replaced(course_.starter(), "find_item(connection, 1)",
                           "find_item(connection, " + item + ")");
}
