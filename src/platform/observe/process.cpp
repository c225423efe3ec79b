#include "platform/observe/process.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace roost::observe {
namespace {

double resident_bytes()
{
    std::ifstream statm{"/proc/self/statm"};
    long total = 0, resident = 0;
    statm >> total >> resident;
    return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double cpu_seconds()
{
    rusage u{};
    getrusage(RUSAGE_SELF, &u);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(u.ru_utime) + seconds(u.ru_stime);
}

double open_files()
{
    std::error_code none;
    const std::filesystem::directory_iterator first{"/proc/self/fd", none};
    return none ? 0 : static_cast<double>(std::distance(begin(first), end(first))) - 1;  // the listing itself is one
}

double max_files()
{
    rlimit l{};
    getrlimit(RLIMIT_NOFILE, &l);
    return static_cast<double>(l.rlim_cur);
}

}  // namespace

void add_process_metrics(registry& into)
{
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const double start = std::chrono::duration<double>(now).count();
    into.gauge("process_start_time_seconds", "Start of the process since the epoch.", {}, [start] { return start; });
    into.gauge("process_resident_memory_bytes", "Resident memory.", {}, resident_bytes);
    into.gauge("process_cpu_seconds_total", "User and system CPU time.", {}, cpu_seconds);
    into.gauge("process_open_fds", "Open file descriptors.", {}, open_files);
    into.gauge("process_max_fds", "Limit of open file descriptors.", {}, max_files);
}

}  // namespace roost::observe
