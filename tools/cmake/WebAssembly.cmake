# Debian's Emscripten (3.1.6, clang 14): programs that Node runs, and the GoogleTest that they need, built
# from Debian's sources. CMAKE_CROSSCOMPILING_EMULATOR, Node, comes from the toolchain file.

# Emscripten's own optimizer is a program of Node and needs Debian's acorn, wherever that Node came from.
set(CMAKE_CXX_LINKER_LAUNCHER ${CMAKE_COMMAND} -E env NODE_PATH=/usr/share/nodejs)

# Exceptions are those of WebAssembly, which cost nothing until thrown. No SIMD: docs/decisions/0011.
add_compile_options(-fwasm-exceptions)
# One file: from Node 18 on the loader of Emscripten 3.1.6 fetches a separate one as if from a server
# (emscripten-core/emscripten#16913).
add_link_options(-fwasm-exceptions -sSINGLE_FILE=1 -sALLOW_MEMORY_GROWTH=1 -sEXIT_RUNTIME=1 -sNODERAWFS=1)

set(gtest_disable_pthreads ON CACHE BOOL "")
set(INSTALL_GTEST OFF CACHE BOOL "")
add_subdirectory(/usr/src/googletest googletest EXCLUDE_FROM_ALL SYSTEM)
