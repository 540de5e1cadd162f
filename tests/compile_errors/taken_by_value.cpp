// A handler that wants water of its own, not the water of the request.
#include "tea.hpp"

void serve(const httplib::Request& request) {
    const Injector app(get_water);
    app.call(request, [](Water) {});
}
