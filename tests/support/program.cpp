#include "support/program.hpp"

#ifdef __APPLE__
#include <mach-o/dyld.h>

#include <array>
#include <cstdint>
#include <stdexcept>
#endif

namespace support {

std::filesystem::path own_program() {
#ifdef __APPLE__
    std::array<char, 4096> path{};
    auto size = static_cast<std::uint32_t>(path.size());
    if (_NSGetExecutablePath(path.data(), &size) != 0) throw std::runtime_error("too long a path");
    return path.data();
#else
    return std::filesystem::canonical("/proc/self/exe");
#endif
}

}  // namespace support
