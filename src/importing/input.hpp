#pragma once
#include <cstdint>
#include <memory>
#include <string>

struct gzFile_s;

namespace roost::importing {

/// A file read from its beginning, unpacked if it is gzip. Throws std::runtime_error when it cannot be read or its
/// compressed data is broken or cut off.
class input
{
    std::string path_;
    std::uintmax_t size_ = 0;
    std::unique_ptr<gzFile_s, int (*)(gzFile_s*)> file_;

public:
    explicit input(const std::string& path);

    /// As csv_reader wants it.
    std::size_t read(char* into, std::size_t size);

    /// How much of the file, as it lies on the disk, was read: 0 to 1.
    double share() const;
};

}  // namespace roost::importing
