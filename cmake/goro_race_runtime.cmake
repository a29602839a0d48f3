# GORO_SANITIZE_LINK: how a program is linked with the sanitizer that it was compiled for.
#
# ThreadSanitizer's runtime of g++ 12 dies at 8,128 live goroutines and takes 831 KB for each. Objects of g++ run as well with
# clang's runtime (14 and later), which has no such limit and takes 4.8 KB: it is used when it is there.
set(GORO_SANITIZE_LINK ${GORO_SANITIZE})
set(GORO_RACE_RUNTIME "auto" CACHE STRING
    "Race build by g++: `auto` takes clang's newer runtime when it is installed, `compiler` g++'s own")

# Sets `result` to the folder of the newest clang's libclang_rt.tsan, or to nothing.
function(goro_find_clang_runtime result)
  foreach(name IN ITEMS clang++ clang++-19 clang++-18 clang++-17 clang++-16 clang++-15 clang++-14)
    find_program(GORO_PROGRAM_${name} ${name})
    mark_as_advanced(GORO_PROGRAM_${name})
    if(GORO_PROGRAM_${name})
      execute_process(
        COMMAND "${GORO_PROGRAM_${name}}" -print-file-name=libclang_rt.tsan-${CMAKE_SYSTEM_PROCESSOR}.a
        OUTPUT_VARIABLE archive OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
      if(NOT EXISTS "${archive}")
        execute_process(COMMAND "${GORO_PROGRAM_${name}}" -print-runtime-dir OUTPUT_VARIABLE folder
                        OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
        set(archive "${folder}/libclang_rt.tsan-${CMAKE_SYSTEM_PROCESSOR}.a")
      endif()
      string(REPLACE "libclang_rt.tsan-" "libclang_rt.tsan_cxx-" archive_cxx "${archive}")
      if(EXISTS "${archive}" AND EXISTS "${archive_cxx}")
        cmake_path(GET archive PARENT_PATH folder)
        set(${result} "${folder}" PARENT_SCOPE)
        return()
      endif()
    endif()
  endforeach()
  set(${result} "" PARENT_SCOPE)
endfunction()

if(GORO_RACE AND GORO_RACE_RUNTIME STREQUAL "auto" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT CMAKE_CROSSCOMPILING AND
   NOT BUILD_SHARED_LIBS)
  goro_find_clang_runtime(folder)
  if(folder)
    set(part "${folder}/libclang_rt.tsan")
    set(end "-${CMAKE_SYSTEM_PROCESSOR}.a")
    set(GORO_SANITIZE_LINK "LINKER:--whole-archive,${part}${end},${part}_cxx${end},--no-whole-archive"
                           "LINKER:--export-dynamic" -lresolv -lrt -lm -ldl -lpthread)
    message(STATUS "goro: race build linked with ${part}${end}")
  endif()
endif()

# With link-time optimisation g++ instruments at the link, where it is not said which files are to be left out, nor, with
# clang's runtime, that anything is to be instrumented. clang instruments each file when it compiles it.
if(GORO_RACE AND CMAKE_INTERPROCEDURAL_OPTIMIZATION AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  message(STATUS "goro: race build without link-time optimisation, which with g++ would lose the instrumentation")
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION OFF)
endif()
