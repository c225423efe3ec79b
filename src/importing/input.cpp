#include "importing/input.hpp"

#include <fcntl.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <limits>
#include <stdexcept>

namespace roost::importing {

input::input(const std::string& path) : path_{path}, file_{nullptr, gzclose_r}
{
    if (std::error_code e; std::filesystem::is_directory(path, e)) throw std::runtime_error{path + ": is a folder"};
    errno = 0;
    file_.reset(gzopen(path.c_str(), "rb"));
    if (!file_) throw std::runtime_error{path + ": " + std::strerror(errno == 0 ? ENOMEM : errno)};
    gzbuffer(file_.get(), 1 << 17);
    std::error_code unknown;  // a pipe has no size
    size_ = std::filesystem::file_size(path, unknown);
    if (unknown) size_ = 0;
}

std::size_t input::read(char* into, std::size_t size)
{
    const auto most = std::min<std::size_t>(size, std::numeric_limits<int>::max());
    const int got = gzread(file_.get(), into, static_cast<unsigned>(most));
    int code = Z_OK;
    const char* message = gzerror(file_.get(), &code);
    if (got < 0 || (got == 0 && code == Z_BUF_ERROR))
        throw std::runtime_error{path_ + ": " + (code == Z_BUF_ERROR ? "the compressed data is cut off" : message)};
    return static_cast<std::size_t>(got);
}

double input::share() const
{
    if (size_ == 0) return 0;
    return std::clamp(static_cast<double>(gzoffset(file_.get())) / static_cast<double>(size_), 0.0, 1.0);
}

}  // namespace roost::importing
