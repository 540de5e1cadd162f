// Tea needs water, which is provided only after it.
#include "tea.hpp"

void serve() {
    const Injector app(get_tea, get_water);
}
