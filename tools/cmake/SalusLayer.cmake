# One folder of src/ = one static library = one namespace = one layer.

find_program(CCACHE ccache)
if(CCACHE)
  # Paths below the checkout count as relative, so that a second clone finds what the first one compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
    CCACHE_NOHASHDIR=1 ${CCACHE})
endif()

if(EMSCRIPTEN)
  include(WebAssembly)
else()
  find_package(Threads REQUIRED)
  find_package(GTest REQUIRED)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
endif()

add_library(salus_options INTERFACE)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 sees an overlap in std::string operator+ that is not there (GCC bug 105651).
  target_compile_options(salus_options INTERFACE -Wno-restrict)
elseif(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 15)
  target_include_directories(salus_options SYSTEM INTERFACE ${CMAKE_SOURCE_DIR}/tools/cmake/clang14)
endif()
target_include_directories(salus_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(salus_options INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wno-missing-field-initializers
  # Instrumented code makes GCC 12 warn of uninitialised values that are not there; the release and debug
  # builds read the same sources.
  $<$<STREQUAL:${SALUS_SANITIZE},none>:-Werror>
  -fno-math-errno -ffp-contract=off)
target_compile_definitions(salus_options INTERFACE SALUS_VERSION="${PROJECT_VERSION}")
if(SALUS_SANITIZE STREQUAL "address")
  # Of the undefined-behaviour checks, those that address does not see anyway: null, alignment, vptr and
  # object-size would treble the compile time.
  target_compile_options(salus_options INTERFACE -fsanitize=address
    -fsanitize=signed-integer-overflow,shift,bounds,integer-divide-by-zero,float-cast-overflow
    -fsanitize=unreachable,return,bool,enum,vla-bound
    -fno-sanitize-recover=all -fno-omit-frame-pointer -g1)
  target_link_options(salus_options INTERFACE -fsanitize=address,undefined)
elseif(SALUS_SANITIZE STREQUAL "thread")
  # Asio's fences are doubled by its locks; GCC says of every fence that tsan does not see it.
  target_compile_options(salus_options INTERFACE -fsanitize=thread -g1
    $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  target_link_options(salus_options INTERFACE -fsanitize=thread)
elseif(SALUS_SANITIZE STREQUAL "coverage")
  target_compile_options(salus_options INTERFACE --coverage -g1)
  target_link_options(salus_options INTERFACE --coverage)
elseif(SALUS_SANITIZE STREQUAL "fuzzer")
  target_compile_options(salus_options INTERFACE -fsanitize=fuzzer-no-link,address,undefined
    -fno-sanitize-recover=all -g1)
  target_link_options(salus_options INTERFACE -fsanitize=address,undefined)
endif()

# salus_layer(ring USES kernel [LINKS lib ...] [PRIVATE_LINKS lib ...] [TEST_LABEL fast])
#   USES  folders of src/ that this one includes; held against tools/layers.txt by tests/layers
#   LINKS third-party targets that the folder's headers need; PRIVATE_LINKS: its sources only
#   TEST_USES further folders or libraries that the folder's tests need
#   ONLY      these sources and tests; WITHOUT: not those whose path begins so
# Sources are the folder's *.cpp (and those of its subfolders); *_test.cpp become <folder>_test.
function(salus_layer name)
  cmake_parse_arguments(arg "" "" "USES;LINKS;PRIVATE_LINKS;TEST_USES;ONLY;WITHOUT" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.cpp *.h)
  if(arg_ONLY)
    set(sources ${arg_ONLY})
    list(TRANSFORM sources PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  endif()
  foreach(beginning IN LISTS arg_WITHOUT)
    list(FILTER sources EXCLUDE REGEX "^${CMAKE_CURRENT_SOURCE_DIR}/${beginning}")
  endforeach()
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(REMOVE_ITEM sources ${tests} "")
  if(NOT sources)
    message(STATUS "src/${name} has no sources yet")
    add_library(salus_${name} INTERFACE)
    return()
  endif()
  add_library(salus_${name} STATIC ${sources})
  set_target_properties(salus_${name} PROPERTIES LINKER_LANGUAGE CXX)
  target_link_libraries(salus_${name} PUBLIC salus_options)
  foreach(used IN LISTS arg_USES)
    target_link_libraries(salus_${name} PUBLIC salus_${used})
  endforeach()
  target_link_libraries(salus_${name} PUBLIC ${arg_LINKS})
  target_link_libraries(salus_${name} PRIVATE ${arg_PRIVATE_LINKS})
  if(tests AND NOT SALUS_SANITIZE STREQUAL "fuzzer")
    salus_test(${name}_test SOURCES ${tests} LINKS salus_${name} ${arg_TEST_USES})
  endif()
endfunction()

# salus_test(name SOURCES ... LINKS ... [LABEL fast]): one GoogleTest program, one CTest case per
# TEST. Tests whose suite name ends in "Slow" carry the label slow instead.
function(salus_test name)
  cmake_parse_arguments(arg "" "LABEL" "SOURCES;LINKS" ${ARGN})
  if(NOT arg_LABEL)
    set(arg_LABEL fast)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINKS} GTest::gtest GTest::gmock GTest::gtest_main)
  # Only sources that read files get the checkout's path: the others compile alike in every clone.
  foreach(source IN LISTS arg_SOURCES)
    file(STRINGS ${source} reads_files REGEX "SALUS_SOURCE_DIR|SALUS_BINARY_DIR" LIMIT_COUNT 1)
    if(reads_files)
      set_property(SOURCE ${source} APPEND PROPERTY COMPILE_DEFINITIONS
        SALUS_SOURCE_DIR="${CMAKE_SOURCE_DIR}" SALUS_BINARY_DIR="${CMAKE_BINARY_DIR}")
    endif()
  endforeach()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  include(GoogleTest)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 120 DISCOVERY_MODE PRE_TEST
    TEST_FILTER "-*Slow.*" PROPERTIES LABELS ${arg_LABEL} TIMEOUT 600)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 120 DISCOVERY_MODE PRE_TEST TEST_LIST ${name}_slow
    TEST_FILTER "*Slow.*" PROPERTIES LABELS slow TIMEOUT 1800)
endfunction()
