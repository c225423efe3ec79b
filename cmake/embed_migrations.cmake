# Turns every FOLDER/NNNN_what.sql into SOURCE, the list behind pg::migrations(), in order of their numbers.
file(GLOB files ${FOLDER}/*.sql)
list(SORT files)
set(entries "")
foreach(file IN LISTS files)
  cmake_path(GET file STEM name)
  if(NOT name MATCHES "^([0-9][0-9][0-9][0-9])_[a-z0-9_]+$")
    message(FATAL_ERROR "${file}: a migration is called NNNN_what.sql")
  endif()
  math(EXPR version "1${CMAKE_MATCH_1} - 10000")
  file(READ ${file} sql)
  string(APPEND entries "    {${version}, \"${name}\", R\"sql(${sql})sql\"},\n")
endforeach()
file(WRITE ${SOURCE} "#include \"platform/pg/migrate.hpp\"

namespace roost::pg {

static constexpr migration embedded[] = {
${entries}};

std::span<const migration> migrations() { return embedded; }

}  // namespace roost::pg
")
