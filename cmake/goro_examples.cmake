# goro_add_example(name): examples/<name>.cpp becomes the executable build/…/examples/<name>, part of target `tour`,
# and the test example_<name>. Further arguments are libraries to link.
function(goro_add_example name)
  add_executable(example_${name} "${PROJECT_SOURCE_DIR}/examples/${name}.cpp")
  set_target_properties(example_${name} PROPERTIES OUTPUT_NAME ${name}
                                                   RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/examples")
  goro_own_options(example_${name})
  target_link_libraries(example_${name} PRIVATE goro::goro ${ARGN})
  if(BUILD_TESTING)
    add_test(NAME example_${name} COMMAND example_${name})
    set_tests_properties(example_${name} PROPERTIES LABELS example TIMEOUT 120 RUN_SERIAL ON)
  endif()
endfunction()

# Every executable defined in `directory` becomes part of target `tour`.
function(goro_collect_tour directory)
  get_property(targets DIRECTORY "${directory}" PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "EXECUTABLE")
      add_dependencies(tour ${target})
    endif()
  endforeach()
endfunction()

# For an examples/ without rules of its own.
function(goro_add_all_examples)
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/examples/*.cpp")
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM name)
    goro_add_example(${name})
    add_dependencies(tour example_${name})
  endforeach()
endfunction()
