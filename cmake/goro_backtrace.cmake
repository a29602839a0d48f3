# libbacktrace, which turns addresses into file and line. It comes with g++ in the compiler's own folder, where the link
# option -lbacktrace finds it (clang searches g++'s folder too); its header lies among g++'s private headers.

set(GORO_HAVE_BACKTRACE OFF)
if(GORO_WITH_BACKTRACE)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    set(gxx "${CMAKE_CXX_COMPILER}")
  else()
    find_program(GORO_GXX NAMES g++ g++-14 g++-13 g++-12 DOC "The g++ whose libbacktrace is used")
    set(gxx "${GORO_GXX}")
  endif()
  if(gxx)
    execute_process(COMMAND "${gxx}" -print-file-name=libbacktrace.a OUTPUT_VARIABLE library
                    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    cmake_path(GET library PARENT_PATH folder)
    if(IS_ABSOLUTE "${library}" AND EXISTS "${library}" AND EXISTS "${folder}/include/backtrace.h")
      set(GORO_HAVE_BACKTRACE ON)
      # A copy: clang must not see the other headers of g++'s folder.
      file(COPY "${folder}/include/backtrace.h" DESTINATION "${PROJECT_BINARY_DIR}/backtrace_include")
    endif()
  endif()
  if(NOT GORO_HAVE_BACKTRACE)
    message(STATUS "goro: no libbacktrace; traces will name functions and addresses, not file and line")
  endif()
endif()

function(goro_use_backtrace layer)
  if(GORO_HAVE_BACKTRACE AND TARGET goro_${layer})
    target_include_directories(goro_${layer} SYSTEM PRIVATE "${PROJECT_BINARY_DIR}/backtrace_include")
    target_compile_definitions(goro_${layer} PRIVATE GORO_HAVE_BACKTRACE=1)
  endif()
endfunction()
