# roost_library(NAME [LINK targets…]): the static library roost_NAME of every source below this folder.
# A queries.sql beside them becomes the header NAME/queries.hpp: one pg::statement per `-- name:`.
function(roost_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "FOLDER" "LINK")
  if(NOT arg_FOLDER)
    set(arg_FOLDER ${name})
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${arg_FOLDER}/*.cpp)
  add_library(roost_${name} STATIC ${sources})
  target_include_directories(roost_${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/gen)
  target_link_libraries(roost_${name} PUBLIC ${arg_LINK})
  file(GLOB_RECURSE queries CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${arg_FOLDER}/queries.sql)
  foreach(sql IN LISTS queries)
    cmake_path(GET sql PARENT_PATH folder)
    cmake_path(GET folder FILENAME feature)
    cmake_path(RELATIVE_PATH folder BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} OUTPUT_VARIABLE place)
    set(header ${PROJECT_BINARY_DIR}/gen/${place}/queries.hpp)
    add_custom_command(
      OUTPUT ${header}
      COMMAND ${CMAKE_COMMAND} -DSQL=${sql} -DHEADER=${header} -DFEATURE=${feature}
              -P ${PROJECT_SOURCE_DIR}/cmake/embed_sql.cmake
      DEPENDS ${sql} ${PROJECT_SOURCE_DIR}/cmake/embed_sql.cmake
      COMMENT "Embedding ${place}/queries.sql")
    target_sources(roost_${name} PRIVATE ${header})
    set_property(GLOBAL APPEND PROPERTY ROOST_QUERIES ${place})
  endforeach()
endfunction()

# roost_embed_text(NAME FILE HEADER): the text of a file as a string literal to #include in the library's sources.
function(roost_embed_text name file header)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} text)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/gen/${header} CONTENT "R\"text(${text})text\"\n" @ONLY)
endfunction()

# roost_all_queries(HEADER): a header with `every_statement`, of all folders that have a queries.sql.
function(roost_all_queries header)
  get_property(places GLOBAL PROPERTY ROOST_QUERIES)
  set(includes "")
  set(spans "")
  foreach(place IN LISTS places)
    cmake_path(GET place FILENAME feature)
    string(APPEND includes "#include \"${place}/queries.hpp\"\n")
    string(APPEND spans "    ${feature}::sql::all,\n")
  endforeach()
  file(CONFIGURE OUTPUT ${header} CONTENT [[#pragma once
#include <span>

@includes@
namespace roost {

inline constexpr std::span<const pg::statement> every_statement[] = {
@spans@};

}  // namespace roost
]] @ONLY)
endfunction()
