// A handler that asks for tea where only water is provided.
#include "tea.hpp"

void serve(const httplib::Request& request) {
    const Injector app(get_water);
    app.call(request, [](Tea&) {});
}
