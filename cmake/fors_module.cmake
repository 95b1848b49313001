# SPDX-License-Identifier: Apache-2.0
# fors_module(name USES modules... PRIVATELY libraries...): a folder of src/ as a library that sees only the modules it USES.
#
# Each module exports a *view* folder holding a single link to itself, so an include of a module that was not named in USES is
# "No such file". USES of a module not declared above is an error, so cycles cannot be written.

# Designated initialisers that leave the rest at its default are how tables are written here.
set(FORS_WARNINGS -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
                  -Wno-missing-designated-field-initializers)

add_library(fors_flags INTERFACE)
target_compile_options(fors_flags INTERFACE ${FORS_WARNINGS} -fno-omit-frame-pointer)
if(FORS_SANITIZE)
  target_compile_options(fors_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=undefined)
  target_link_options(fors_flags INTERFACE -fsanitize=address,undefined)
endif()
if(FORS_FUZZ)
  target_compile_options(fors_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(FORS_PLANT_EARLY_ACK)
  target_compile_definitions(fors_flags INTERFACE FORS_PLANT_EARLY_ACK)
endif()

function(fors_module name)
  cmake_parse_arguments(arg "" "" "USES;PRIVATELY" ${ARGN})
  set(view ${PROJECT_BINARY_DIR}/view/${name})
  file(MAKE_DIRECTORY ${view})
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/src/${name} ${view}/${name} SYMBOLIC)

  file(GLOB sources CONFIGURE_DEPENDS src/${name}/*.cc)
  set(tests ${sources})
  set(fuzzers ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|fuzz)\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cc$")

  set(scope PUBLIC)
  set(library_kind STATIC)
  if(NOT sources) # a module of headers alone
    set(scope INTERFACE)
    set(library_kind INTERFACE)
  endif()
  add_library(fors_${name} ${library_kind} ${sources})
  target_include_directories(fors_${name} ${scope} ${view})
  foreach(used IN LISTS arg_USES)
    if(NOT TARGET fors_${used})
      message(FATAL_ERROR "module ${name} uses ${used}, which is not declared above it")
    endif()
    target_link_libraries(fors_${name} ${scope} fors_${used})
  endforeach()
  if(sources)
    target_link_libraries(fors_${name} PRIVATE fors_flags ${arg_PRIVATELY})
  else()
    target_link_libraries(fors_${name} INTERFACE ${arg_PRIVATELY})
  endif()

  if(tests)
    add_executable(fors_${name}_test ${tests})
    target_link_libraries(fors_${name}_test PRIVATE fors_${name} fors_flags ${arg_PRIVATELY} GTest::gtest_main)
    set_property(GLOBAL APPEND PROPERTY FORS_TESTS fors_${name}_test)
  endif()
  if(FORS_FUZZ)
    foreach(fuzzer IN LISTS fuzzers)
      get_filename_component(target ${fuzzer} NAME_WE)
      add_executable(${name}_${target} ${fuzzer})
      target_link_libraries(${name}_${target} PRIVATE fors_${name} fors_flags ${arg_PRIVATELY} -fsanitize=fuzzer)
    endforeach()
  endif()
endfunction()

# Tests of a module may need the simulated world, which is declared later: fors_tests() gives it to those that may see env.
function(fors_tests)
  get_property(tests GLOBAL PROPERTY FORS_TESTS)
  foreach(test IN LISTS tests)
    if(test MATCHES "fors_(journal|server|streams|core|sim|log)_test" AND NOT test STREQUAL "fors_sim_test")
      target_link_libraries(${test} PRIVATE fors_sim)
    endif()
    if(test MATCHES "fors_(streams|server|core)_test")
      target_link_libraries(${test} PRIVATE fors_journal)
    endif()
    add_test(NAME ${test} COMMAND ${test})
  endforeach()
endfunction()
