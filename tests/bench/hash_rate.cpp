// The ceiling of signing in: how many passwords two threads verify in a second.
//
//     hash_rate [THREADS [SECONDS]]
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <print>
#include <thread>
#include <vector>

#include "platform/auth/password.hpp"

int main(int argc, char** argv)
{
    const int threads = argc > 1 ? std::atoi(argv[1]) : 2;
    const std::chrono::seconds length{argc > 2 ? std::atoi(argv[2]) : 3};
    const auto stored = roost::auth::hash_password("correct-horse-battery");
    const auto end = std::chrono::steady_clock::now() + length;
    std::atomic<int> done = 0;
    {
        std::vector<std::jthread> workers;
        for (int i = 0; i < threads; ++i)
            workers.emplace_back([&] {
                while (std::chrono::steady_clock::now() < end)
                    if (roost::auth::verify_password("correct-horse-battery", stored)) ++done;
            });
    }
    std::println("{:.1f}", static_cast<double>(done) / static_cast<double>(length.count()));
}
