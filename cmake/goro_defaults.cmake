# How everything here is compiled.

if(PROJECT_IS_TOP_LEVEL)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
  endif()
  if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
    find_program(GORO_CCACHE ccache)
    if(GORO_CCACHE)
      # By itself ccache refuses whatever uses a precompiled header.
      set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros "${GORO_CCACHE}")
    endif()
  endif()
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
endif()

find_package(Threads REQUIRED)

# Warnings and debug information, for this project's own targets.
function(goro_own_options target)
  target_compile_features(${target} PRIVATE cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  target_compile_options(
    ${target} PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:-fno-omit-frame-pointer>"
                      # Line tables, so that traces name file and line in release too.
                      "$<$<AND:$<CONFIG:Release>,$<COMPILE_LANGUAGE:CXX>>:-g1>")
  if(GORO_WARNINGS)
    target_compile_options(${target} PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wpedantic;-Wshadow>")
  endif()
endfunction()

if(GORO_RACE)
  set(GORO_SANITIZE -fsanitize=thread)
elseif(GORO_ASAN)
  set(GORO_SANITIZE -fsanitize=address,undefined -fno-sanitize-recover=undefined)
elseif(GORO_MSAN)
  set(GORO_SANITIZE -fsanitize=memory -fsanitize-memory-track-origins)
else()
  set(GORO_SANITIZE)
endif()

include(goro_race_runtime)

# What users of goro's headers need: the headers, C++20, threads, the same sanitizer.
function(goro_public_usage target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(${target} PUBLIC "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>"
                                              "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  target_link_libraries(${target} PUBLIC Threads::Threads)
  if(GORO_SANITIZE)
    target_compile_options(${target} PUBLIC ${GORO_SANITIZE})
    target_link_options(${target} PUBLIC ${GORO_SANITIZE_LINK})
  endif()
  if(GORO_RACE)
    target_compile_definitions(${target} PUBLIC GORO_RACE)
  endif()
endfunction()

# In a race build the runtime below the synchronization types is not instrumented: it runs *between* goroutines, and its own
# atomics would order things that the program did not order, so races of the program would be missed. What must be
# ordered is annotated (platform/sanitizer.hpp). GORO_RACE_SELF turns this round and looks for races of the runtime.
set(GORO_UNINSTRUMENTED_LAYERS base platform stack timer poll sched chan time diag testing)
function(goro_race_mode target layer)
  if(NOT GORO_RACE)
    return()
  endif()
  if(GORO_RACE_SELF)
    target_compile_definitions(${target} PRIVATE GORO_RACE_SELF)
  elseif(layer IN_LIST GORO_UNINSTRUMENTED_LAYERS)
    target_compile_options(${target} PRIVATE -fno-sanitize=thread)
  endif()
endfunction()
