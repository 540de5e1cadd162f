// Two providers, of which the second needs the first.
#pragma once

#include "depends.hpp"

using shop::Injector;
using shop::Scoped;

struct Water {};
struct Tea {};

Scoped<Water> get_water();
Scoped<Tea> get_tea(const httplib::Request& request, Water& water);
