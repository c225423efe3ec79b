// Boost.Redis is header-only; this is the one place its non-template parts are compiled.
#include <boost/redis/src.hpp>
