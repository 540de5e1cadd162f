// Catch2, version 2 or 3, and how this course's tests speak through it.
#pragma once

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#else
#include <catch2/catch.hpp>
#endif

// Checks, and says in the shop's terms what it means that the check failed. `message` is a
// std::string or a text; it comes first in the output.
#define EXPECT(condition, message) \
    do {                           \
        INFO(message);             \
        CHECK(condition);          \
    } while (false)

// The same, and ends the test: for what the rest of the test cannot do without.
#define NEED(condition, message) \
    do {                         \
        INFO(message);           \
        REQUIRE(condition);      \
    } while (false)
