// The learner's pool, of connections that lead nowhere: what the tests of pools are about. Each
// lesson's tests/NN_name/subject.cpp has `template class support::PoolUnderTest<FakeManager>`.
#pragma once

#include "support/fake_database.hpp"
#include "support/pool_under_test.hpp"

extern template class support::PoolUnderTest<support::FakeManager>;

namespace support {

using FakePool = PoolUnderTest<FakeManager>;

}  // namespace support
