// The subject of lesson 11's tests: the learner's pool, with the learner's manager in it. With a
// manager of the test's it is support/fake_pool.hpp.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>

#include "support/pool_under_test.hpp"

// In a namespace, because a learner may have an `OnDatabase`, too.
namespace pool_tests {

// Stands for the learner's ConnectionManager, on the database in this file.
struct OnDatabase {
    using Connection = SQLite::Database;
    std::string path;
};

}  // namespace pool_tests

extern template class support::PoolUnderTest<pool_tests::OnDatabase>;
