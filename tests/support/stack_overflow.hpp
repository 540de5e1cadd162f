// A function that calls itself without an end, told as such. A thread that has used up its stack
// has none left on which to say so, and would take its test away without a word.
#pragma once

namespace support {

// Gives the calling thread a small second stack for that moment, until it ends. When its own is
// used up the test says so, and ends as after any other crash, with its timeline. For each thread
// on which the code under test runs, in each test. On Linux, and without the sanitizers, which have
// means of their own; elsewhere nothing.
void tell_of_stack_overflow();

}  // namespace support
