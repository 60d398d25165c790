# How every file of the project is compiled. Assertions stay on in every configuration: they guard
# against our own mistakes, and a broker that goes on after one can lose data.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
set(CMAKE_CXX_FLAGS_SANITIZE "-O1 -g1 -fno-omit-frame-pointer")

add_library(troupe_options INTERFACE)
target_include_directories(troupe_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(troupe_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wconversion
  -Wno-sign-conversion -Werror)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  # CRC-32C in hardware; every x86-64 machine since 2009 has it.
  target_compile_options(troupe_options INTERFACE -msse4.2)
endif()
if(TROUPE_SANITIZE)
  target_compile_options(troupe_options INTERFACE
    -fsanitize=${TROUPE_SANITIZE} -fno-sanitize-recover=all
    # GCC's flow analysis does not see through the sanitizers' own branches.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  if(TROUPE_SANITIZE STREQUAL "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Asio's fences, which ThreadSanitizer does not know.
    target_compile_options(troupe_options INTERFACE -Wno-tsan)
  endif()
  target_link_options(troupe_options INTERFACE -fsanitize=${TROUPE_SANITIZE})
endif()
if(TROUPE_MUTANTS)
  target_compile_definitions(troupe_options INTERFACE TROUPE_MUTANTS)
endif()
if(TROUPE_FUZZ)
  # libFuzzer steers by the branches taken in the parsers, so they need its instrumentation too.
  target_compile_options(troupe_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

find_program(TROUPE_CCACHE ccache)
if(TROUPE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${TROUPE_CCACHE})
endif()
find_program(TROUPE_MOLD mold)
if(TROUPE_MOLD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_link_options(-fuse-ld=mold)
endif()
if(TROUPE_CCACHE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Lets ccache see through precompiled headers.
  target_compile_options(troupe_options INTERFACE -fpch-preprocess)
endif()
