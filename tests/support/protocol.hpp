// What the programs of tests and the tools that start them say to each other. Each word of it is
// spelled here and nowhere else. The tutor and verify include nothing else of tests/.
#pragma once

namespace protocol {

// The tool says in the environment:

// the folder for the timelines of red tests as pages; none are written when it names none;
inline constexpr const char* pages_variable = "LEAKLINGS_PAGES";
// whether there are pages of green tests as well;
inline constexpr const char* green_pages_variable = "LEAKLINGS_GREEN_PAGES";

// for how many seconds a test waits for what must happen;
inline constexpr const char* patience_variable = "LEAKLINGS_PATIENCE";
inline constexpr int usual_patience = 5;
// so many times as long, without an answer to anybody, is a hang;
inline constexpr int most_patiences = 6;

// "file|word": when all tests have passed, the program writes the secret word into the file.
inline constexpr const char* seal_variable = "LEAKLINGS_SEAL";
inline constexpr char seal_separator = '|';

// The program says by its exit status, where Catch2's own does not tell:

inline constexpr int exit_status_of_a_hang = 86;   // the watchdog ended it
inline constexpr int exit_status_of_an_exit = 87;  // the code under test called exit()

// The program prints, among what the code under test prints:

// the timeline, between two lines; its first line is the heads of its columns, and the last column
// has this head;
inline constexpr const char* timeline_begins = "timeline";
inline constexpr const char* timeline_ends = "end of timeline";
inline constexpr const char* last_column = "what";

// and lines that begin with these:
inline constexpr const char* page = "timeline page: ";             // where its page is
inline constexpr const char* hang = "HANG: ";                      // what did not come to its end
inline constexpr const char* stack_overflow = "STACK OVERFLOW: ";  // before the signal
inline constexpr const char* memory = "MEMORY: ";                  // what was refused, and why

// In the timeline's page the same stands as data between these (support/timeline_data.hpp).
inline constexpr const char* data_begins = "<template id=\"timeline\">";
inline constexpr const char* data_ends = "</template>";

}  // namespace protocol
